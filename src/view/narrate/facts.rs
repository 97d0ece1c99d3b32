//! Facts a sentence is made from: looked up in the log, never inferred from how a run usually goes.

use super::names::Names;
use crate::engine::base::{CutId, Endpoint, EventId, Micros, NodeId, OpId};
use crate::engine::data::Key;
use crate::engine::node::{Body, Message, Note, Outcome, Settings, Timer};
use crate::engine::world::{ClientAct, Command, Event, EventKind, Fault};
use crate::lab::Session;

/// A session's log, with the names and look-ups that sentences need.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The session looked at.
    pub session: &'a Session,
    /// Names of what events mention.
    pub names: Names<'a>,
}

/// Whether a node runs, as the log tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Running {
    /// It runs.
    Up,
    /// It is paused.
    Paused,
    /// It is down.
    Down,
}

impl<'a> Facts<'a> {
    /// Facts of a session.
    pub fn of(session: &'a Session) -> Facts<'a> {
        Facts { session, names: Names::of(session) }
    }

    /// The whole known log.
    pub fn log(&self) -> &'a [Event] {
        self.session.log()
    }

    /// One event.
    pub fn event(&self, id: EventId) -> Option<&'a Event> {
        self.log().get(id.0 as usize)
    }

    /// Events before `id`, latest first.
    pub fn before(&self, id: EventId) -> impl Iterator<Item = (EventId, &'a Event)> {
        let end = (id.0 as usize).min(self.log().len());
        self.log()[..end].iter().enumerate().rev().map(|(i, e)| (EventId(i as u32), e))
    }

    /// Settings in force at an instant: commands of one instant come before everything else of it.
    pub fn settings_at(&self, at: Micros) -> Settings {
        let script = self.session.script();
        let mut settings = script.config.settings.clone();
        for timed in script.commands.iter().take_while(|t| t.at <= at) {
            if let Command::Set { setting } = timed.command {
                settings.set(setting);
            }
        }
        settings
    }

    /// Settings in force just before an event.
    pub fn settings_before(&self, id: EventId) -> Settings {
        let mut settings = self.session.script().config.settings.clone();
        for event in self.log().iter().take(id.0 as usize) {
            if let EventKind::Fault(Fault::Set(setting)) = &event.kind {
                settings.set(**setting);
            }
        }
        settings
    }

    /// The replicas of a key at an instant, in preference order.
    pub fn replicas(&self, key: &Key, at: Micros) -> Vec<NodeId> {
        self.session.world().ring().replicas(key.token(), &self.settings_at(at).replicas)
    }

    /// The first event of the step that `id` belongs to: what came in and set everything else of it off.
    pub fn root(&self, id: EventId) -> EventId {
        let (mut root, at) = (id, self.event(id).map(|e| e.at));
        while let Some(cause) = self.event(root).and_then(|e| e.cause)
            && self.event(cause).map(|e| e.at) == at
        {
            root = cause;
        }
        root
    }

    /// Events that `id` made happen in the same step, in order.
    pub fn at_once(&self, id: EventId) -> impl Iterator<Item = (EventId, &'a Event)> {
        let at = self.event(id).map(|e| e.at);
        let rest = self.log().get(id.0 as usize + 1..).unwrap_or_default();
        let step = rest.iter().enumerate().take_while(move |(_, e)| Some(e.at) == at && e.cause.is_some_and(|c| c >= id));
        step.map(move |(i, e)| (EventId(id.0 + 1 + i as u32), e))
    }

    /// What happened for an operation up to and with `until`.
    pub fn trace(&self, op: OpId, until: EventId) -> Trace<'a> {
        let op = op.first();
        let began = self.names.history.operation(op).map_or(0, |o| o.began.0 as usize);
        let end = (until.0 as usize + 1).min(self.log().len());
        let span = self.log().get(began..end).unwrap_or_default();
        let events = span.iter().enumerate().filter(|(_, e)| e.op == Some(op));
        let via = self.names.history.operation(op).map(|o| o.via_at(until));
        Trace { via, events: events.map(|(i, e)| (EventId((began + i) as u32), e)).collect() }
    }

    /// The latest of a node's faults before `id` that `wanted` accepts.
    pub fn last_fault(&self, node: NodeId, id: EventId, wanted: impl Fn(&Fault) -> bool) -> Option<(EventId, &'a Event)> {
        self.before(id).find(|(_, e)| e.who == Some(node.into()) && matches!(&e.kind, EventKind::Fault(f) if wanted(f)))
    }

    /// Whether a node ran just before `id`.
    pub fn running(&self, node: NodeId, id: EventId) -> Running {
        let turn =
            |f: &Fault| matches!(f, Fault::Crashed { .. } | Fault::Wiped { .. } | Fault::Restarted | Fault::Paused | Fault::Resumed { .. });
        match self.last_fault(node, id, turn).map(|(_, e)| &e.kind) {
            Some(EventKind::Fault(Fault::Crashed { .. } | Fault::Wiped { .. })) => Running::Down,
            Some(EventKind::Fault(Fault::Paused)) => Running::Paused,
            _ => Running::Up,
        }
    }

    /// An event as a clause: as [`super::short`] says it, and a cut by whom it cuts off.
    pub fn clause(&self, event: &Event) -> String {
        match &event.kind {
            EventKind::Fault(Fault::Cut(cut)) => super::fault::cut_clause(self, *cut),
            _ => super::short(event, &self.names),
        }
    }

    /// The event with which a cut was made.
    pub fn cut_event(&self, id: EventId, cut: CutId) -> Option<(EventId, &'a Event)> {
        self.before(id).find(|(_, e)| e.kind == EventKind::Fault(Fault::Cut(cut)))
    }

    /// The command that made a cut: cuts of a run are numbered in the order of their commands.
    pub fn cut_command(&self, cut: CutId) -> Option<&'a Command> {
        let makes = |c: &Command| matches!(c, Command::Cut { .. } | Command::CutOneWay { .. } | Command::CutLink { .. });
        self.session.script().commands.iter().map(|t| &t.command).filter(|c| makes(c)).nth(cut.0 as usize)
    }

    /// When `peer` came to be believed down by `node`, if it was just before `id`.
    pub fn suspected_since(&self, node: NodeId, peer: NodeId, id: EventId) -> Option<(EventId, &'a Event)> {
        let own = |e: &Event| e.who == Some(node.into());
        let turn = self.before(id).find(|(_, e)| {
            own(e)
                && match &e.kind {
                    EventKind::Note(Note::Suspected(p) | Note::Trusted(p)) => *p == peer,
                    EventKind::Note(Note::Convicted { peer: p, .. } | Note::Revived { peer: p, .. }) => *p == peer,
                    EventKind::Fault(Fault::Restarted) => true,
                    _ => false,
                }
        });
        turn.filter(|(_, e)| matches!(e.kind, EventKind::Note(Note::Suspected(_) | Note::Convicted { .. })))
    }

    /// Whether a node lost its memory after `from` and before `until`.
    pub fn forgot(&self, node: NodeId, from: EventId, until: EventId) -> Option<(EventId, &'a Event)> {
        self.last_fault(node, until, |f| matches!(f, Fault::Crashed { .. } | Fault::Wiped { .. })).filter(|(id, _)| *id > from)
    }
}

