//! The break-even plot: bytes of a read with digests and without, over the share of reads that find a difference.
//!
//! The numbers come from runs ([`crate::lab::BreakEven`]); this lays them out, finds where the lines cross and says it in words.

use plotters::prelude::{ChartBuilder, Color, IntoDrawingArea, LineSeries};

use super::format::{count, per_cent};
use super::plot::{Board, Mark, Pen, words};
use crate::engine::node::SecondRound;
use crate::engine::node::Settings;
use crate::lab::{BreakEven, KEYS, Measured, RATES};

/// Sizes of values to choose from, in bytes.
pub const SIZES: [u32; 5] = [8, 64, 256, 1_024, 8_192];

/// One run as a point of the plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Which run.
    pub run: usize,
    /// Where, in pixels.
    pub at: (i32, i32),
    /// Which line it lies on.
    pub pen: Pen,
    /// Events before its first read.
    pub start: u32,
    /// `With digests, 30 % of reads find a difference: 412.5 B a read`.
    pub text: String,
}

/// One row of the table that says the same as the plot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Share of reads that find a difference.
    pub rate: String,
    /// Bytes of a read with digests; none before its run is done.
    pub digests: Option<String>,
    /// Bytes of a read without.
    pub rows: Option<String>,
}

/// The plot of what has been measured so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Width and height.
    pub size: (u32, u32),
    /// Axes, grid and lines.
    pub marks: Vec<Mark>,
    /// The runs.
    pub dots: Vec<Dot>,
    /// Where the lines cross, as the middle of a mark.
    pub cross: Option<(i32, i32)>,
    /// The same as a table.
    pub table: Vec<TableRow>,
}

/// What is measured, in a sentence.
pub fn question(of: &BreakEven, settings: &Settings) -> String {
    let again = match settings.read.second_round {
        SecondRound::Differing => "those that differ",
        SecondRound::Everyone => "everyone again",
    };
    format!(
        "{KEYS} reads at {} of {} replicas; values of {} bytes, digests made with {} ({} bytes). On a difference the coordinator asks {again} for the row.",
        of.level.name(),
        of.replicas,
        count(of.value_bytes.into()),
        settings.digest.name(),
        settings.digest.size(),
    )
}

/// Bytes per read in words, to a tenth.
fn each(m: &Measured) -> String {
    let tenths = (m.milli_bytes() + 50) / 100;
    if tenths.is_multiple_of(10) { count(tenths / 10) } else { format!("{}.{}", count(tenths / 10), tenths % 10) }
}

/// The mismatch rate at which both ways cost the same, in parts per million, found on the line between two measured rates.
///
/// Counts from below: the first rate from which on digests cost as much or more. `None` if they never do.
pub fn crossing(runs: &[Option<Measured>]) -> Option<u32> {
    let pair = |i: usize| Some((runs.get(i).copied()??, runs.get(RATES as usize + i).copied()??));
    let gap = |(with, without): &(Measured, Measured)| with.bytes as i64 - without.bytes as i64;
    let mut last: Option<(i64, u32)> = None;
    for at in (0..RATES as usize).filter_map(pair) {
        let (now, rate) = (gap(&at), at.0.rate_ppm());
        if now >= 0 {
            let Some((before, from)) = last else { return Some(rate) };
            let part = i64::from(rate - from) * -before / (now - before).max(1);
            return Some(from + part as u32);
        }
        last = Some((now, rate));
    }
    None
}

/// What the runs say; while some are missing, how far they are.
pub fn answer(runs: &[Option<Measured>]) -> String {
    let done = runs.iter().flatten().count();
    if done < runs.len() {
        return format!("{done} of {} runs are done.", runs.len());
    }
    let first = |i: usize| runs.get(i).copied().flatten().map(|m| m.bytes);
    match crossing(runs) {
        None => "Digests cost less at every rate, even if every read finds a difference.".to_owned(),
        Some(0) if first(0) == first(RATES as usize) => {
            "Both ways cost the same as long as copies agree; with any difference digests cost more.".to_owned()
        }
        Some(0) => "Digests never pay here: they are not smaller than what they stand for.".to_owned(),
        Some(ppm) => {
            let tenth = (ppm + 500) / 1_000 * 1_000;
            format!(
                "Digests pay as long as fewer than {} of reads find a difference; beyond that, asking for whole rows at once costs less.",
                per_cent(tenth)
            )
        }
    }
}

