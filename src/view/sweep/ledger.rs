//! What a sweep costs: so far, at its end, beside sending everything, and the least that any method needs.

use super::pair::Holdings;
use crate::engine::observe::{SweepCost, least_bits};
use crate::view::format::count;

/// A line of the bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is counted.
    pub label: &'static str,
    /// Up to the cursor.
    pub so_far: String,
    /// When the sweep has ended, as far as the run is known.
    pub at_end: String,
    /// If everything were sent.
    pub send_all: String,
    /// What no method can do without.
    pub least: String,
}

/// What a line says where there is nothing to count.
const NOTHING: &str = "–";

/// The bill. `end` is the bill at the end of what is known of the run, `at_start` what the two held when the sweep began.
pub fn lines(so_far: &SweepCost, end: Option<&SweepCost>, at_start: &Holdings) -> Vec<Line> {
    let end = end.filter(|cost| cost.ended.is_some());
    let differ = at_start.differ.rows();
    let line = |label, of: fn(&SweepCost) -> u64, send_all: Option<u64>, least: Option<u64>| Line {
        label,
        so_far: count(of(so_far)),
        at_end: end.map_or_else(|| "…".to_owned(), |cost| count(of(cost))),
        send_all: send_all.map_or_else(|| NOTHING.to_owned(), count),
        least: least.map_or_else(|| NOTHING.to_owned(), count),
    };
    // Which rows are lacking must be said, and the rows themselves.
    let least_bytes = at_start.differ.bytes + least_bits(differ).div_ceil(8);
    vec![
        line("hashes compared", |c| c.hashes_compared() + c.keys_compared, Some(0), None),
        line("bytes", SweepCost::bytes, Some(at_start.bytes).filter(|bytes| *bytes > 0), Some(least_bytes)),
        line("round trips", |c| c.round_trips, Some(1), Some(u64::from(differ > 0))),
        line("rows sent", |c| c.rows, Some(at_start.rows), Some(differ)),
        line("of these no news", |c| c.over_streamed, None, Some(0)),
        line("rows read", |c| c.scanned, None, None),
    ]
}

/// What finding cost and what moving costs, as one sentence with its weight in front: what was said, and the rest.
pub fn sentence(so_far: &SweepCost, end: Option<&SweepCost>) -> (String, String) {
    let known = end.filter(|cost| cost.ended.is_some());
    let finding = so_far.metadata_bytes;
    if so_far.rows == 0 && so_far.ended.is_none() {
        return (format!("Finding the difference has taken {} bytes so far.", count(finding)), String::new());
    }
    if so_far.rows == 0 {
        return (format!("Finding out took {} bytes; nothing had to move.", count(finding)), String::new());
    }
    let moving = known.unwrap_or(so_far).row_bytes;
    let verb = if so_far.ended.is_some() { "took" } else { "takes" };
    let head = format!("Finding the difference took {} bytes; moving it {verb} {}.", count(finding), count(moving));
    let extra = known.unwrap_or(so_far);
    let rest = match extra.over_streamed {
        0 => "Every row that moves is news to the one who gets it.".to_owned(),
        n => format!("{} of {} rows that move are no news to the one who gets them.", count(n), count(extra.rows)),
    };
    (head, rest)
}
