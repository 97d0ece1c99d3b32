//! The storm dashboard: how clients fare beside what sweeps do, over the time of a run.

use plotters::prelude::{ChartBuilder, Color, IntoDrawingArea, LineSeries};

use super::format::{bytes, count, counted, span};
use super::placement_text::zone_name;
use super::plot::{Board, Mark, Pen, words};
use crate::engine::base::Micros;
use crate::engine::observe::crossings;
use crate::lab::{Sample, Session};

/// One plot over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// A stable name.
    pub id: &'static str,
    /// What it shows, with its unit.
    pub title: &'static str,
    /// What it is at the cursor.
    pub now: String,
    /// The largest value as far as the run is known.
    pub most: String,
    /// Width and height.
    pub size: (u32, u32),
    /// Axes, grid and line.
    pub marks: Vec<Mark>,
    /// Where the cursor is, across.
    pub cursor: Option<i32>,
}

/// What a plot draws of a point.
type Reading = fn(&Sample, Option<&Sample>) -> Option<u64>;
/// A plot's name, title, what it draws, and how a value is said.
type Of = (&'static str, &'static str, Reading, fn(u64) -> String);

/// Bytes a second since the point before.
fn rate(now: u64, at: Micros, before: Option<(u64, Micros)>) -> Option<u64> {
    let (bytes, since) = before?;
    let span = at.since(since).0.max(1);
    Some((u128::from(now.saturating_sub(bytes)) * 1_000_000 / u128::from(span)) as u64)
}

const CHARTS: [Of; 5] = [
    ("reads", "Slowest of 100 reads", |s, _| s.read_p99.map(|t| t.0), |v| span(Micros(v))),
    ("writes", "Slowest of 100 writes", |s, _| s.write_p99.map(|t| t.0), |v| span(Micros(v))),
    ("zones", "Between zones, a second", |s, p| rate(s.across_zones, s.at, p.map(|p| (p.across_zones, p.at))), bytes),
    ("backlog", "Sweeps waiting or under way", |s, _| Some(s.backlog), count),
    ("behind", "Copies that are behind", |s, _| Some(s.stale), count),
];

/// The plots of what is known of the run, each of this size.
pub fn charts(session: &Session, size: (u32, u32)) -> Vec<Chart> {
    let samples = session.samples();
    let (now, end) = (session.world().now(), session.end());
    let here = samples.partition_point(|sample| sample.at <= now);
    let all = CHARTS.iter().map(|(id, title, reading, said)| {
        let value = |i: usize| reading(&samples[i], i.checked_sub(1).map(|before| &samples[before]));
        let points: Vec<(u64, u64)> = (0..samples.len()).filter_map(|i| Some((samples[i].at.0, value(i)?))).collect();
        let most = points.iter().map(|(_, v)| *v).max().unwrap_or(0);
        let at = here.checked_sub(1).and_then(value);
        let mut chart =
            Chart { id, title, now: at.map_or("none".to_owned(), said), most: said(most), size, marks: Vec::new(), cursor: None };
        lay_out(&mut chart, &points, most, (now, end), *said);
        chart
    });
    all.collect()
}

fn lay_out(chart: &mut Chart, points: &[(u64, u64)], most: u64, (now, end): (Micros, Micros), said: fn(u64) -> String) {
    let board = Board::new(chart.size);
    let area = board.clone().into_drawing_area();
    let (last, top) = (end.0.max(1) as f64, (most.max(1) as f64) * 1.1);
    let made = ChartBuilder::on(&area)
        .margin(4)
        .margin_right(10)
        .x_label_area_size(18)
        .y_label_area_size(58)
        .build_cartesian_2d(0f64..last, 0f64..top);
    let Ok(mut plot) = made else { return };
    let mesh = plot
        .configure_mesh()
        .x_labels(5)
        .y_labels(3)
        .max_light_lines(0)
        .bold_line_style(Pen::Grid.colour())
        .axis_style(Pen::Ink.colour())
        .label_style(words(12.0))
        .x_label_formatter(&|x| span(Micros(*x as u64)))
        .y_label_formatter(&|y| said(*y as u64))
        .draw();
    // A value holds until the next one.
    let steps = points.windows(2).flat_map(|w| [w[0], (w[1].0, w[0].1)]).chain(points.last().copied());
    let line = LineSeries::new(steps.map(|(x, y)| (x as f64, y as f64)), Pen::First.colour().stroke_width(2));
    if mesh.is_err() || plot.draw_series(line).is_err() {
        return;
    }
    chart.cursor = Some(plot.backend_coord(&(now.0.min(end.0) as f64, 0.0)).0);
    drop(plot);
    chart.marks = board.marks();
}

