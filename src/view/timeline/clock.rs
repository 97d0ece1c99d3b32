//! Simulated time in words and on an axis: from microseconds to a week.

use super::window::Scale;
use crate::engine::base::Micros;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// An instant as people read it: `1.097 s`, `2:05.250`, `3:02:05.250`, `2 d 03:02:05.250`.
pub fn clock(at: Micros) -> String {
    let t = at.0;
    let (d, h, m, s) = (t / DAY, t % DAY / HOUR, t % HOUR / MINUTE, t % MINUTE / SECOND);
    let ms = t % SECOND / 1000;
    match () {
        () if t < MINUTE => format!("{s}.{ms:03} s"),
        () if t < HOUR => format!("{m}:{s:02}.{ms:03}"),
        () if t < DAY => format!("{h}:{m:02}:{s:02}.{ms:03}"),
        () => format!("{d} d {h:02}:{m:02}:{s:02}.{ms:03}"),
    }
}

/// A mark on the time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where, in pixels.
    pub x: f64,
    /// What it says.
    pub label: String,
    /// Whether it is one of the longer ones.
    pub strong: bool,
}

/// Steps between ticks, in microseconds, with how many of them make a strong one.
const STEPS: [(u64, u64); 32] = [
    (10, 5),
    (20, 5),
    (50, 2),
    (100, 5),
    (200, 5),
    (500, 2),
    (1_000, 5),
    (2_000, 5),
    (5_000, 2),
    (10_000, 5),
    (20_000, 5),
    (50_000, 2),
    (100_000, 5),
    (200_000, 5),
    (500_000, 2),
    (SECOND, 5),
    (2 * SECOND, 5),
    (5 * SECOND, 2),
    (10 * SECOND, 6),
    (30 * SECOND, 2),
    (MINUTE, 5),
    (2 * MINUTE, 5),
    (5 * MINUTE, 3),
    (10 * MINUTE, 6),
    (30 * MINUTE, 2),
    (HOUR, 6),
    (2 * HOUR, 6),
    (3 * HOUR, 8),
    (6 * HOUR, 4),
    (12 * HOUR, 2),
    (DAY, 7),
    (7 * DAY, 4),
];

/// Ticks at round instants, at least `apart` pixels from each other.
pub fn ticks(scale: &Scale, apart: f64) -> Vec<Tick> {
    let least = scale.window.span() as f64 * apart / scale.width.max(1.0);
    let (step, group) =
        STEPS.into_iter().find(|(step, _)| *step as f64 >= least).unwrap_or_else(|| ((least as u64 / (7 * DAY) + 1) * 7 * DAY, 4));
    let first = scale.window.from.0.div_ceil(step);
    let last = scale.window.to.0 / step;
    (first..=last)
        .map(|n| Tick { x: scale.x(Micros(n * step)), label: label(n * step, step, n == first), strong: n % group == 0 })
        .collect()
}

fn label(at: u64, step: u64, first: bool) -> String {
    if at >= DAY || step >= 12 * HOUR {
        let (d, h, m, s) = (at / DAY, at % DAY / HOUR, at % HOUR / MINUTE, at % MINUTE / SECOND);
        return match step {
            _ if at.is_multiple_of(DAY) => format!("{d} d"),
            step if step >= MINUTE => format!("{h:02}:{m:02}"),
            step if step >= SECOND => format!("{h:02}:{m:02}:{s:02}"),
            _ => format!("{m:02}:{s:02}.{}", decimals(at, step)),
        };
    }
    let (h, m, s) = (at / HOUR, at % HOUR / MINUTE, at % MINUTE / SECOND);
    match step {
        step if step >= MINUTE => format!("{h}:{m:02}{}", if first { " h" } else { "" }),
        step if step >= SECOND && at >= HOUR => format!("{h}:{m:02}:{s:02}"),
        step if step >= SECOND && at >= MINUTE => format!("{m}:{s:02}"),
        step if step >= SECOND => format!("{s}{}", if first { " s" } else { "" }),
        step if at >= MINUTE => format!("{}:{s:02}.{}", at / MINUTE, decimals(at, step)),
        step => format!("{s}.{}{}", decimals(at, step), if first { " s" } else { "" }),
    }
}

