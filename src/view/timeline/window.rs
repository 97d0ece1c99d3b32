//! The stretch of a run that the timeline shows: zoom, pan, and the way between time and pixels.

use crate::engine::base::Micros;

/// A stretch of simulated time. Never empty, never outside the run it was clamped to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where it begins.
    pub from: Micros,
    /// Where it ends.
    pub to: Micros,
}

/// The closest view: 200 microseconds across.
const LEAST: u64 = 200;

impl Window {
    /// A whole run.
    pub fn whole(end: Micros) -> Window {
        Window { from: Micros::ZERO, to: Micros(end.0.max(LEAST)) }
    }

    /// Its length in microseconds.
    pub fn span(self) -> u64 {
        self.to.since(self.from).0
    }

    /// A window of this length, as near to `from` as a run that ends at `end` allows.
    fn placed(from: i128, span: u64, end: Micros) -> Window {
        let whole = Window::whole(end);
        let span = span.clamp(LEAST, whole.span());
        let last = i128::from(whole.span() - span);
        let from = from.clamp(0, last) as u64;
        Window { from: Micros(from), to: Micros(from + span) }
    }

    /// The same window in a run that ends at `end`.
    #[must_use]
    pub fn clamped(self, end: Micros) -> Window {
        Window::placed(i128::from(self.from.0), self.span(), end)
    }

    /// `factor` times as long; the instant `around` stays at its place on the screen.
    #[must_use]
    pub fn zoomed(self, factor: f64, around: Micros, end: Micros) -> Window {
        let span = (self.span() as f64 * factor.clamp(1e-6, 1e6)).clamp(LEAST as f64, Window::whole(end).span() as f64);
        let share = around.0.saturating_sub(self.from.0) as f64 / self.span() as f64;
        let from = around.0 as f64 - share.clamp(0.0, 1.0) * span;
        Window::placed(from as i128, span.round() as u64, end)
    }

    /// Moved later by `by` microseconds.
    #[must_use]
    pub fn panned(self, by: i64, end: Micros) -> Window {
        Window::placed(i128::from(self.from.0) + i128::from(by), self.span(), end)
    }

    /// Whether an instant lies in it.
    pub fn holds(self, at: Micros) -> bool {
        self.from <= at && at <= self.to
    }

    /// The window that shows `now`: this one if it does, else one of the same length that begins a little before it.
    #[must_use]
    pub fn following(self, now: Micros, end: Micros) -> Window {
        if self.holds(now) {
            return self;
        }
        Window::placed(i128::from(now.0) - i128::from(self.span() / 8), self.span(), end)
    }

    /// The burst of activity nearest to `now`, with a margin: moments closer together than `gap` belong to one burst. `moments` are in time
    /// order. The whole run if nothing happens in it.
    pub fn around_activity(moments: &[Micros], now: Micros, gap: Micros, end: Micros) -> Window {
        let after = moments.partition_point(|m| *m < now);
        let before = after.checked_sub(1);
        let distance = |i: usize| moments.get(i).map(|m| m.0.abs_diff(now.0));
        let nearest = match (before.and_then(distance), distance(after)) {
            (Some(b), Some(a)) => {
                if b <= a {
                    after - 1
                } else {
                    after
                }
            }
            (Some(_), None) => after - 1,
            (None, Some(_)) => after,
            (None, None) => return Window::whole(end),
        };
        let close = |a: usize, b: usize| moments[b].since(moments[a]) <= gap;
        let first = (0..nearest).rev().take_while(|i| close(*i, *i + 1)).last().unwrap_or(nearest);
        let last = (nearest + 1..moments.len()).take_while(|i| close(*i - 1, *i)).last().unwrap_or(nearest);
        let span = moments[last].since(moments[first]).0;
        let margin = (span / 12).max(LEAST);
        Window::placed(i128::from(moments[first].0) - i128::from(margin), span.saturating_add(2 * margin), end)
    }
}

/// A window on a strip of pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// What is shown.
    pub window: Window,
    /// The pixel of its beginning.
    pub left: f64,
    /// Pixels across.
    pub width: f64,
}

