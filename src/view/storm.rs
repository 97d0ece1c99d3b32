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

/// The plots of what is known of the run, each of this size; none of what there is nothing of.
pub fn charts(session: &Session, size: (u32, u32)) -> Vec<Chart> {
    let samples = session.samples();
    let (now, end) = (session.world().now(), session.end());
    let here = samples.partition_point(|sample| sample.at <= now);
    let one_zone = session.world().ring().zones().len() < 2;
    let all = CHARTS.iter().filter_map(|(id, title, reading, said)| {
        let value = |i: usize| reading(&samples[i], i.checked_sub(1).map(|before| &samples[before]));
        let points: Vec<(u64, u64)> = (0..samples.len()).filter_map(|i| Some((samples[i].at.0, value(i)?))).collect();
        let most = points.iter().map(|(_, v)| *v).max()?;
        if one_zone && *id == "zones" {
            return None;
        }
        let at = here.checked_sub(1).and_then(value);
        let mut chart =
            Chart { id, title, now: at.map_or("none".to_owned(), said), most: said(most), size, marks: Vec::new(), cursor: None };
        lay_out(&mut chart, &points, most, (now, end), *said);
        Some(chart)
    });
    all.collect()
}

/// What stands at an axis.
fn at_axis(value: f64, said: impl Fn(u64) -> String) -> String {
    if value < 0.5 { "0".to_owned() } else { said(value as u64) }
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
        .x_label_formatter(&|x| at_axis(*x, |v| span(Micros(v))))
        .y_label_formatter(&|y| at_axis(*y, said))
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

/// One figure of a storm's score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// A stable name.
    pub id: &'static str,
    /// What it is.
    pub what: &'static str,
    /// How much.
    pub value: String,
    /// What to hold it against.
    pub more: String,
}

/// What the run has come to at the cursor: the score of a storm. Waits, backlog and agreement are read off the points of the plots.
pub fn score(session: &Session) -> Vec<Figure> {
    let now = session.world().now();
    let samples = session.samples();
    let past = &samples[..samples.partition_point(|sample| sample.at <= now)];
    let pulse = session.pulse();
    let swept = pulse.swept;
    let peak = past.iter().map(|s| s.backlog).max().unwrap_or(0);
    let mut all = vec![
        waits("reads", "Slowest of 100 reads", past, |s| s.read_p99),
        waits("writes", "Slowest of 100 writes", past, |s| s.write_p99),
        agreement(past),
        Figure {
            id: "backlog",
            what: "Sweeps at the same time",
            value: count(peak),
            more: format!("now {}; {} ended badly", count(past.last().map_or(0, |s| s.backlog)), count(swept.failed)),
        },
        Figure { id: "moved", what: "Rows moved", value: count(swept.rows), more: format!("with {}", bytes(swept.bytes)) },
    ];
    if session.world().ring().zones().len() > 1 {
        let more = format!("of it sweeps {}", bytes(pulse.swept_across));
        all.push(Figure { id: "zones", what: "Between zones", value: bytes(pulse.across_zones), more });
    }
    all
}

/// The longest wait so far, beside the longest before any sweep.
fn waits(id: &'static str, what: &'static str, past: &[Sample], of: fn(&Sample) -> Option<Micros>) -> Figure {
    let most = |some: &[Sample]| some.iter().filter_map(of).max();
    let calm = past.iter().position(|s| s.backlog > 0 || s.swept > 0).unwrap_or(past.len());
    let more = match most(&past[..calm]) {
        Some(before) => format!("before any sweep {}", span(before)),
        None => "none before any sweep".to_owned(),
    };
    Figure { id, what, value: most(past).map_or("none".to_owned(), span), more }
}

/// How long it took from when most copies were behind until none was.
fn agreement(past: &[Sample]) -> Figure {
    let worst = past.iter().rev().max_by_key(|s| s.stale).filter(|s| s.stale > 0);
    let (value, more) = match worst {
        None => ("always".to_owned(), String::new()),
        Some(worst) => {
            let agreed = past.iter().find(|s| s.at > worst.at && s.stale == 0);
            let behind = format!("{} behind at {}", counted(worst.stale, "copy", "copies"), span(worst.at));
            (agreed.map_or("not yet".to_owned(), |s| format!("after {}", span(s.at.since(worst.at)))), behind)
        }
    };
    Figure { id: "agreed", what: "All copies agree", value, more }
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
    }

    #[test]
    fn the_score_holds_the_storm_against_what_was_before() {
        let (_, file) = gallery().iter().find(|(slug, _)| *slug == "repair-storm").expect("a shipped run");
        let mut session = Session::open(script_from_file(file).expect("within bounds")).expect("opens");
        session.seek_time(Micros::secs(11));
        let of = |all: &[Figure], id: &str| all.iter().find(|f| f.id == id).cloned().expect("it is there");
        assert_eq!(of(&score(&session), "agreed").value, "not yet", "the zones are apart");
        session.seek_time(session.end());
        let all = score(&session);
        let (reads, writes, agreed) = (of(&all, "reads"), of(&all, "writes"), of(&all, "agreed"));
        assert!(reads.value.ends_with(" s") && reads.more.ends_with(" ms"), "reads wait for sweeps: {reads:?}");
        assert!(writes.value.ends_with(" ms"), "writes do not: {writes:?}");
        assert!(agreed.value.starts_with("after ") && agreed.value.ends_with(" s") && agreed.more.contains("behind at"), "{agreed:?}");
        assert_ne!(of(&all, "backlog").value, "0");
        let pulse = session.pulse();
        assert!(pulse.swept_across < pulse.across_zones);
        assert_eq!(of(&all, "zones").more, format!("of it sweeps {}", bytes(pulse.swept_across)));
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
    fn what_there_is_nothing_of_is_left_out() {
        let (_, file) = gallery()[0];
        let mut session = Session::open(script_from_file(file).expect("within bounds")).expect("opens");
        let all = score(&session);
        assert_eq!((all[0].value.as_str(), all[0].more.as_str()), ("none", "none before any sweep"));
        assert!(all.iter().all(|figure| figure.id != "zones"), "one zone");
        session.seek_time(session.end());
        let ids: Vec<&str> = charts(&session, (320, 110)).iter().map(|chart| chart.id).collect();
        assert!(ids.contains(&"behind") && !ids.contains(&"zones"), "one zone: {ids:?}");
    }
}
