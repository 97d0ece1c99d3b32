//! The queue of sweeps: what each node has under way, what waits for its turn, and what was done when.

use crate::engine::base::{Micros, NodeId, arrange};
use crate::engine::node::Order;
use crate::engine::node::sweeps::validation::RepairPhase;
use crate::engine::node::sweeps::{Pair, number_of};
use crate::engine::world::Command;
use crate::lab::Session;
use crate::view::format::{count, counted, span};

/// Lines shown of each node at most.
const LINES: usize = 10;

/// How a sweep of the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Under way: its number, and how far it is, in per cent.
    Running(u32, u32),
    /// It waits.
    Waiting,
    /// It was done.
    Done,
}

/// One sweep of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which range, and with whom: `range 3 with C`.
    pub what: String,
    /// How it stands.
    pub state: State,
    /// The same in words: `12 s ago`, `rests for 200 ms`.
    pub words: String,
}

/// A node's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeQueue {
    /// Whose.
    pub node: NodeId,
    /// `1 under way, 4 wait, 7 done`.
    pub brief: String,
    /// What is under way, what comes next, and what was done last.
    pub lines: Vec<Line>,
    /// How many more there are.
    pub more: usize,
    /// Whether something can be stopped.
    pub busy: bool,
    /// What comes first, and what found no room, in words; nothing if it only sweeps when told to.
    pub order: String,
}

/// The queues of all nodes that have anything to do or have done something.
pub fn queues(session: &Session) -> Vec<NodeQueue> {
    let world = session.world();
    world.hosts().iter().filter_map(|host| of(session, host.node.id)).collect()
}

fn of(session: &Session, id: NodeId) -> Option<NodeQueue> {
    let (world, now) = (session.world(), session.world().now());
    let node = &world.host(id)?.node;
    let queue = node.sweeps.queue();
    let range = |(range, with): Pair| format!("range {} with {with}", number_of(world.ring(), range));
    let running = node.sweeps.asking().iter().map(|(number, asking)| {
        let what = queue.running().get(number).map_or_else(
            || format!("{} with {}", counted(asking.ranges.len() as u64, "range", "ranges"), asking.with),
            |job| range(job.pair),
        );
        let (done, all) = node.sweep_progress(*number).unwrap_or((0, 1));
        Line { what, state: State::Running(*number, done * 100 / all.max(1)), words: format!("step {} of {all}", done + 1) }
    });
    let repairs = node.sweeps.repairs().coordinating();
    let repairing = repairs.iter().map(|(number, repair)| {
        let what = format!("{}, all replicas", counted(repair.plan.len() as u64, "range", "ranges"));
        let (done, words) = match repair.phase {
            RepairPhase::Preparing => (0, "calls its replicas"),
            RepairPhase::Freezing => (20, "waits for snapshots"),
            RepairPhase::Validating => (40, "waits for trees"),
            RepairPhase::Syncing => (60, "waits for rows"),
            RepairPhase::Proposing => (80, "waits for promises"),
        };
        Line { what, state: State::Running(*number, done), words: words.to_owned() }
    });
    let waiting = queue.waiting().iter().map(|job| {
        let words = if !node.believes_up(job.pair.1) {
            format!("waits for {}", job.pair.1)
        } else if job.not_before > now {
            let failed = counted(u64::from(job.failures), "failure", "failures");
            format!("rests for {} after {failed}", span(job.not_before.since(now)))
        } else if job.failures > 0 {
            format!("waits for try {}", job.failures + 1)
        } else {
            "waits".to_owned()
        };
        Line { what: range(job.pair), state: State::Waiting, words }
    });
    let mut done: Vec<(Micros, Pair, u32)> = queue.done().iter().map(|(pair, done)| (done.at, *pair, done.moved)).collect();
    arrange(&mut done, |a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let finished = done.iter().map(|(at, pair, moved)| {
        let rows = if *moved == 0 { "equal".to_owned() } else { counted(u64::from(*moved), "row", "rows") };
        Line { what: range(*pair), state: State::Done, words: format!("{rows}, {} ago", span(now.since(*at))) }
    });
    let (asks, waits, did) = (node.sweeps.asking().len() + repairs.len(), queue.waiting().len(), done.len());
    let total = asks + waits + did;
    if total == 0 {
        return None;
    }
    let parts = [(asks, "under way"), (waits, "wait"), (did, "done")];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", count(n as u64))).collect();
    let mut brief = parts.join(", ");
    if let Some(until) = queue.rests_until(now) {
        brief += &format!("; rests for {}", span(until.since(now)));
    }
    let lines: Vec<Line> = running.chain(repairing).chain(waiting).chain(finished).take(LINES).collect();
    let order = world.settings().sweeps.queue.map_or_else(String::new, |settings| {
        let put_off = match queue.put_off() {
            0 => String::new(),
            n => format!("; {} left to the next round", count(u64::from(n))),
        };
        format!("{}{put_off}", order_words(settings.order))
    });
    Some(NodeQueue { node: id, brief, more: total - lines.len(), lines, busy: asks + waits > 0, order })
}

/// Which range comes first.
const fn order_words(order: Order) -> &'static str {
    match order {
        Order::Oldest => "longest unswept first",
        Order::Drawn => "in a drawn order",
        Order::Hot => "the most used first",
        Order::Different => "what differed most first",
        Order::Unstable => "doubtful peers first",
    }
}

/// Stops one sweep of a node, or all of them and what waits.
pub fn stop(node: NodeId, number: Option<u32>) -> Command {
    Command::StopSweep { node, number }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{gallery, script_from_file};

    fn storm(at: Micros) -> Session {
        let (_, file) = gallery().iter().find(|(slug, _)| *slug == "storm-tamed").expect("a shipped run");
        let mut session = Session::open(script_from_file(file).expect("within bounds")).expect("opens");
        session.seek_time(at);
        session
    }

    #[test]
    fn a_queue_shows_what_is_under_way_what_waits_and_what_is_done() {
        assert!(queues(&storm(Micros::ms(1_500))).is_empty(), "no round has begun");
        let session = storm(Micros::secs(12));
        let all = queues(&session);
        let under_way = |queue: &NodeQueue| queue.lines.iter().any(|line| matches!(line.state, State::Running(..)));
        assert!(all.iter().any(under_way), "{all:?}");
        assert!(
            all.iter().flat_map(|queue| &queue.lines).any(|line| line.words.starts_with("waits for ")),
            "the other zone is away: {all:?}"
        );
        assert!(all.iter().flat_map(|queue| &queue.lines).any(|line| line.state == State::Done && line.words.ends_with(" ago")));
        assert!(all.iter().all(|queue| queue.lines.len() <= LINES));
    }

    #[test]
    fn stopping_empties_a_queue() {
        let mut session = storm(Micros::secs(12));
        let busy = queues(&session).into_iter().find(|queue| queue.busy).expect("some").node;
        session.act(stop(busy, None)).expect("it is a command");
        let after = queues(&session).into_iter().find(|queue| queue.node == busy);
        assert!(after.is_none_or(|queue| !queue.busy));
    }
}