/// How far zones are behind one another at the cursor, and what has crossed between them: lines of what, and how much. Looks at every event.
pub fn between_zones(session: &Session) -> Vec<(String, String)> {
    let ring = session.world().ring();
    let all = crossings(&session.log()[..(session.cursor() as usize).min(session.log().len())], ring);
    let lag = all.lag.iter().map(|(zone, spans)| {
        let (half, most) = (span(spans.quantile(500)), span(spans.max()));
        (format!("Writes reach {} after", zone_name(ring, *zone)), format!("{half}, at most {most}"))
    });
    let sent = all.bytes.iter().map(|(traffic, sent)| (format!("Crossed as {}", traffic.name()), bytes(*sent)));
    lag.chain(sent).collect()
}

/// What the run has come to, in a sentence or two: the score of a storm.
pub fn score(session: &Session) -> String {
    let (pulse, truth) = (session.pulse(), session.truth());
    let swept = pulse.swept;
    let reads = if pulse.reads.all.count() == 0 {
        "No read has ended.".to_owned()
    } else {
        let mut text = format!("So far one read in a hundred took longer than {}", span(pulse.reads.all.quantile(990)));
        if pulse.writes.all.count() > 0 {
            text += &format!(", one write in a hundred longer than {}", span(pulse.writes.all.quantile(990)));
        }
        text + "."
    };
    let behind = match truth.stale_copies() {
        0 => "All copies agree.".to_owned(),
        n => format!("{} behind.", counted(n, "copy is", "copies are")),
    };
    let metrics = session.metrics();
    let found = match metrics.reads.begun {
        0 => String::new(),
        n => format!(" Reads found {} of {} behind.", count(metrics.repairs.found), count(n)),
    };
    format!(
        "{reads} Sweeps moved {} with {}; {} ended badly. {behind}{found}",
        counted(swept.rows, "row", "rows"),
        bytes(swept.bytes),
        count(swept.failed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{gallery, script_from_file};

    #[test]
    fn a_storm_shows_in_reads_and_not_in_writes() {
        let (_, file) = gallery().iter().find(|(slug, _)| *slug == "repair-storm").expect("a shipped run");
        let mut session = Session::open(script_from_file(file).expect("within bounds")).expect("opens");
        session.seek_time(Micros::secs(14));
        let early = charts(&session, (320, 110));
        session.seek_time(session.end());
        let all = charts(&session, (320, 110));
        assert_eq!(all.iter().map(|chart| chart.id).collect::<Vec<_>>(), ["reads", "writes", "zones", "backlog", "behind"]);
        assert!(all[0].most.ends_with(" s") && all[1].most.ends_with(" ms"), "{} {}", all[0].most, all[1].most);
        assert!(all.iter().all(|chart| chart.marks.iter().any(|mark| matches!(mark, Mark::Line { pen: Pen::First, .. }))));
        assert!(early[0].cursor < all[0].cursor && all[0].cursor.is_some_and(|x| x <= 310));
        assert_eq!((all[3].now.as_str(), all[4].now.as_str()), ("0", "0"));
        assert_ne!(early[4].now, "none");
        let words = score(&session);
        assert!(words.contains("All copies agree.") && words.contains("one write in a hundred longer than 2"), "{words}");
    }

    #[test]
    fn zones_are_behind_by_what_the_log_says() {
        let (_, file) = gallery().iter().find(|(slug, _)| *slug == "repair-storm").expect("a shipped run");
        let mut session = Session::open(script_from_file(file).expect("within bounds")).expect("opens");
        assert!(between_zones(&session).is_empty(), "nothing has crossed before the first event");
        session.seek_time(session.end());
        let all = between_zones(&session);
        assert!(
            all.iter().any(|(what, _)| what.starts_with("Writes reach ")) && all.iter().any(|(what, _)| what == "Crossed as tree"),
            "{all:?}"
        );
    }

    #[test]
    fn a_run_without_clients_says_so() {
        let (_, file) = gallery()[0];
        let session = Session::open(script_from_file(file).expect("within bounds")).expect("opens");
        assert_eq!(charts(&session, (320, 110))[0].now, "none");
        assert!(score(&session).starts_with("No read has ended."));
    }
}
