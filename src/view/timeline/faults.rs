//! Faults as stretches of time: a cut until it is mended, a node until it is back.

use super::track::{FAULT_LANES, pack};
use crate::engine::base::{CutId, Endpoint, EventId, Micros, NodeId};
use crate::engine::place::Redrawn;
use crate::engine::world::{Command, Event, EventKind, Fault};
use crate::lab::Script;
use crate::view::format::{counted, per_cent, span};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Messages stop at a cut.
    Cut(CutId),
    /// A node does not run.
    Down(NodeId),
    /// A node stands still.
    Paused(NodeId),
    /// A node's links are slow.
    Slow(NodeId),
    /// A node's clock is off.
    Clock(NodeId),
    /// A link has a rule of its own.
    Link(Endpoint, Endpoint),
    /// Nothing: clients go on asking by themselves.
    Workload(u32),
    /// Something was changed in one instant: a setting, the network, a disk.
    Change,
}

/// A fault and how long it lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSpan {
    /// What is wrong.
    pub wrong: Wrong,
    /// In words that fit a small box: `cut {D}`, `C down`.
    pub label: String,
    /// The event that began it.
    pub began: EventId,
    /// When it began.
    pub from: Micros,
    /// The event that ended it, and when; none if it lasts to the end. The same instant for a [`Wrong::Change`].
    pub ended: Option<(EventId, Micros)>,
    /// The row it stands in.
    pub lane: usize,
}

/// Faults of a log, in order, in lanes; and how many lanes they need.
pub(super) fn spans(log: &[Event], script: &Script) -> (Vec<FaultSpan>, usize) {
    let mut found = Finder { script, spans: Vec::new(), open: Vec::new(), cuts: cut_labels(script) };
    for (i, event) in log.iter().enumerate() {
        if let EventKind::Fault(fault) = &event.kind {
            found.take(EventId(i as u32), event.at, event.who.and_then(Endpoint::node), fault);
        }
    }
    let mut spans = found.spans;
    let ends = |s: &FaultSpan| (s.from, s.ended.map_or(Micros::MAX, |e| e.1));
    let (lanes, used) = pack(spans.iter().map(ends), FAULT_LANES);
    for (span, lane) in spans.iter_mut().zip(lanes) {
        span.lane = lane;
    }
    (spans, used)
}

/// What each cut of a script separates: cuts are numbered in the order of their commands.
fn cut_labels(script: &Script) -> Vec<String> {
    let list = |ends: &[Endpoint]| ends.iter().map(|e| name(*e, script)).collect::<Vec<_>>().join(" ");
    script
        .commands
        .iter()
        .filter_map(|timed| match &timed.command {
            Command::Cut { islands } => {
                Some(format!("cut {}", islands.iter().map(|i| format!("{{{}}}", list(i))).collect::<Vec<_>>().join(" ")))
            }
            Command::CutOneWay { from, to } => Some(format!("cut {{{}}} → {{{}}}", list(from), list(to))),
            Command::CutLink { a, b } => Some(format!("cut {}–{}", name(*a, script), name(*b, script))),
            _ => None,
        })
        .collect()
}

fn name(end: Endpoint, script: &Script) -> String {
    match end {
        Endpoint::Node(node) => node.to_string(),
        Endpoint::Client(client) => script.config.clients.get(client.0 as usize).cloned().unwrap_or_else(|| client.to_string()),
    }
}

struct Finder<'a> {
    script: &'a Script,
    spans: Vec<FaultSpan>,
    /// Indices of spans that have not ended.
    open: Vec<usize>,
    cuts: Vec<String>,
}

