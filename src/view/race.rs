//! Plots of sweeps with logarithmic axes: the race of all methods, and hashes compared by two trees.

use plotters::prelude::{ChartBuilder, Color, IntoDrawingArea, LineSeries};

use super::format::{bytes, count, counted, span};
use super::plot::{Board, Mark, Pen, words};
use crate::lab::{Axis, Raced};

/// A plot on logarithmic axes.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPlot {
    /// Width and height.
    pub size: (u32, u32),
    /// Axes, grid and lines.
    pub marks: Vec<Mark>,
    /// The points of each series, in pixels.
    pub dots: Vec<Vec<(i32, i32)>>,
}

/// Decades that hold all of these.
fn decades(values: impl Iterator<Item = u64>) -> (i32, i32) {
    let (mut low, mut high) = (None, 1);
    for value in values.filter(|value| *value > 0) {
        let (floor, ceil) = (value.ilog10() as i32, (value - 1).checked_ilog10().map_or(0, |log| log as i32 + 1));
        low = Some(low.map_or(floor, |low: i32| low.min(floor)));
        high = high.max(ceil);
    }
    let low = low.unwrap_or(0);
    (low, high.max(low + 1))
}

#[expect(clippy::disallowed_methods, reason = "a drawing; nothing is hashed")]
fn log(value: u64) -> f64 {
    (value.max(1) as f64).log10()
}

/// A power of ten in words: `1000`, `10 k`, `1 M`.
fn power(exponent: f64) -> String {
    match exponent.round() as u32 {
        e @ 0..=3 => count(10u64.pow(e)),
        e @ 4..=5 => format!("{} k", 10u64.pow(e - 3)),
        e => format!("{} M", 10u64.pow(e.min(18) - 6)),
    }
}

/// Draws each series as a line in a drawing of this size.
pub fn log_plot(series: &[Vec<(u64, u64)>], size: (u32, u32), x_words: &str, y_words: &str) -> LogPlot {
    let board = Board::new(size);
    let mut plot = LogPlot { size, marks: Vec::new(), dots: Vec::new() };
    let all = || series.iter().flatten();
    let ((x0, x1), (y0, y1)) = (decades(all().map(|p| p.0)), decades(all().map(|p| p.1)));
    let area = board.clone().into_drawing_area();
    let chart = ChartBuilder::on(&area)
        .margin(8)
        .margin_right(16)
        .x_label_area_size(38)
        .y_label_area_size(54)
        .build_cartesian_2d(f64::from(x0)..f64::from(x1), f64::from(y0)..f64::from(y1));
    let Ok(mut chart) = chart else { return plot };
    let mesh = chart
        .configure_mesh()
        .x_labels((x1 - x0 + 1) as usize)
        .y_labels((y1 - y0 + 1) as usize)
        .max_light_lines(0)
        .bold_line_style(Pen::Grid.colour())
        .axis_style(Pen::Ink.colour())
        .label_style(words(13.0))
        .x_desc(x_words)
        .y_desc(y_words)
        .axis_desc_style(words(13.0))
        .x_label_formatter(&|x| power(*x))
        .y_label_formatter(&|y| power(*y))
        .draw();
    for (number, line) in series.iter().enumerate() {
        let points: Vec<(f64, f64)> = line.iter().map(|(x, y)| (log(*x), log(*y))).collect();
        plot.dots.push(points.iter().map(|point| chart.backend_coord(point)).collect());
        let pen = Pen::of_series(number).colour().stroke_width(2);
        if mesh.is_err() || chart.draw_series(LineSeries::new(points, pen)).is_err() {
            return plot;
        }
    }
    drop(chart);
    plot.marks = board.marks();
    plot
}

/// What is counted of a race.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measure {
    /// All bytes.
    #[default]
    Bytes,
    /// Questions that had to be answered one after another.
    Rounds,
}

impl Measure {
    /// Its value for a run.
    pub fn of(self, raced: &Raced) -> u64 {
        match self {
            Measure::Bytes => raced.bytes(),
            Measure::Rounds => raced.round_trips,
        }
    }

    /// What stands at the axis.
    pub const fn words(self) -> &'static str {
        match self {
            Measure::Bytes => "bytes sent",
            Measure::Rounds => "round trips",
        }
    }
}

/// What stands at the axis of what is varied.
pub const fn axis_words(axis: Axis) -> &'static str {
    match axis {
        Axis::Differences => "rows that differ",
        Axis::Size => "rows of each replica",
        Axis::Places => "places in which 300 rows differ",
    }
}

/// A run in words: `Merkle trees, 10 rows that differ: 4 212 B in 7 round trips, 320 ms`.
pub fn run_words(name: &str, axis: Axis, value: u64, raced: &Raced) -> String {
    let trips = counted(raced.round_trips, "round trip", "round trips");
    let good = if raced.good { "" } else { "; it did not arrive" };
    format!("{name}, {} {}: {} in {trips}, {}{good}", count(value), axis_words(axis), bytes(raced.bytes()), span(raced.took))
}

/// Who needed the fewest bytes at each end, in a sentence; nothing while runs are missing.
pub fn answer(names: &[&str], axis: Axis, runs: &[Vec<Option<Raced>>]) -> Option<String> {
    let best = |column: usize| {
        let all = runs.iter().enumerate().map(|(i, line)| Some((line.get(column).copied()??.bytes(), i)));
        all.collect::<Option<Vec<_>>>()?.into_iter().min()
    };
    let columns = axis.values().len();
    let (first, last) = (best(0)?, best(columns - 1)?);
    let of = |(_, i): (u64, usize)| names.get(i).copied().unwrap_or_default();
    let (low, high) = (axis.values()[0], count(axis.values()[columns - 1]));
    let low = match (axis, low) {
        (Axis::Differences, 1) => "1 row that differs".to_owned(),
        (Axis::Places, 1) => "1 place in which 300 rows differ".to_owned(),
        _ => format!("{} {}", count(low), axis_words(axis)),
    };
    Some(if of(first) == of(last) {
        format!("From {low} to {high}, {} send the fewest bytes.", of(first))
    } else {
        format!("At {low}, {} send the fewest bytes; at {high}, {}.", of(first), of(last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decades_hold_everything() {
        assert_eq!(decades([1, 10, 11].into_iter()), (0, 2));
        assert_eq!(decades([1_000].into_iter()), (3, 4));
        assert_eq!(decades(std::iter::empty()), (0, 1));
        assert_eq!([0.0, 3.0, 4.0, 6.0].map(power), ["1", "1000", "10 k", "1 M"]);
    }

    #[test]
    fn equal_factors_are_equal_distances() {
        let plot = log_plot(&[vec![(1, 10), (10, 100), (100, 1_000)]], (400, 300), "x", "y");
        let [a, b, c] = plot.dots[0][..] else { panic!("three points") };
        assert!((b.0 - a.0).abs_diff(c.0 - b.0) <= 1 && (a.1 - b.1).abs_diff(b.1 - c.1) <= 1, "{a:?} {b:?} {c:?}");
        assert!(plot.marks.iter().any(|m| matches!(m, Mark::Text { text, .. } if text == "1000")));
        assert!(plot.marks.iter().any(|m| matches!(m, Mark::Line { pen: Pen::First, .. })));
    }
}