/// What happened for one operation, in order.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    /// Its coordinator.
    pub via: Option<NodeId>,
    /// The events.
    pub events: Vec<(EventId, &'a Event)>,
}

/// What a coordinator chose.
#[derive(Debug, Clone, Copy)]
pub struct Choice<'a> {
    /// The event.
    pub id: EventId,
    /// Answers needed.
    pub required: u32,
    /// Whom it asks.
    pub asked: &'a [NodeId],
    /// Whom it leaves out as down.
    pub down: &'a [NodeId],
}

impl<'a> Trace<'a> {
    /// The part before `id`.
    pub fn until(&self, id: EventId) -> Trace<'a> {
        Trace { via: self.via, events: self.events.iter().copied().take_while(|(i, _)| *i < id).collect() }
    }

    /// The part that belongs to the client's present attempt.
    pub fn present(&self) -> Trace<'a> {
        let retried = |(_, e): &(EventId, &Event)| matches!(e.kind, EventKind::Client(ClientAct::Retried { .. }));
        let from = self.events.iter().rposition(retried).unwrap_or(0);
        Trace { via: self.via, events: self.events[from..].to_vec() }
    }

    /// Whether the client asks replicas itself.
    pub fn is_direct(&self) -> bool {
        self.events.iter().any(|(_, e)| matches!(e.kind, EventKind::Client(ClientAct::Asked { .. })))
    }

    /// Notes of the coordinator, in order.
    pub fn notes(&self) -> impl Iterator<Item = (EventId, &'a Note)> {
        self.events.iter().filter_map(|(id, e)| if let EventKind::Note(note) = &e.kind { Some((*id, note)) } else { None })
    }

    /// The latest note that `wanted` accepts.
    pub fn last_note(&self, wanted: impl Fn(&Note) -> bool) -> Option<(EventId, &'a Note)> {
        self.notes().filter(|(_, n)| wanted(n)).last()
    }

    /// Whom the coordinator chose, the last time it did.
    pub fn choice(&self) -> Option<Choice<'a>> {
        let (id, note) = self.last_note(|n| matches!(n, Note::Chose { .. }))?;
        let Note::Chose { required, asked, down } = note else { return None };
        Some(Choice { id, required: *required, asked, down })
    }

    /// Who was asked last, by the coordinator or by the client itself.
    pub fn asked(&self) -> Vec<NodeId> {
        let directly = self.events.iter().rev().find_map(|(_, e)| match &e.kind {
            EventKind::Client(ClientAct::Asked { replicas, .. }) => Some(replicas.to_vec()),
            _ => None,
        });
        directly.or_else(|| self.choice().map(|c| c.asked.to_vec())).unwrap_or_default()
    }

    /// Messages of the coordinator's doing that left after `from`.
    pub fn sent(&self) -> impl Iterator<Item = (EventId, &'a Event, &'a Message)> {
        self.events.iter().filter_map(|(id, e)| if let EventKind::Sent(m) = &e.kind { Some((*id, *e, &**m)) } else { None })
    }

    /// Messages that arrived.
    pub fn delivered(&self) -> impl Iterator<Item = (EventId, &'a Event, &'a Message)> {
        self.events.iter().filter_map(|(id, e)| if let EventKind::Delivered(m) = &e.kind { Some((*id, *e, &**m)) } else { None })
    }

    /// Messages that arrived at the coordinator from replicas, after it chose.
    pub fn answers(&self) -> impl Iterator<Item = (EventId, &'a Event, NodeId, &'a Message)> {
        let (via, from) = (self.via, self.choice().map(|c| c.id));
        self.delivered().filter_map(move |(id, e, m)| {
            let node = m.from.node()?;
            (from.is_some_and(|f| id > f) && m.to.node() == via && is_answer(&m.body)).then_some((id, e, node, m))
        })
    }

    /// The coordinator's answer to the client: when it left, and what it said.
    pub fn reply(&self) -> Option<(EventId, &'a Event, &'a Outcome)> {
        self.sent().find_map(|(id, e, m)| if let Body::Reply { outcome, .. } = &m.body { Some((id, e, outcome)) } else { None })
    }

    /// When the coordinator stopped waiting: its timer went off.
    pub fn stopped_waiting(&self) -> Option<(EventId, &'a Event)> {
        self.events.iter().copied().find(|(_, e)| matches!(e.kind, EventKind::Timer(Timer::Operation(_))))
    }

    /// The end the client saw.
    pub fn ended(&self) -> Option<(EventId, &'a Event, &'a Outcome)> {
        self.events.iter().find_map(|(id, e)| if let EventKind::Ended(outcome) = &e.kind { Some((*id, *e, outcome)) } else { None })
    }

    /// The last message of this operation that was lost, before whatever came of it.
    pub fn last_lost(&self) -> Option<(EventId, &'a Event)> {
        self.events.iter().rev().copied().find(|(_, e)| matches!(e.kind, EventKind::Lost { .. }))
    }
}

/// Whether a replica says this to a coordinator.
pub fn is_answer(body: &Body) -> bool {
    matches!(body, Body::WriteAck | Body::Data { .. } | Body::Digest(_) | Body::RepairAck)
}

/// The node an event happened at.
pub fn node_of(event: &Event) -> Option<NodeId> {
    event.who.and_then(Endpoint::node)
}