fn table(runs: &[Option<Measured>]) -> Vec<TableRow> {
    let at = |i: usize| runs.get(i).copied().flatten();
    let row = |i: usize| {
        let (stale, _) = BreakEven::stale_keys(i);
        let rate = per_cent(stale * 1_000_000 / KEYS);
        TableRow { rate, digests: at(i).map(|m| each(&m)), rows: at(RATES as usize + i).map(|m| each(&m)) }
    };
    (0..RATES as usize).map(row).collect()
}

/// The number at the top of the axis: the next of 1, 2, 5 times a power of ten above `most`, in steps of a fifth.
fn ceiling(most: u64) -> u64 {
    let powers = std::iter::successors(Some(1u64), |n| n.checked_mul(10));
    powers.flat_map(|p| [10, 12, 15, 20, 25, 30, 40, 50, 60, 80].map(|n| p.saturating_mul(n))).find(|n| *n >= most).unwrap_or(most)
}

/// Lays out what has been measured so far in a drawing of this size.
pub fn plot(runs: &[Option<Measured>], size: (u32, u32)) -> Plot {
    let board = Board::new(size);
    let most = runs.iter().flatten().map(Measured::milli_bytes).max().unwrap_or(100_000);
    let top = ceiling(most * 11 / 10_000) as f64;
    let mut plot = Plot { size, marks: Vec::new(), dots: Vec::new(), cross: None, table: table(runs) };
    let area = board.clone().into_drawing_area();
    let chart = ChartBuilder::on(&area)
        .margin(8)
        .margin_right(16)
        .x_label_area_size(38)
        .y_label_area_size(54)
        .build_cartesian_2d(0f64..100f64, 0f64..top);
    let Ok(mut chart) = chart else { return plot };
    let narrow = size.0 < 420;
    let mesh = chart
        .configure_mesh()
        .x_labels(if narrow { 6 } else { 11 })
        .y_labels(6)
        .max_light_lines(0)
        .bold_line_style(Pen::Grid.colour())
        .axis_style(Pen::Ink.colour())
        .label_style(words(13.0))
        .x_desc("reads that find a difference, %")
        .y_desc("bytes a read")
        .axis_desc_style(words(13.0))
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_label_formatter(&|y| count(*y as u64))
        .draw();
    let value = |m: &Measured| (f64::from(m.rate_ppm()) / 10_000.0, m.milli_bytes() as f64 / 1_000.0);
    for (pen, from) in [(Pen::Second, RATES as usize), (Pen::First, 0)] {
        let line = (from..from + RATES as usize).filter_map(|i| runs.get(i).copied().flatten());
        let series = LineSeries::new(line.map(|m| value(&m)), pen.colour().stroke_width(2));
        if mesh.is_err() || chart.draw_series(series).is_err() {
            return plot;
        }
    }
    let way = |run: usize| if BreakEven::stale_keys(run).1 { ("With digests", Pen::First) } else { ("Without digests", Pen::Second) };
    let dot = |(run, m): (usize, Measured)| {
        let (name, pen) = way(run);
        let rate = per_cent(m.rate_ppm());
        let text = format!("{name}, {rate} of reads find a difference: {} B a read", each(&m));
        Dot { run, at: chart.backend_coord(&value(&m)), pen, start: m.start, text }
    };
    plot.dots = runs.iter().enumerate().filter_map(|(i, m)| m.map(|m| dot((i, m)))).collect();
    let meets = crossing(runs).filter(|ppm| *ppm > 0).zip(runs.get(RATES as usize).copied().flatten());
    plot.cross = meets.map(|(ppm, m)| chart.backend_coord(&(f64::from(ppm) / 10_000.0, value(&m).1)));
    drop(chart);
    plot.marks = board.marks();
    plot
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::ReadSettings;

    fn measured(settings: &Settings, bytes: u32) -> Vec<Option<Measured>> {
        let question = BreakEven::of(settings, bytes).expect("several copies");
        (0..question.runs()).map(|i| question.measure(i).ok()).collect()
    }

    fn everyone() -> Settings {
        Settings { read: ReadSettings { second_round: SecondRound::Everyone, ..ReadSettings::default() }, ..Settings::default() }
    }

    #[test]
    fn lines_cross_where_both_ways_cost_the_same() {
        let runs = measured(&everyone(), 256);
        let at = crossing(&runs).expect("they cross");
        let cost = |from: usize| {
            let i = (at / 100_000) as usize;
            let (a, b) = (runs[from + i].expect("done"), runs[from + i + 1].expect("done"));
            a.bytes as f64 + (b.bytes as f64 - a.bytes as f64) * f64::from(at - a.rate_ppm()) / f64::from(b.rate_ppm() - a.rate_ppm())
        };
        assert!((cost(0) - cost(RATES as usize)).abs() < 1.0, "{} {}", cost(0), cost(RATES as usize));
        assert!(crossing(&measured(&Settings::default(), 256)).expect("they cross") > at, "asking only those that differ pays for longer");
        assert!(answer(&runs).starts_with("Digests pay as long as fewer than "), "{}", answer(&runs));
    }

    #[test]
    fn larger_rows_make_digests_pay_for_longer_and_small_ones_hardly() {
        let at = |bytes| crossing(&measured(&everyone(), bytes));
        let all: Vec<u32> = SIZES.iter().map(|bytes| at(*bytes).expect("they cross")).collect();
        assert!(all.windows(2).all(|w| w[0] < w[1]), "{all:?}");
    }

    #[test]
    fn the_plot_has_axes_both_lines_and_every_run_as_a_point() {
        let runs = measured(&everyone(), 256);
        let plot = plot(&runs, (640, 360));
        let lines = |pen: Pen| plot.marks.iter().filter(|m| matches!(m, Mark::Line { pen: p, .. } if *p == pen)).count();
        assert!(lines(Pen::First) >= 1 && lines(Pen::Second) >= 1 && lines(Pen::Grid) >= 5 && lines(Pen::Ink) >= 2);
        let text: Vec<&str> =
            plot.marks.iter().filter_map(|m| if let Mark::Text { text, .. } = m { Some(text.as_str()) } else { None }).collect();
        assert!(text.contains(&"bytes a read") && text.contains(&"50") && text.contains(&"100"), "{text:?}");
        assert_eq!(plot.dots.len(), 22);
        let inside = |(x, y): (i32, i32)| (54..=640).contains(&x) && (0..=330).contains(&y);
        assert!(plot.dots.iter().all(|d| inside(d.at)) && plot.cross.is_some_and(inside), "{:?}", plot.cross);
        let (left, right) = (plot.dots[0].at, plot.dots[10].at);
        assert!(left.0 < right.0 && left.1 > right.1, "to the right and up: {left:?} {right:?}");
        assert_eq!(plot.table.len(), 11);
        assert!(plot.table.iter().all(|r| r.digests.is_some() && r.rows.is_some()));
    }

    #[test]
    fn what_is_not_measured_yet_is_not_drawn() {
        let mut runs = vec![None; 22];
        assert_eq!((answer(&runs), plot(&runs, (640, 360)).dots.len()), ("0 of 22 runs are done.".to_owned(), 0));
        let question = BreakEven::of(&Settings::default(), 64).expect("three copies");
        runs[0] = question.measure(0).ok();
        let partial = plot(&runs, (320, 240));
        assert_eq!((partial.dots.len(), partial.cross, partial.table[0].rows.clone()), (1, None, None));
        assert_eq!(answer(&runs), "1 of 22 runs are done.");
    }
}
