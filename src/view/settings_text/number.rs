//! Numbers that can be changed: how they are shown, stepped, and read from what people type.

use crate::engine::base::Micros;
use crate::engine::node::Phi;
use crate::engine::world::LIMITS;
use crate::view::format::{capital, per_cent, span};

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Microseconds.
    Span,
    /// Thousandths of a level of suspicion.
    Level,
    /// Bytes.
    Bytes,
    /// Parts per million.
    Share,
}

/// A number that can be scrubbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// A stable name: `setting-<id>` in the page.
    pub id: &'static str,
    /// What it is, for somebody who does not see the sentence.
    pub label: &'static str,
    /// The value in force.
    pub value: u64,
    /// Smallest value allowed.
    pub least: u64,
    /// Largest value allowed.
    pub most: u64,
    /// What it counts.
    pub unit: Unit,
}

impl Number {
    /// The value as it stands in the sentence.
    pub fn shown(&self) -> String {
        shown(self.unit, self.value)
    }

    /// The bounds in words.
    pub fn bounds(&self) -> String {
        format!("{} to {}", shown(self.unit, self.least), shown(self.unit, self.most))
    }

    /// The value `steps` steps up (down, if negative): times go 1, 2, 5, 10.
    pub fn stepped(&self, from: u64, steps: i32) -> u64 {
        let mut value = from;
        for _ in 0..steps.unsigned_abs() {
            value = match (self.unit, steps > 0) {
                (Unit::Count, true) => value.saturating_add(1),
                (Unit::Count, false) => value.saturating_sub(1),
                (Unit::Level, true) => value.saturating_add(500),
                (Unit::Level, false) => value.saturating_sub(500),
                (Unit::Bytes, true) => doubles().find(|r| *r > value).unwrap_or(value),
                (Unit::Bytes, false) => doubles().take_while(|r| *r < value).last().unwrap_or(value),
                (Unit::Share, true) => value.saturating_add(share_step(value)),
                (Unit::Share, false) => value.saturating_sub(share_step(value.saturating_sub(1))),
                (Unit::Span, true) => rungs().find(|r| *r > value).unwrap_or(value),
                (Unit::Span, false) => rungs().take_while(|r| *r < value).last().unwrap_or(value),
            };
        }
        value.clamp(self.least, self.most)
    }

    /// Reads what somebody typed, or says what is wrong with it.
    pub fn read(&self, text: &str) -> Result<u64, String> {
        let value = match self.unit {
            Unit::Count => text.trim().parse().map_err(|_| "write a whole number".to_owned()),
            Unit::Span => read_span(text).map(|s| s.0),
            Unit::Bytes => read_bytes(text),
            Unit::Share => read_per_cent(text).map(u64::from),
            Unit::Level => text.trim().parse::<Phi>().map(|phi| phi.0).map_err(|_| "write a level such as 8 or 8.5".to_owned()),
        };
        let wrong = |why: &str| format!("{}: {why}, {}.", capital(self.label), self.bounds());
        let value = value.map_err(|why| wrong(&why))?;
        if (self.least..=self.most).contains(&value) {
            Ok(value)
        } else {
            Err(wrong(&format!("{} is out of bounds", shown(self.unit, value))))
        }
    }
}

fn shown(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Count => value.to_string(),
        Unit::Span => exact(Micros(value)),
        Unit::Level => Phi(value).to_string(),
        Unit::Bytes => exact_bytes(value),
        Unit::Share => per_cent(u32::try_from(value).unwrap_or(u32::MAX)),
    }
}

/// A time that reads back as itself: rounded only if nothing is lost.
pub fn exact(of: Micros) -> String {
    if of == Micros::ZERO {
        return "0 ms".to_owned();
    }
    let text = span(of);
    if read_span(&text) == Ok(of) { text } else { of.to_string() }
}

/// 1, 2, 5, 10 … microseconds up to a year.
fn rungs() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(1u64), |n| n.checked_mul(10)).take_while(|n| *n < LIMITS.span.0).flat_map(|n| [n, 2 * n, 5 * n])
}

/// Reads a time such as `80 ms`, `1.5 s` or `2h`; a number alone counts milliseconds.
pub fn read_span(text: &str) -> Result<Micros, String> {
    const WRONG: &str = "write a time such as 80 ms or 1.5 s";
    let text = text.trim();
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let size: u64 = match unit.trim() {
        "us" | "µs" | "μs" => 1,
        "" | "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        "h" => 3_600_000_000,
        "d" => 86_400_000_000,
        _ => return Err(WRONG.to_owned()),
    };
    scaled(number, size).map(Micros).ok_or_else(|| WRONG.to_owned())
}

/// A decimal number times `size`, rounded down; nothing if it is no number or too large.
pub fn scaled(number: &str, size: u64) -> Option<u64> {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || part.len() > 6 {
        return None;
    }
    let fraction = if part.is_empty() { 0 } else { part.parse::<u64>().ok()?.checked_mul(size)? / 10u64.pow(part.len() as u32) };
    whole.parse::<u64>().ok()?.checked_mul(size)?.checked_add(fraction)
}

/// Reads a time either way: `+80 ms`, `-1.5 s`.
pub fn read_offset(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let (sign, size) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let size = read_span(size)?;
    if size > LIMITS.span {
        return Err(format!("the clock can be off by at most {} either way", span(LIMITS.span)));
    }
    Ok(sign * size.0 as i64)
}

/// Reads a share in per cent, as parts per million: `2.5` is 25 000.
pub fn read_per_cent(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('%').trim();
    let ppm = scaled(number, 10_000).filter(|ppm| *ppm <= 1_000_000);
    ppm.map(|ppm| ppm as u32).ok_or_else(|| "write a share from 0 to 100 %".to_owned())
}

/// A share in per cent as it stands in a field: `2.5`.
pub fn per_cent_field(ppm: u32) -> String {
    per_cent(ppm).trim_end_matches(" %").to_owned()
}

/// Units of bytes, large to small.
const BYTES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes that reads back as itself: in the largest unit that divides it.
fn exact_bytes(value: u64) -> String {
    let (name, size) = BYTES.into_iter().find(|(_, size)| value >= *size && value.is_multiple_of(*size)).unwrap_or(BYTES[3]);
    format!("{} {name}", value / size)
}

/// Reads a number of bytes such as `512 KiB`; a number alone counts bytes.
fn read_bytes(text: &str) -> Result<u64, String> {
    const WRONG: &str = "write a size such as 512 KiB";
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len()));
    let unit = unit.trim();
    let size = BYTES.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit) || unit.is_empty() && *name == "B");
    size.and_then(|(_, size)| scaled(number, size)).ok_or_else(|| WRONG.to_owned())
}

/// 1, 2, 4, 8 … bytes.
fn doubles() -> impl Iterator<Item = u64> {
    (0..40).map(|n| 1u64 << n)
}

/// How far a share goes in one step: in tenths of per cents near either end, in per cents, and in fives between them.
fn share_step(ppm: u64) -> u64 {
    match ppm {
        0..20_000 | 980_000.. => 1_000,
        20_000..100_000 | 900_000..980_000 => 10_000,
        _ => 50_000,
    }
}
