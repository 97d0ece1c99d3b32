//! Whether a condition holds, step by step: what has to be remembered from step to step lies in slots, in the order of the walk.

use super::quantity::{PLAIN, Reading};
use super::{Condition, Quantity, Text, Unit, Value};
use crate::engine::base::{Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::node::Outcome;
use crate::engine::observe::check::Findings;
use crate::engine::observe::{Sweeps, Truth};
use crate::engine::world::{Command, Event, EventKind, Status, World};
use crate::lab::player::Player;
use crate::lab::script::Timed;

/// What one part of a condition remembers.
#[derive(Debug, Clone, Default)]
struct Slot {
    flag: bool,
    other: bool,
    number: f64,
    value: Option<Value>,
}

/// Slots, and which is next in this walk.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots {
    all: Vec<Slot>,
    next: usize,
}

impl Slot {
    /// Takes the time from the beginning of an operation to its end.
    fn time(&mut self, op: u32, events: &[Event]) {
        for event in events.iter().filter(|e| e.op.is_some_and(|o| o.number == op)) {
            match event.kind {
                EventKind::Began { .. } => self.number = event.at.0 as f64,
                EventKind::Ended(_) => self.value = Some(Value::Number(event.at.0 as f64 - self.number, Unit::Time)),
                _ => {}
            }
        }
    }
}

impl Slots {
    /// The place of the next part's slot.
    fn place(&mut self) -> usize {
        self.next += 1;
        if self.all.len() < self.next {
            self.all.push(Slot::default());
        }
        self.next - 1
    }
}

/// One step of a run: the events it made, and what it led to.
pub(super) struct Instant<'a> {
    pub events: &'a [Event],
    pub reading: Reading<'a>,
    /// The run is over: what the whole history tells is known.
    pub over: bool,
}

impl Instant<'_> {
    fn now(&self) -> Micros {
        self.reading.player.world.now()
    }

    fn world(&self) -> &World {
        &self.reading.player.world
    }
}

/// Whether a command is something that goes wrong, and not something that clients or operators do.
pub(super) fn is_fault(command: &Command) -> bool {
    !matches!(
        command,
        Command::Write { .. }
            | Command::Read { .. }
            | Command::Delete { .. }
            | Command::Mend { .. }
            | Command::MendAll
            | Command::Restart { .. }
            | Command::Resume { .. }
            | Command::Set { .. }
            | Command::Preload(_)
            | Command::Backup { .. }
            | Command::Workload(_)
            | Command::StopWorkload { .. }
            | Command::Sweep { .. }
            | Command::Repair { .. }
            | Command::StopSweep { .. }
            | Command::Split { .. }
            | Command::Merge { .. }
            | Command::Move { .. }
            | Command::Cleanup { .. }
    )
}

/// A condition and what has been seen for it.
#[derive(Debug, Clone)]
pub struct Watch {
    condition: Condition,
    slots: Slots,
    sweeps: Sweeps,
}

impl Watch {
    /// Watches from now on. Events count at their own step only; counts begin here.
    pub fn new(condition: Condition) -> Watch {
        Watch { condition, slots: Slots::default(), sweeps: Sweeps::default() }
    }

    /// Takes in a step and says whether the condition holds there.
    pub fn see(&mut self, events: &[Event], after: &Player, commands: &[Timed]) -> bool {
        events.iter().for_each(|event| self.sweeps.see(event));
        let faults = commands.iter().take(after.commands).filter(|t| is_fault(&t.command)).count() as u64;
        let reading = Reading { player: after, sweeps: &self.sweeps, findings: None, lost: 0, faults };
        holds(&self.condition, &Instant { events, reading, over: false }, &mut self.slots, false)
    }
}

/// Takes in a step for a condition. `latched`: what happened once counts from then on.
pub(super) fn holds(condition: &Condition, instant: &Instant<'_>, slots: &mut Slots, latched: bool) -> bool {
    slots.next = 0;
    walk(condition, instant, slots, latched)
}

/// Takes in a step for a quantity.
pub(super) fn worth(quantity: &Quantity, instant: &Instant<'_>, slots: &mut Slots) -> Value {
    slots.next = 0;
    measure(quantity, instant, slots)
}

/// Something that is so at a step, or from then on.
fn struck(now: bool, slots: &mut Slots, latched: bool) -> bool {
    let i = slots.place();
    slots.all[i].flag |= now;
    if latched { slots.all[i].flag } else { now }
}