impl Scale {
    /// The pixel of an instant, which may lie outside the strip.
    pub fn x(&self, at: Micros) -> f64 {
        let span = self.window.span() as f64;
        let offset = if at >= self.window.from { at.since(self.window.from).0 as f64 } else { -(self.window.from.since(at).0 as f64) };
        self.left + offset / span * self.width
    }

    /// The instant of a pixel, within the window.
    pub fn at(&self, x: f64) -> Micros {
        let share = ((x - self.left) / self.width).clamp(0.0, 1.0);
        self.window.from.plus(Micros((share * self.window.span() as f64).round() as u64))
    }

    /// Microseconds of so many pixels.
    pub fn span_of(&self, pixels: f64) -> i64 {
        (pixels / self.width * self.window.span() as f64) as i64
    }

    /// The last pixel.
    pub fn right(&self) -> f64 {
        self.left + self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: Micros = Micros(7 * 86_400_000_000);

    fn scale(window: Window) -> Scale {
        Scale { window, left: 100.0, width: 1000.0 }
    }

    #[test]
    fn the_point_zoomed_around_stays_where_it_is() {
        let end = Micros::ms(1500);
        let mut window = Window::whole(end);
        let around = Micros::ms(600);
        let x = scale(window).x(around);
        for _ in 0..6 {
            window = window.zoomed(0.7, around, end);
            assert!((scale(window).x(around) - x).abs() < 0.5, "{window:?}");
        }
        assert!(window.span() < 200_000);
    }

    #[test]
    fn windows_stay_within_the_run() {
        for end in [Micros(0), Micros::ms(1500), WEEK, Micros(u64::MAX / 4)] {
            let whole = Window::whole(end);
            let close = whole.zoomed(1e-9, end, end);
            assert!(close.span() >= LEAST);
            for window in [
                whole.zoomed(9.0, Micros::ZERO, end),
                close,
                close.panned(i64::MIN, end),
                close.panned(i64::MAX, end),
                close.following(end, end),
            ] {
                assert!(window.from < window.to && window.to <= whole.to, "{window:?} in {whole:?}");
            }
            assert_eq!(whole.zoomed(9.0, Micros::ZERO, end), whole);
        }
    }

    #[test]
    fn pixels_and_instants_agree_in_a_second_and_in_a_week() {
        for end in [Micros::ms(1500), WEEK] {
            let s = scale(Window::whole(end));
            for x in [100.0, 250.0, 777.0, 1100.0] {
                assert!((s.x(s.at(x)) - x).abs() < 0.01);
            }
            assert_eq!(s.at(-50.0), Micros::ZERO, "left of the strip is its beginning");
            assert_eq!(s.at(5000.0), end);
        }
        let late = scale(Window { from: Micros::ms(500), to: Micros::ms(1500) });
        assert_eq!(late.x(Micros::ZERO), -400.0);
    }

    #[test]
    fn a_window_follows_the_playhead_only_when_it_must() {
        let end = Micros::secs(10);
        let window = Window { from: Micros::secs(1), to: Micros::secs(2) };
        assert_eq!(window.following(Micros::ms(1990), end), window);
        let moved = window.following(Micros::secs(5), end);
        assert!(moved.holds(Micros::secs(5)) && moved.span() == window.span());
    }

    #[test]
    fn activity_is_the_nearest_burst_and_no_other() {
        let moments: Vec<Micros> = [10, 20, 30, 5_000, 5_010, 5_050, 90_000].map(Micros::ms).to_vec();
        let end = Micros::secs(100);
        let near = |now| Window::around_activity(&moments, Micros::ms(now), Micros::ms(500), end);
        assert!(near(5_020).holds(Micros::ms(5_000)) && near(5_020).holds(Micros::ms(5_050)));
        assert!(near(5_020).span() < 100_000);
        assert!(near(0).holds(Micros::ms(30)) && !near(0).holds(Micros::ms(5_000)));
        assert!(near(99_000).holds(Micros::ms(90_000)));
        assert_eq!(Window::around_activity(&[], Micros::ZERO, Micros::ms(1), end), Window::whole(end));
    }
}
