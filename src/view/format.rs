//! Numbers, times and lists as people read them. Whole-number arithmetic throughout, so the same text comes out everywhere.

use crate::engine::base::Micros;

/// The narrow space between thousands; a line never breaks at it.
const THIN: char = '\u{202f}';

const MINUTE: u64 = 60_000_000;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A whole number with a narrow space between thousands: `12 345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    // Four digits are read at a glance and stay together.
    if digits.len() < 5 {
        return digits;
    }
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
    text
}

/// A number of bytes: `214 B`, `12 345 B`.
pub fn bytes(n: u64) -> String {
    format!("{} B", count(n))
}

/// A number and its noun: `1 copy`, `3 copies`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// The two largest units of a long span: `2 d 3 h`, `4 min 2 s`; one if the second would be zero.
fn long(us: u64) -> String {
    let (big, big_name, small, small_name) = match us {
        _ if us >= DAY => (DAY, "d", HOUR, "h"),
        _ if us >= HOUR => (HOUR, "h", MINUTE, "min"),
        _ => (MINUTE, "min", 1_000_000, "s"),
    };
    match us % big / small {
        0 => format!("{} {big_name}", us / big),
        rest => format!("{} {big_name} {rest} {small_name}", us / big),
    }
}

/// An instant since the start of a run: `1.097 s`, `4 min 2 s`, `2 d 3 h`.
pub fn moment(at: Micros) -> String {
    if at.0 >= MINUTE {
        return long(at.0);
    }
    format!("{}.{:03} s", at.0 / 1_000_000, at.0 / 1_000 % 1_000)
}

/// A span of time: `80 ms`, `1.5 s`, `12 s`, `3 h`. Rounded down to what can still be read.
pub fn span(of: Micros) -> String {
    let tenths = |value: u64, unit: u64, name: &str| match value * 10 / unit % 10 {
        0 => format!("{} {name}", value / unit),
        tenth => format!("{}.{tenth} {name}", value / unit),
    };
    match of.0 {
        0 => "no time".to_owned(),
        us @ 1..1_000 => format!("{us} µs"),
        us @ 1_000..10_000 => tenths(us, 1_000, "ms"),
        us @ 10_000..1_000_000 => format!("{} ms", us / 1_000),
        us @ 1_000_000..MINUTE => tenths(us, 1_000_000, "s"),
        us => long(us),
    }
}

/// How far a clock is off: `1.5 s ahead`, `80 ms behind`, `right`.
pub fn offset(us: i64) -> String {
    match us {
        0 => "right".to_owned(),
        1.. => format!("{} ahead", span(Micros(us.unsigned_abs()))),
        _ => format!("{} behind", span(Micros(us.unsigned_abs()))),
    }
}

/// A rate per million as per cent: `2.5 %`, `100 %`.
pub fn per_cent(ppm: u32) -> String {
    let (whole, part) = (ppm / 10_000, ppm % 10_000);
    if part == 0 {
        return format!("{whole} %");
    }
    format!("{whole}.{} %", format!("{part:04}").trim_end_matches('0'))
}

/// A list in words: `B`, `B and C`, `B, C and D`; `nobody` if empty.
pub fn list<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|i| i.to_string()).collect();
    match items.as_slice() {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// At most `most` characters of a text, with an ellipsis if something is missing. Line breaks become spaces.
pub fn clipped(text: &str, most: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    if text.chars().count() <= most {
        return text.chars().map(plain).collect();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).map(plain).collect();
    out.push('…');
    out
}

/// A text of ours that begins a sentence: with a capital.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    // Our own words are English; every script's capitals would be four kilobytes of tables.
    letters.next().map_or_else(String::new, |first| [first.to_ascii_uppercase()].into_iter().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_like_the_clock() {
        let cases = [
            (0, "0.000 s"),
            (1_097_420, "1.097 s"),
            (59_999_999, "59.999 s"),
            (60_000_000, "1 min"),
            (242_000_000, "4 min 2 s"),
            (3_600_000_000, "1 h"),
            (51 * 3_600_000_000, "2 d 3 h"),
        ];
        for (us, text) in cases {
            assert_eq!(moment(Micros(us)), text);
        }
    }

    #[test]
    fn spans_choose_their_unit() {
        let cases = [
            (0, "no time"),
            (100, "100 µs"),
            (1_500, "1.5 ms"),
            (80_000, "80 ms"),
            (450_999, "450 ms"),
            (2_000_000, "2 s"),
            (1_500_000, "1.5 s"),
        ];
        for (us, text) in cases {
            assert_eq!(span(Micros(us)), text);
        }
        assert_eq!((offset(0), offset(80_000), offset(-1_500_000)), ("right".into(), "80 ms ahead".into(), "1.5 s behind".into()));
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(
            (count(0), count(1_234), count(12_345), count(1_000_000)),
            ("0".into(), "1234".into(), "12\u{202f}345".into(), "1\u{202f}000\u{202f}000".into())
        );
        assert_eq!(bytes(214), "214 B");
        assert_eq!((counted(1, "copy", "copies"), counted(3, "copy", "copies")), ("1 copy".into(), "3 copies".into()));
        assert_eq!(
            (list::<&str>([]), list(["B"]), list(["B", "C"]), list(["B", "C", "D"])),
            ("nobody".into(), "B".into(), "B and C".into(), "B, C and D".into())
        );
        assert_eq!((per_cent(25_000), per_cent(1_000_000), per_cent(1)), ("2.5 %".into(), "100 %".into(), "0.0001 %".into()));
        assert_eq!((clipped("tea", 3), clipped("tea, milk", 4), clipped("a\nb", 9)), ("tea".into(), "tea…".into(), "a b".into()));
    }
}