fn walk(condition: &Condition, instant: &Instant<'_>, slots: &mut Slots, latched: bool) -> bool {
    match condition {
        Condition::Sign(sign) => {
            let now = sign.holds(instant.events, instant.reading.player);
            if sign.is_state() { now } else { struck(now, slots, latched) }
        }
        Condition::Happens(what) => struck(instant.events.iter().any(|e| what.fits(e)), slots, latched),
        Condition::Returned(op, value) => {
            let told = |e: &Event| told(e, *op).is_some_and(|o| matches!(o, Outcome::Found(row) if Text::of(row.as_deref()) == *value));
            struck(instant.events.iter().any(told), slots, latched)
        }
        Condition::Ended(op, how) => {
            let ended = |e: &Event| told(e, *op).is_some_and(|o| super::names::name_of_outcome(o) == how);
            struck(instant.events.iter().any(ended), slots, latched)
        }
        Condition::Agree(key) => Truth::copies(instant.world(), key).iter().all(|copy| !copy.behind),
        Condition::Holds(node, key, value) => held(instant.world(), *node, key) == *value,
        Condition::Behind(node, key) => Truth::copies(instant.world(), key).iter().any(|copy| copy.behind && copy.node == *node),
        Condition::Suspects(a, b) => instant.world().host(*a).is_some_and(|host| host.node.heartbeats.suspects(*b)),
        Condition::Up(node) => instant.world().host(*node).is_some_and(|host| host.status != Status::Down),
        Condition::Same(a, b) => same(*a, *b, instant, slots),
        Condition::Compare(a, how, b) => {
            let (x, y) = (measure(a, instant, slots), measure(b, instant, slots));
            let early = !instant.over && (a.needs_end() || b.needs_end());
            !early && x.number().zip(y.number()).is_some_and(|(x, y)| how.holds(x, y))
        }
        // Every part is walked, whatever the others say: each remembers what it saw.
        Condition::All(parts) => parts.iter().filter(|part| walk(part, instant, slots, latched)).count() == parts.len(),
        Condition::Any(parts) => parts.iter().filter(|part| walk(part, instant, slots, latched)).count() > 0,
        Condition::Not(part) => !walk(part, instant, slots, latched),
        Condition::Eventually(part) => ever(walk(part, instant, slots, latched), slots),
        Condition::Never(part) => !ever(walk(part, instant, slots, latched), slots),
        Condition::Always(part) => !ever(!walk(part, instant, slots, latched), slots),
        Condition::Before(a, b) => {
            let (a, b) = (walk(a, instant, slots, false), walk(b, instant, slots, false));
            let i = slots.place();
            let slot = &mut slots.all[i];
            slot.flag |= a && !b && !slot.other;
            slot.other |= b;
            slot.flag
        }
        Condition::Then(a, b) => {
            let (a, b) = (walk(a, instant, slots, false), walk(b, instant, slots, false));
            let i = slots.place();
            let slot = &mut slots.all[i];
            slot.flag |= a;
            slot.other |= slot.flag && b;
            slot.other
        }
        Condition::At(time, part) => {
            let now = walk(part, instant, slots, latched);
            let i = slots.place();
            if instant.now() <= *time {
                slots.all[i].flag = now;
            }
            slots.all[i].flag && instant.now() >= *time
        }
        Condition::Between(from, to, part) => {
            let now = walk(part, instant, slots, false);
            let i = slots.place();
            let slot = &mut slots.all[i];
            let state = !matches!(**part, Condition::Happens(_) | Condition::Returned(..) | Condition::Ended(..));
            // A state lasts from the step before the span into it.
            slot.flag |= state && slot.other && slot.number <= from.0 as f64 && instant.now() > *from;
            slot.flag |= now && instant.now() >= *from && instant.now() <= *to;
            (slot.other, slot.number) = (now, instant.now().0 as f64);
            slot.flag
        }
    }
}

/// How an operation ended, if this event says it.
fn told(event: &Event, op: u32) -> Option<&Outcome> {
    let EventKind::Ended(outcome) = &event.kind else { return None };
    event.op.is_some_and(|o| o.number == op).then_some(outcome)
}

fn ever(now: bool, slots: &mut Slots) -> bool {
    let i = slots.place();
    slots.all[i].flag |= now;
    slots.all[i].flag
}

/// What a node holds of a key as its own copy.
fn held(world: &World, node: NodeId, key: &Key) -> Text {
    Text::of(world.host(node).and_then(|host| host.node.store.get(key)).map(|row| &**row))
}

