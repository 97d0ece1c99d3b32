//! Range-based set reconciliation between two nodes (negentropy, protocol version 1): fingerprints of ranges go to and fro, and only where
//! they differ a range is split, until the digests of its rows are listed.

use std::sync::Arc;

use super::ask::{Asking, Phase, Work};
use super::message::{Refusal, Say, SessionId};
use super::note::SweepOutcome;
use super::set_say::{SetSay, SetStep};
use super::sets::Listed;
use crate::engine::base::Wire;
use crate::engine::node::{Ctx, Node, SweepPolicy};
use crate::engine::sweep::{ItemSet, Reply, RowItem, Side, Span};

/// Most messages of an exchange: a liar could go on for ever.
pub const ROUNDS: u32 = 4096;

/// How far the side that asks has come.
#[derive(Debug, Clone)]
pub struct Ranging {
    /// Its digests when the sweep began.
    pub set: Arc<ItemSet>,
    /// The message that it waits for.
    pub round: u32,
    /// Digests that only it has, with the tokens of their keys.
    pub mine: Vec<(u64, RowItem)>,
    /// Digests that only the other side has.
    pub theirs: Vec<RowItem>,
}

impl Ranging {
    /// An exchange that has not begun.
    pub(super) fn over(set: Arc<ItemSet>) -> Ranging {
        Ranging { set, round: 0, mine: Vec::new(), theirs: Vec::new() }
    }
}

fn side<'a>(set: &'a ItemSet, policy: &SweepPolicy, asks: bool) -> Side<'a> {
    Side { set, policy: policy.ranges.unwrap_or_default(), digest: policy.tree.digest, asks }
}

/// Whether a message is no longer than its policy allows; the first span of one may be longer than a frame by itself.
fn fits(policy: &SweepPolicy, spans: &[Span]) -> bool {
    spans.size() <= policy.ranges.unwrap_or_default().frame.saturating_mul(2)
}

fn compared(round: u32, reply: &Reply) -> SetStep {
    SetStep::Ranges { round, compared: reply.compared, differed: reply.differed, listed: reply.listed }
}

impl Node {
    /// A peer wants to compare: tells it everything in one split.
    pub(super) fn spans_opened(&self, session: SessionId, policy: &SweepPolicy, listed: &Listed, ctx: &mut Ctx<'_>) {
        let spans = side(&listed.set, policy, false).open().into();
        self.say_set(session.by, session, SetSay::Spans { round: 0, spans }, ctx);
    }

    /// The side that asks has gone into what differs.
    pub(super) fn spans_asked(
        &self,
        session: SessionId,
        policy: &SweepPolicy,
        listed: &Listed,
        (round, spans): (u32, &[Span]),
        ctx: &mut Ctx<'_>,
    ) {
        let reply = side(&listed.set, policy, false).answer(spans).filter(|_| fits(policy, spans));
        let Some(reply) = reply else {
            return self.say(session.by, session, Say::Refused(Refusal::Bounds), ctx);
        };
        self.note_set(session, compared(round, &reply), ctx);
        self.say_set(session.by, session, SetSay::Spans { round: round.saturating_add(1), spans: reply.spans.into() }, ctx);
    }

    /// The other side of an exchange by ranges says something.
    pub(super) fn ranging_heard(&self, asking: &mut Asking, say: &Say, ctx: &mut Ctx<'_>) -> Option<SweepOutcome> {
        let (Say::Set(SetSay::Spans { round, spans }), Work::Ranges(ranging), Phase::Opening) = (say, &mut asking.work, asking.phase)
        else {
            return None;
        };
        if *round != ranging.round {
            return None;
        }
        let Some(reply) = side(&ranging.set, &asking.policy, true).answer(spans).filter(|_| fits(&asking.policy, spans)) else {
            return Some(SweepOutcome::Nonsense);
        };
        asking.touched = ctx.now;
        ranging.round += 2;
        let step = compared(*round, &reply);
        ranging.mine.extend(reply.mine);
        ranging.theirs.extend(reply.theirs);
        let over = (ranging.round > ROUNDS).then_some(SweepOutcome::Exhausted);
        self.note_set(asking.session, step, ctx);
        if !reply.spans.is_empty() {
            let say = SetSay::Spans { round: round + 1, spans: reply.spans.into() };
            self.say_set(asking.with, asking.session, say, ctx);
            return over;
        }
        let (mut mine, mut theirs) = (std::mem::take(&mut ranging.mine), std::mem::take(&mut ranging.theirs));
        mine.sort_unstable();
        mine.dedup();
        theirs.sort_unstable();
        theirs.dedup();
        self.set_settled(asking, &mine, &theirs, ctx)
    }
}
