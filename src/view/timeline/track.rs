//! What the timeline needs to know of a run at any zoom: decisions, operations in lanes, faults as spans. Found once per recording.

use super::faults::{self, FaultSpan};
use crate::engine::base::{EventId, Micros, OpId};
use crate::engine::data::{Key, Row};
use crate::engine::node::Outcome;
use crate::engine::observe::{History, Operation};
use crate::lab::{BranchId, Session};
use crate::view::glyph::Kind;
use crate::view::narrate::{verb_letter, verb_name};
use crate::view::outage::{Outage, outages};
use crate::view::scene::kind;

/// Tells recordings apart: equal stamps mean the same known events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    branch: BranchId,
    branches: usize,
    commands: usize,
    seed: u64,
    end: Micros,
    events: usize,
    last: Micros,
}

impl Stamp {
    /// The stamp of what is known of the current branch.
    pub fn of(session: &Session) -> Stamp {
        Stamp {
            branch: session.current(),
            branches: session.branches().len(),
            commands: session.script().commands.len(),
            seed: session.script().seed,
            end: session.end(),
            events: session.log().len(),
            last: session.log().last().map_or(Micros::ZERO, |e| e.at),
        }
    }
}

/// One operation on the timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct OpSpan {
    /// Which.
    pub op: OpId,
    /// What it counts as: a write or a read.
    pub kind: Kind,
    /// Its short name: `W1`, `R2`, `D3`.
    pub name: String,
    /// What it does, said before it is over.
    pub doing: String,
    /// What came of it, said afterwards.
    pub done: String,
    /// The same where there is little room.
    pub brief: String,
    /// Whether its client was refused or gave up.
    pub failed: bool,
    /// Its first event.
    pub began: EventId,
    /// When it began.
    pub from: Micros,
    /// Its last event and when that was; none if it is still open where the recording ends.
    pub ended: Option<(EventId, Micros)>,
    /// The row of boxes it stands in, so that operations at the same time do not overlap.
    pub lane: usize,
}

/// Most rows of operation boxes; what does not fit shares the last one.
pub const OP_LANES: usize = 3;
/// Most rows of fault spans.
pub const FAULT_LANES: usize = 3;

/// A stretch of one branch that is not shown, for its ghost.
#[derive(Debug, Clone, PartialEq)]
pub struct Ghost {
    /// Which branch.
    pub branch: BranchId,
    /// Its name.
    pub name: String,
    /// When it parts from the one that is shown.
    pub fork: Micros,
    /// When it ends.
    pub end: Micros,
    /// When something is done in it, after the fork.
    pub acts: Vec<Micros>,
}

/// The facts of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Which recording.
    pub stamp: Stamp,
    /// The run's end.
    pub end: Micros,
    /// Decisions, in order.
    pub decisions: Vec<EventId>,
    /// When something other than background happened, in order.
    pub moments: Vec<Micros>,
    /// Operations, in the order in which they began.
    pub operations: Vec<OpSpan>,
    /// Rows of operation boxes needed, at least 1.
    pub op_lanes: usize,
    /// Faults, in the order in which they began.
    pub faults: Vec<FaultSpan>,
    /// Rows of fault spans needed.
    pub fault_lanes: usize,
    /// Outages with their beats.
    pub outages: Vec<Outage>,
    /// Most stale copies at any time.
    pub worst: u64,
    /// Other branches.
    pub ghosts: Vec<Ghost>,
}

impl Track {
    /// Looks through everything known of the current branch.
    pub fn of(session: &Session) -> Track {
        let log = session.log();
        let (mut decisions, mut moments) = (Vec::new(), Vec::new());
        for (i, event) in log.iter().enumerate() {
            if event.is_decision() {
                decisions.push(EventId(i as u32));
            }
            if !event.is_quiet() {
                moments.push(event.at);
            }
        }
        moments.dedup();
        let (operations, op_lanes) = operations(session.history());
        let (faults, fault_lanes) = faults::spans(log, session.script());
        let worst = session.divergence().iter().map(|d| d.2).max().unwrap_or(0);
        Track {
            stamp: Stamp::of(session),
            end: session.end(),
            decisions,
            moments,
            operations,
            op_lanes,
            faults,
            fault_lanes,
            outages: outages(session),
            worst,
            ghosts: ghosts(session),
        }
    }

    /// How many decisions have been made once `events` events have happened.
    pub fn decisions_before(&self, events: u32) -> usize {
        self.decisions.partition_point(|d| d.0 < events)
    }
}