/// The digits after the point that a step needs.
fn decimals(at: u64, step: u64) -> String {
    let digits = match step {
        100_000.. => 1,
        10_000.. => 2,
        1_000.. => 3,
        100.. => 4,
        _ => 5,
    };
    let micros = format!("{:06}", at % SECOND);
    micros[..digits].to_owned()
}

/// How simulated time relates to real time, as "1 : 20": `real_us` of real time show `sim_us` of simulated time.
pub fn ratio(sim_us: f64, real_us: f64) -> String {
    let (large, slow) = if real_us >= sim_us { (real_us / sim_us, true) } else { (sim_us / real_us, false) };
    let tidy = match large {
        n if n < 1.95 => format!("{:.1}", n).trim_end_matches(".0").to_owned(),
        n if n < 9.5 => format!("{:.0}", n),
        n => {
            // Two digits say enough about a speed.
            let mut unit = 1.0;
            while n / unit >= 99.5 {
                unit *= 10.0;
            }
            thousands((n / unit).round() * unit)
        }
    };
    if slow { format!("1 : {tidy}") } else { format!("{tidy} : 1") }
}

fn thousands(n: f64) -> String {
    let digits = format!("{n:.0}");
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::window::Window;
    use super::*;

    #[test]
    fn instants_read_like_a_stopwatch() {
        let reads = |us: u64, text: &str| assert_eq!(clock(Micros(us)), text);
        reads(0, "0.000 s");
        reads(1_097_400, "1.097 s");
        reads(125_250_000, "2:05.250");
        reads(3 * HOUR + 125 * SECOND, "3:02:05.000");
        reads(2 * DAY + 3 * HOUR + 125_250_000, "2 d 03:02:05.250");
    }

    #[test]
    fn ticks_are_round_apart_and_few_at_every_zoom() {
        for end in [200, 1_500, 40_000, 1_500_000, 90 * SECOND, 2 * HOUR, 30 * HOUR, 7 * DAY, 400 * DAY] {
            let s = Scale { window: Window::whole(Micros(end)), left: 0.0, width: 1000.0 };
            let all = ticks(&s, 60.0);
            assert!((3..=17).contains(&all.len()), "{end}: {} ticks", all.len());
            assert!(all.windows(2).all(|w| w[1].x - w[0].x >= 59.9 && w[0].label != w[1].label), "{end}: {all:?}");
        }
    }

    #[test]
    fn labels_fit_their_step() {
        let of = |from: u64, to: u64| {
            let s = Scale { window: Window { from: Micros(from), to: Micros(to) }, left: 0.0, width: 1000.0 };
            ticks(&s, 60.0).into_iter().map(|t| t.label).collect::<Vec<_>>()
        };
        assert_eq!(of(0, 1_500_000)[..3], ["0.0 s", "0.1", "0.2"]);
        assert_eq!(of(1_090_000, 1_100_000)[0], "1.090 s");
        assert_eq!(of(0, 7 * DAY)[..4], ["0 d", "12:00", "1 d", "12:00"]);
        assert_eq!(of(0, 90 * SECOND)[..2], ["0 s", "10"]);
        assert!(of(2 * DAY + HOUR, 2 * DAY + HOUR + SECOND)[0].contains("00:00."));
    }

    #[test]
    fn speeds_name_simulated_and_real_time() {
        assert_eq!(ratio(20_000.0, 900_000.0), "1 : 45");
        assert_eq!(ratio(1.0, 1.0), "1 : 1");
        assert_eq!(ratio(60.0, 1.0), "60 : 1");
        assert_eq!(ratio(1.0, 2880.0), "1 : 2\u{2009}900");
    }
}