/// Whether two nodes hold the same of every key that both should hold. Looked at again only when one of them changed.
fn same(a: NodeId, b: NodeId, instant: &Instant<'_>, slots: &mut Slots) -> bool {
    let i = slots.place();
    let touches = |e: &Event| match e.kind {
        EventKind::Applied(_) | EventKind::Reverted { .. } | EventKind::Removed(_) => {
            e.who.is_some_and(|who| who == a.into() || who == b.into())
        }
        EventKind::Fault(_) => true,
        _ => false,
    };
    if !slots.all[i].other || instant.events.iter().any(touches) {
        let world = instant.world();
        let (Some(one), Some(two)) = (world.host(a), world.host(b)) else { return false };
        let shared = |key: &Key| {
            let replicas = world.ring().replicas(key.token(), &world.settings().replicas);
            replicas.contains(&a) && replicas.contains(&b)
        };
        let changed = one.node.store.rows().changed(two.node.store.rows());
        (slots.all[i].flag, slots.all[i].other) = (!changed.iter().any(|(key, ..)| shared(key)), true);
    }
    slots.all[i].flag
}

fn measure(quantity: &Quantity, instant: &Instant<'_>, slots: &mut Slots) -> Value {
    let count = |n: u64| Value::Number(n as f64, Unit::Count);
    let world = instant.world();
    match quantity {
        Quantity::Number(n) => Value::Number(*n, Unit::Count),
        Quantity::Span(span) => Value::span(*span),
        Quantity::Plain(i) => {
            PLAIN.get(*i).map_or(Value::Nothing, |(_, _, unit, read)| Value::Number(read(&instant.reading) as f64, *unit))
        }
        Quantity::Stale(key) => count(Truth::copies(world, key).iter().filter(|copy| copy.behind).count() as u64),
        Quantity::Copies(key, value) => {
            count(Truth::copies(world, key).iter().filter(|copy| Text::of(copy.row.as_deref()) == *value).count() as u64)
        }
        Quantity::Hints(node) => count(world.host(*node).map_or(0, |host| host.node.hints.count() as u64)),
        Quantity::Rows(node) => count(world.host(*node).map_or(0, |host| host.node.store.rows().len())),
        Quantity::Messages(traffic) => count(world.ledger().of(*traffic).messages),
        Quantity::Bytes(traffic) => Value::Number(world.ledger().of(*traffic).bytes as f64, Unit::Bytes),
        Quantity::Count(what) => {
            let i = slots.place();
            slots.all[i].number += instant.events.iter().filter(|e| what.fits(e)).count() as f64;
            Value::Number(slots.all[i].number, Unit::Count)
        }
        Quantity::Time(condition) => {
            let now = walk(condition, instant, slots, true);
            let i = slots.place();
            if now && slots.all[i].value.is_none() {
                slots.all[i].value = Some(Value::span(instant.now()));
            }
            slots.all[i].value.clone().unwrap_or(Value::Nothing)
        }
        Quantity::Latency(op) => kept(slots, |slot| slot.time(*op, instant.events)),
        Quantity::Row(node, key) => Value::Text(held(world, *node, key).to_string()),
        Quantity::Answer(op) => kept(slots, |slot| {
            if let Some(outcome) = instant.events.iter().find_map(|e| told(e, *op)) {
                slot.value = Some(Value::Text(match outcome {
                    Outcome::Found(row) => Text::of(row.as_deref()).to_string(),
                    other => super::names::name_of_outcome(other).to_owned(),
                }));
            }
        }),
        Quantity::Highest(inner) => {
            let now = measure(inner, instant, slots);
            let i = slots.place();
            let best = slots.all[i].value.as_ref().and_then(Value::number);
            if now.number().is_some_and(|n| best.is_none_or(|best| n > best)) {
                slots.all[i].value = Some(now);
            }
            slots.all[i].value.clone().unwrap_or(Value::Nothing)
        }
        Quantity::At(time, inner) => {
            let now = measure(inner, instant, slots);
            let i = slots.place();
            if instant.now() <= *time || slots.all[i].value.is_none() {
                slots.all[i].value = Some(now);
            }
            slots.all[i].value.clone().unwrap_or(Value::Nothing)
        }
        Quantity::Sum(a, how, b) => {
            let (a, b) = (measure(a, instant, slots), measure(b, instant, slots));
            how.of(&a, &b)
        }
    }
}

fn kept(slots: &mut Slots, see: impl FnOnce(&mut Slot)) -> Value {
    let i = slots.place();
    see(&mut slots.all[i]);
    slots.all[i].value.clone().unwrap_or(Value::Nothing)
}

/// What the history shows when a run is over, for those who asked.
pub(super) struct Over {
    pub findings: Option<Findings>,
    pub lost: u64,
}