/// Where each of these stretches goes so that no two in one lane overlap; what finds no room shares the last of `most` lanes.
/// Returns how many lanes are used.
pub(super) fn pack(spans: impl Iterator<Item = (Micros, Micros)>, most: usize) -> (Vec<usize>, usize) {
    let mut free: Vec<Micros> = Vec::new();
    let lanes: Vec<usize> = spans
        .map(|(from, to)| {
            let lane = match free.iter().position(|at| *at <= from) {
                Some(lane) => lane,
                None if free.len() < most => {
                    free.push(Micros::ZERO);
                    free.len() - 1
                }
                None => most - 1,
            };
            free[lane] = free[lane].max(to);
            lane
        })
        .collect();
    (lanes, free.len())
}

fn operations(history: &History) -> (Vec<OpSpan>, usize) {
    let all = history.operations();
    let (lanes, used) = pack(all.iter().map(|o| (o.began_at, o.ended.as_ref().map_or(Micros::MAX, |e| e.1))), OP_LANES);
    let spans = all.iter().zip(lanes).map(|(operation, lane)| span_of(history, operation, lane)).collect();
    (spans, used.max(1))
}

fn span_of(history: &History, operation: &Operation, lane: usize) -> OpSpan {
    let key = &operation.request.key;
    let verb = &operation.request.verb;
    let (traffic, doing) = (kind(verb.traffic()), verb_name(verb));
    let made = operation.version.as_ref().map(|v| format!("v{}", history.ordinal(key, v)));
    let outcome = operation.ended.as_ref().map(|e| &e.2);
    let brief = match outcome {
        None => "…".to_owned(),
        Some(Outcome::Written { .. }) => made.unwrap_or_default(),
        Some(Outcome::Found(row)) => found(history, key, row.as_deref()),
        Some(Outcome::Unavailable { .. }) => "refused".to_owned(),
        Some(Outcome::TimedOut { .. }) => "timed out".to_owned(),
        Some(Outcome::NoAnswer) => "no answer".to_owned(),
        Some(Outcome::Overloaded { .. }) => "refused".to_owned(),
        Some(Outcome::Behind { .. }) => "behind".to_owned(),
    };
    OpSpan {
        op: operation.id,
        kind: traffic,
        name: format!("{}{}", verb_letter(verb), operation.id.number),
        doing: doing.to_owned(),
        done: format!("{doing} {brief}"),
        brief,
        failed: matches!(
            outcome,
            Some(
                Outcome::Unavailable { .. }
                    | Outcome::TimedOut { .. }
                    | Outcome::NoAnswer
                    | Outcome::Overloaded { .. }
                    | Outcome::Behind { .. }
            )
        ),
        began: operation.began,
        from: operation.began_at,
        ended: operation.ended.as_ref().map(|e| (e.0, e.1)),
        lane,
    }
}

/// The versions of a row that was found, or that there was none.
fn found(history: &History, key: &Key, row: Option<&Row>) -> String {
    let Some(row) = row else { return "nothing".to_owned() };
    let names: Vec<String> =
        row.versions().iter().map(|v| history.ordinal(key, v)).map(|n| if n == 0 { "older".to_owned() } else { format!("v{n}") }).collect();
    if row.is_deleted() { format!("deleted ({})", names.join(" ")) } else { names.join(" ") }
}

/// Other branches that part from the one shown (or that it parts from), with what is done in them.
fn ghosts(session: &Session) -> Vec<Ghost> {
    let here = session.script();
    session
        .branches()
        .iter()
        .filter(|b| b.id != session.current())
        .map(|b| {
            let same = b.script.commands.iter().zip(&here.commands).take_while(|(a, b)| a == b).count();
            let acts: Vec<Micros> = b.script.commands[same..].iter().map(|c| c.at).collect();
            // Two runs part where their commands do; with other settings they part at the start.
            let other_world = b.script.config != here.config || b.script.seed != here.seed;
            let theirs = acts.first().copied().unwrap_or(b.script.end);
            let ours = here.commands.get(same).map_or(here.end, |c| c.at);
            let fork = if other_world { Micros::ZERO } else { theirs.min(ours) };
            Ghost { branch: b.id, name: b.name.clone(), fork, end: b.script.end, acts }
        })
        .collect()
}

/// Whether an event has happened once `events` events have.
pub fn is_past(id: EventId, events: u32) -> bool {
    id.0 < events
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes_never_overlap_while_there_is_room() {
        let spans = [(0, 10), (2, 6), (4, 9), (6, 8), (10, 12), (11, 20)].map(|(a, b)| (Micros(a), Micros(b)));
        let (lanes, used) = pack(spans.into_iter(), 4);
        assert_eq!(lanes, [0, 1, 2, 1, 0, 1]);
        assert_eq!(used, 3);
        let (crowded, used) = pack(std::iter::repeat_n((Micros(0), Micros(5)), 9), 3);
        assert!(used == 3 && crowded.iter().all(|l| *l < 3));
        assert_eq!(pack(std::iter::empty(), 3), (vec![], 0));
    }
}
