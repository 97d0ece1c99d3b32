//! A sweep by a rateless table (Yang, Gilad, Alizadeh 2024): one side sends coded symbols of all its digests, message after message, until
//! the other one has found the difference and says something else.

use std::sync::Arc;

use super::ask::{Asking, Phase, Work};
use super::message::{Say, SessionId};
use super::note::SweepOutcome;
use super::set_say::{SetSay, SetStep};
use super::sets::Listed;
use super::{Answering, Held};
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::{Ctx, Node, SweepPolicy, Timer};
use crate::engine::sweep::{Decoder, ItemSet, RowItem, Sketch, Symbols};

/// The symbols that a side goes on sending.
#[derive(Debug, Clone)]
pub struct Stream {
    sketch: Arc<Sketch>,
    /// The next message.
    next: u32,
}

/// How far the side that asks has come.
#[derive(Debug, Clone)]
pub struct Peeling {
    /// Its digests when the sweep began.
    pub set: Arc<ItemSet>,
    /// Its own symbols.
    own: Arc<Sketch>,
    /// What has come, and what has been found in it.
    pub decoder: Arc<Decoder>,
}

impl Peeling {
    /// An exchange that has not begun.
    pub(super) fn over((set, own): (Arc<ItemSet>, Arc<Sketch>)) -> Peeling {
        Peeling { set, own, decoder: Arc::default() }
    }
}

impl Node {
    /// Sees to it that there are so many symbols of a set.
    fn reach(&self, set: &Arc<ItemSet>, sketch: &mut Arc<Sketch>, wanted: u32, ctx: &mut Ctx<'_>) {
        if sketch.symbols().len() < wanted as usize
            && let Made::Items(_, more) = self.done(Task::Symbols { set: set.clone(), have: sketch.clone(), wanted }, ctx)
        {
            *sketch = more;
        }
    }

    /// One message of symbols; none if there are no more.
    fn symbols(
        &self,
        policy: &SweepPolicy,
        (set, stream): (&Arc<ItemSet>, &mut Stream),
        message: u32,
        ctx: &mut Ctx<'_>,
    ) -> Option<SetSay> {
        let places = policy.sketch.unwrap_or_default().symbols_of(message);
        self.reach(set, &mut stream.sketch, places.end, ctx);
        let symbols = stream.sketch.symbols().get(places.start as usize..places.end as usize).filter(|symbols| !symbols.is_empty())?;
        let run = Symbols { items: set.len() as u32, from: places.start, symbols: symbols.into() };
        Some(SetSay::Symbols { message, again: 0, run })
    }

    /// A peer wants to compare: sends it the first symbols, and more with time.
    pub(super) fn stream_opened(
        &self,
        session: SessionId,
        policy: &SweepPolicy,
        listed: &mut Listed,
        sketch: Arc<Sketch>,
        ctx: &mut Ctx<'_>,
    ) {
        listed.stream = Some(Stream { sketch, next: 0 });
        self.stream_goes_on(session, policy, listed, ctx);
    }

    /// Sends the next symbols.
    fn stream_goes_on(&self, session: SessionId, policy: &SweepPolicy, listed: &mut Listed, ctx: &mut Ctx<'_>) {
        let Some(stream) = &mut listed.stream else { return };
        let next = stream.next;
        let Some(say) = self.symbols(policy, (&listed.set, stream), next, ctx) else { return };
        stream.next += 1;
        self.say_set(session.by, session, say, ctx);
        ctx.wake(policy.sketch.unwrap_or_default().every, Timer::SweepStream(session, stream.next));
    }

    /// Time to send more symbols, unless the other side has said something.
    pub(super) fn stream_woke(&mut self, session: SessionId, next: u32, ctx: &mut Ctx<'_>) {
        let Some(mut open) = self.sweeps.answering.remove(&session) else { return };
        if let (policy, Held::Set(listed)) = (open.policy, &mut open.work)
            && listed.stream.as_ref().is_some_and(|stream| stream.next == next)
        {
            self.stream_goes_on(session, &policy, listed, ctx);
        }
        self.sweeps.answering.insert(session, open);
    }

    /// The first symbols have been lost on the way.
    pub(super) fn first_symbols(&self, session: SessionId, policy: &SweepPolicy, listed: &mut Listed, after: u32, ctx: &mut Ctx<'_>) {
        let Some(stream) = &mut listed.stream else { return };
        if let Some(SetSay::Symbols { message, run, .. }) = self.symbols(policy, (&listed.set, stream), 0, ctx) {
            self.say_set(session.by, session, SetSay::Symbols { message, again: after, run }, ctx);
        }
    }

    /// The other side of a sweep by symbols says something.
    pub(super) fn peeling_heard(&self, asking: &mut Asking, say: &Say, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let (Say::Set(SetSay::Symbols { message, run, .. }), Work::Sketch(peeling), Phase::Opening) = (say, &mut asking.work, asking.phase)
        else {
            return None;
        };
        let policy = asking.policy.sketch.unwrap_or_default();
        let places = policy.symbols_of(*message);
        if places.is_empty() || (run.from, run.symbols.len()) != (places.start, places.len()) {
            return Some(SweepOutcome::Nonsense);
        }
        asking.touched = ctx.now;
        let decoder = Arc::make_mut(&mut peeling.decoder);
        if decoder.has(run.from as usize) {
            return None;
        }
        self.reach(&peeling.set, &mut peeling.own, places.end, ctx);
        decoder.take(run.from, &run.symbols, peeling.own.symbols().get(places.start as usize..places.end as usize)?);
        let (received, found, done) = (decoder.received(), decoder.found().len() as u32, decoder.is_done());
        let (broken, begun) = (decoder.is_broken(), decoder.has(0));
        self.note_set(asking.session, SetStep::Peeled { received, found, done }, ctx);
        if broken {
            return Some(SweepOutcome::Nonsense);
        }
        if done {
            return self.peeled(asking, ctx);
        }
        if !begun {
            // Any symbols do, but only the first one, which all items are in, can tell that nothing is left.
            self.say_set(asking.with, asking.session, SetSay::Again { after: *message }, ctx);
        }
        (places.end == policy.most).then_some(SweepOutcome::Exhausted)
    }

    /// Everything has been found: looks up what is this side's own.
    fn peeled(&self, asking: &mut Asking, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let Work::Sketch(peeling) = &asking.work else { return None };
        let found = peeling.decoder.found();
        let theirs: Vec<RowItem> = found.iter().filter(|peeled| !peeled.mine).map(|peeled| peeled.item).collect();
        let mut wanted: Vec<RowItem> = found.iter().filter(|peeled| peeled.mine).map(|peeled| peeled.item).collect();
        wanted.sort_unstable();
        let all = peeling.set.tokens().iter().zip(peeling.set.items());
        let mine: Vec<(u64, RowItem)> =
            all.filter(|(_, item)| wanted.binary_search(item).is_ok()).map(|(token, item)| (*token, *item)).collect();
        // A liar's symbols may name what this side never had.
        if mine.len() != wanted.len() {
            return Some(SweepOutcome::Nonsense);
        }
        self.set_settled(asking, &mine, &theirs, ctx)
    }
}

impl Answering {
    /// Whoever says anything but that the first symbols are missing needs no more of them.
    pub(super) fn hush(&mut self, say: &Say) {
        if let Held::Set(listed) = &mut self.work
            && !matches!(say, Say::Set(SetSay::Again { .. }))
        {
            listed.stream = None;
        }
    }
}