impl Finder<'_> {
    fn take(&mut self, id: EventId, at: Micros, node: Option<NodeId>, fault: &Fault) {
        match (fault, node) {
            (Fault::Cut(cut), _) => {
                let label = self.cuts.get(cut.0 as usize).cloned().unwrap_or_else(|| "cut".to_owned());
                self.begin(id, at, Wrong::Cut(*cut), label);
            }
            (Fault::Mended(cut), _) => self.end(id, at, Wrong::Cut(*cut)),
            (Fault::Crashed { .. }, Some(n)) => {
                self.end(id, at, Wrong::Paused(n));
                self.begin(id, at, Wrong::Down(n), format!("{n} down"));
            }
            (Fault::Restarted, Some(n)) => self.end(id, at, Wrong::Down(n)),
            (Fault::Paused, Some(n)) => self.begin(id, at, Wrong::Paused(n), format!("{n} paused")),
            (Fault::Resumed { .. }, Some(n)) => self.end(id, at, Wrong::Paused(n)),
            (Fault::Clock { offset_us }, Some(n)) => {
                self.end(id, at, Wrong::Clock(n));
                if *offset_us != 0 {
                    let sign = if *offset_us < 0 { '−' } else { '+' };
                    self.begin(id, at, Wrong::Clock(n), format!("{n} clock {sign}{}", span(Micros(offset_us.unsigned_abs()))));
                }
            }
            (Fault::Slow { by }, Some(n)) => {
                self.end(id, at, Wrong::Slow(n));
                if *by > Micros::ZERO {
                    self.begin(id, at, Wrong::Slow(n), format!("{n} slow +{}", span(*by)));
                }
            }
            (Fault::Link { from, to }, _) => self.link(id, at, *from, *to),
            (Fault::Wiped { .. }, Some(n)) => self.change(id, at, format!("{n} wiped")),
            (Fault::BackedUp { .. }, Some(n)) => self.change(id, at, format!("{n} backed up")),
            (Fault::Restored { .. }, Some(n)) => self.change(id, at, format!("{n} restored")),
            (Fault::WorkloadBegan { number }, _) => self.begin(id, at, Wrong::Workload(*number), format!("workload {}", number + 1)),
            (Fault::WorkloadEnded { number, .. }, _) => self.end(id, at, Wrong::Workload(*number)),
            (Fault::Preloaded { count }, _) => self.change(id, at, format!("{count} keys loaded")),
            (Fault::Network, _) => self.change(id, at, "network changed".to_owned()),
            (Fault::Set(_), _) => self.change(id, at, "setting changed".to_owned()),
            (Fault::HintsLost { count }, Some(n)) => {
                self.change(id, at, format!("{n} lost {}", counted(u64::from(*count), "hint", "hints")))
            }
            (Fault::Rotted(rotted), Some(n)) => self.change(id, at, format!("{n} rots: {}", rotted.key)),
            (Fault::SweepAsked { with }, Some(n)) if n == *with => self.change(id, at, format!("{n} repairs its ranges")),
            (Fault::SweepStopped { .. }, Some(n)) => self.change(id, at, format!("{n} stops sweeping")),
            (Fault::SweepAsked { with }, Some(n)) => self.change(id, at, format!("{n} compares with {with}")),
            (Fault::Redrawn(change), _) => {
                let label = match change.what {
                    Redrawn::Split { owner, .. } => format!("{owner}'s range split"),
                    Redrawn::Merged { owner, .. } => format!("{owner}'s ranges merged"),
                    Redrawn::Moved { from, to, .. } => format!("range moves {from}→{to}"),
                };
                self.change(id, at, label);
            }
            (Fault::CleanupAsked, Some(n)) => self.change(id, at, format!("{n} cleans up")),
            (_, None) => {}
        }
    }

    fn link(&mut self, id: EventId, at: Micros, from: Endpoint, to: Endpoint) {
        self.end(id, at, Wrong::Link(from, to));
        // The event says which link, the command with what rule: the last one given by then.
        let rules = self.script.commands.iter().take_while(|c| c.at <= at).filter_map(|c| match &c.command {
            Command::Link { from: f, to: t, rule } if (*f, *t) == (from, to) => Some(*rule),
            _ => None,
        });
        let Some(rule) = rules.last() else { return };
        let mut words = Vec::new();
        if rule.slower > Micros::ZERO {
            words.push(format!("slow +{}", span(rule.slower)));
        }
        if rule.loss_ppm > 0 {
            words.push(format!("loses {}", per_cent(rule.loss_ppm)));
        }
        if !words.is_empty() {
            let label = format!("{}→{} {}", name(from, self.script), name(to, self.script), words.join(", "));
            self.begin(id, at, Wrong::Link(from, to), label);
        }
    }

    fn begin(&mut self, id: EventId, at: Micros, wrong: Wrong, label: String) {
        self.open.push(self.spans.len());
        self.spans.push(FaultSpan { wrong, label, began: id, from: at, ended: None, lane: 0 });
    }

    fn change(&mut self, id: EventId, at: Micros, label: String) {
        self.spans.push(FaultSpan { wrong: Wrong::Change, label, began: id, from: at, ended: Some((id, at)), lane: 0 });
    }

    fn end(&mut self, id: EventId, at: Micros, wrong: Wrong) {
        if let Some(place) = self.open.iter().position(|i| self.spans[*i].wrong == wrong) {
            let span = self.open.remove(place);
            self.spans[span].ended = Some((id, at));
        }
    }
}
