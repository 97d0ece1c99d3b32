//! The node inspector: what one node holds and believes, and what a person can do to it.

use super::ChipView;
use super::kept::{self, GuestView, LineView};
use crate::engine::base::{EventId, Micros, NodeId, OpId};
use crate::engine::node::arrivals::Arrivals;
use crate::engine::node::coordinate::Pending;
use crate::engine::node::{Detector, Node};
use crate::engine::observe::Truth;
use crate::engine::world::{Command, Host, Status};
use crate::lab::Session;
use crate::view::format::{count, counted, moment, offset, span};
use crate::view::glyph::Icon;
use crate::view::narrate::{Facts, liveness};
use crate::view::placement_text;

/// Rows listed at most.
const ROWS: usize = 12;

/// One row a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowView {
    /// The key's name.
    pub key: String,
    /// Its versions.
    pub chips: Vec<ChipView>,
    /// The node's place in the key's preference list, from 1; 0 if it is none of its replicas.
    pub place: u32,
    /// Whether another replica holds something that this one lacks: true, but unknown to the node.
    pub behind: bool,
}

/// Something a person can do to the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// A short name for tests.
    pub id: &'static str,
    /// What the button says.
    pub label: String,
    /// Its icon.
    pub icon: Icon,
    /// What it does.
    pub command: Command,
    /// Why it cannot be done now; `None` if it can.
    pub why_not: Option<String>,
}

/// How much a node suspects one of its peers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspicion {
    /// The peer.
    pub peer: NodeId,
    /// The level, with one place: `8.2`.
    pub level: String,
    /// The level as a share of the threshold in per cent, at most 100.
    pub share: u32,
    /// How that stands: `silent 3.1 s, given up after 18 s`.
    pub text: String,
    /// What it rests on: `heartbeats come every 1.0 s, the mean of 42 intervals`.
    pub detail: String,
}

/// One node at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeView {
    /// Which.
    pub node: NodeId,
    /// `runs`, `is paused`, `is down`, with since when.
    pub status: String,
    /// Whether it runs, stands still or is down.
    pub running: Status,
    /// Facts in pairs: name and value.
    pub facts: Vec<(&'static str, String)>,
    /// Rows it holds, in ring order; at most a dozen.
    pub rows: Vec<RowView>,
    /// How many rows it holds in all.
    pub total: u64,
    /// Hints it keeps, by the replica they are for.
    pub hints: Vec<LineView>,
    /// Copies it holds for others, by owner.
    pub guests: Vec<GuestView>,
    /// Whom it believes down, since when, and the event to go to.
    pub down: Vec<(NodeId, String, Option<EventId>)>,
    /// How it suspects each peer, in node order; empty unless the accrual detector is in use.
    pub suspicions: Vec<Suspicion>,
    /// Operations it coordinates, each with what it waits for.
    pub works: Vec<(OpId, String)>,
    /// What can be done to it.
    pub acts: Vec<Act>,
}

impl NodeView {
    /// The view of a node at the cursor; `None` if there is no such node.
    pub fn of(session: &Session, node: NodeId) -> Option<NodeView> {
        let facts = Facts::of(session);
        let host = session.world().host(node)?;
        let machine: &Node = &host.node;
        Some(NodeView {
            node,
            status: status(&facts, node, host.status),
            running: host.status,
            facts: pairs(session, host, machine),
            rows: rows(&facts, machine),
            total: machine.store.rows().len(),
            hints: kept::lines(session, &facts, machine),
            guests: kept::guests(&facts, machine),
            down: down(&facts, machine, host.status),
            suspicions: suspicions(session, machine, host.status),
            works: works(&facts, machine),
            acts: acts(session, node, host.status),
        })
    }

    /// How many rows are not listed.
    pub fn hidden(&self) -> u64 {
        self.total - self.rows.len() as u64
    }
}

fn status(facts: &Facts<'_>, node: NodeId, status: Status) -> String {
    let here = EventId(facts.session.cursor());
    let turn = facts.last_fault(node, here, |f| {
        use crate::engine::world::Fault::{Crashed, Paused, Restarted, Resumed, Wiped};
        matches!(f, Crashed { .. } | Wiped { .. } | Restarted | Paused | Resumed { .. })
    });
    let since = turn.map_or_else(|| " from the start".to_owned(), |(_, e)| format!(" since {}", moment(e.at)));
    let word = match status {
        Status::Up => "runs",
        Status::Paused => "is paused",
        Status::Down => "is down",
    };
    format!("{word}{since}")
}

fn pairs(session: &Session, host: &Host, machine: &Node) -> Vec<(&'static str, String)> {
    let slow = session.world().network().slow(machine.id);
    let mut pairs = vec![("started", counted(u64::from(machine.generation), "time", "times")), ("clock", offset(machine.clock.offset))];
    pairs.extend(placement_text::facts(&session.script().config.topology, session.world().ring(), machine.id));
    if slow > Micros::ZERO {
        pairs.push(("slow by", span(slow)));
    }
    let unsynced = machine.store.unsynced() as u64;
    pairs.push(("not on disk", if unsynced == 0 { "nothing".to_owned() } else { counted(unsynced, "change", "changes") }));
    if host.status == Status::Paused {
        pairs.push(("waiting", counted(host.held() as u64, "message", "messages")));
    }
    pairs
}

fn rows(facts: &Facts<'_>, machine: &Node) -> Vec<RowView> {
    let world = facts.session.world();
    let row = |(key, row): &(crate::engine::data::Key, std::sync::Arc<crate::engine::data::Row>)| {
        let copies = Truth::copies(world, key);
        let own = copies.iter().position(|c| c.node == machine.id);
        RowView {
            key: key.to_string(),
            chips: ChipView::row(&facts.names, key, row),
            place: own.map_or(0, |i| i as u32 + 1),
            behind: own.is_some_and(|i| copies[i].behind),
        }
    };
    machine.store.rows().iter().take(ROWS).map(row).collect()
}

fn down(facts: &Facts<'_>, machine: &Node, status: Status) -> Vec<(NodeId, String, Option<EventId>)> {
    if status == Status::Down {
        return Vec::new();
    }
    let here = EventId(facts.session.cursor());
    let since = |peer| match facts.suspected_since(machine.id, peer, here) {
        Some((id, e)) => (peer, format!("since {}", moment(e.at)), Some(id)),
        None => (peer, String::new(), None),
    };
    machine.heartbeats.suspected().map(since).collect()
}

fn suspicions(session: &Session, machine: &Node, status: Status) -> Vec<Suspicion> {
    let (Detector::Accrual(settings), false) = (session.world().settings().detector, status == Status::Down) else { return Vec::new() };
    let now = session.world().now();
    let one = |(peer, arrivals): (NodeId, &Arrivals)| {
        let phi = arrivals.phi(now);
        let verdict = match machine.heartbeats.down_since(peer) {
            Some(since) => format!("believed down since {}", moment(since)),
            None => format!("given up after {}", span(arrivals.patience(settings.threshold))),
        };
        Suspicion {
            peer,
            level: liveness::level(phi),
            share: (phi.0.saturating_mul(100) / settings.threshold.0.max(1)).min(100) as u32,
            text: format!("silent {}, {verdict}", span(now.since(arrivals.last()))),
            detail: format!(
                "heartbeats come every {}, the mean of {}",
                span(arrivals.mean()),
                counted(u64::from(arrivals.len()), "interval", "intervals")
            ),
        }
    };
    machine.heartbeats.windows().map(one).collect()
}

fn works(facts: &Facts<'_>, machine: &Node) -> Vec<(OpId, String)> {
    let begun = facts.names.history.operations().iter().take_while(|o| o.began.0 < facts.session.cursor());
    let own = begun.filter(|o| o.via == machine.id || o.attempts.iter().any(|a| a.via == machine.id));
    own.filter_map(|o| {
        let told = |answered: bool| if answered { ", client told" } else { "" };
        let text = match o.ids().find_map(|id| machine.coordinator.pending(id))? {
            Pending::Write(w) => format!("{} of {} confirmed{}", w.acks.len(), w.targets.len(), told(w.answered)),
            Pending::Forwarded(f) => format!("passed on to {}", f.to),
            Pending::Read(r) => format!("{} of {} answers{}", count(r.answers.len() as u64), r.required, told(r.answered)),
        };
        Some((o.id, text))
    })
    .collect()
}

fn acts(session: &Session, node: NodeId, status: Status) -> Vec<Act> {
    let act = |id, label: &str, icon, command, why_not: Option<&str>| Act {
        id,
        label: label.to_owned(),
        icon,
        command,
        why_not: why_not.map(|why| format!("{node} {why}")),
    };
    let (up, paused, dead) = (status == Status::Up, status == Status::Paused, status == Status::Down);
    let when = |no: bool, why: &'static str| no.then_some(why);
    let slow = session.world().network().slow(node);
    // Slow and skewed enough to be seen at the run's own pace.
    let by = Micros(session.median_travel().0.saturating_mul(10).clamp(1, crate::engine::world::LIMITS.span.0));
    let skewed = session.world().host(node).is_some_and(|h| h.node.clock.offset != 0);
    let ahead = 10_000_000;
    vec![
        if dead {
            act("restart", "Start again", Icon::Restart, Command::Restart { node }, None)
        } else {
            act("crash", "Crash", Icon::Crash, Command::Crash { node }, None)
        },
        if paused {
            act("resume", "Go on", Icon::Play, Command::Resume { node }, None)
        } else {
            act("pause", "Pause", Icon::Hand, Command::Pause { node }, when(!up, "is down already"))
        },
        act("wipe", "Wipe its disk", Icon::Wipe, Command::Wipe { node }, None),
        act("backup", "Back up its disk", Icon::Download, Command::Backup { node }, None),
        act(
            "restore",
            &session
                .world()
                .backup(node)
                .map_or_else(|| "Restore its disk".to_owned(), |b| format!("Restore its disk of {}", moment(b.taken))),
            Icon::Upload,
            Command::Restore { node },
            when(session.world().backup(node).is_none(), "has no backup"),
        ),
        if slow > Micros::ZERO {
            act("slow", "As quick as before", Icon::Slow, Command::Slow { node, by: Micros::ZERO }, None)
        } else {
            act("slow", &format!("Slow by {}", span(by)), Icon::Slow, Command::Slow { node, by }, None)
        },
        if skewed {
            act("clock", "Set its clock right", Icon::Clock, Command::Clock { node, offset_us: 0 }, None)
        } else {
            act("clock", "Clock 10 s ahead", Icon::Clock, Command::Clock { node, offset_us: ahead }, None)
        },
    ]
}
