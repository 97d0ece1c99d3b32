//! What is common to sweeps that compare sets of row digests: making the sets, and finding the rows behind digests again.

use std::sync::Arc;

use super::ask::{Asking, Phase};
use super::message::{Say, SessionId};
use super::note::{SweepOutcome, SweepStep};
use super::set_say::{SetSay, SetStep};
use super::sketch::Stream;
use super::{ASKED_AT_ONCE, Answering, Held};
use crate::engine::base::map_of;
use crate::engine::data::{Key, Row, Token};
use crate::engine::node::desk::{Made, Task};
use crate::engine::node::{Ctx, Method, Node, SweepPolicy};
use crate::engine::sweep::{ItemSet, Items, RowItem, Sketch, TokenRange, TreePolicy};

/// What the side that answers keeps.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its digests when the sweep began.
    pub set: Arc<ItemSet>,
    /// The symbols that it goes on sending, if it does.
    pub(super) stream: Option<Stream>,
}

impl Listed {
    /// A side that has said nothing yet.
    pub(super) fn over(set: Arc<ItemSet>) -> Listed {
        Listed { set, stream: None }
    }
}

impl Node {
    /// The digests of all rows of these ranges with the first coded symbols of them, if there are any in this method, and a note of what it
    /// took.
    pub(super) fn item_set(
        &self,
        session: SessionId,
        policy: &SweepPolicy,
        ranges: &[TokenRange],
        ctx: &mut Ctx<'_>,
    ) -> (Arc<ItemSet>, Arc<Sketch>) {
        let symbols = if policy.method == Method::Sketch { policy.sketch.unwrap_or_default().symbols_of(0).end } else { 0 };
        let (set, sketch) = match self.done(Task::Items { ranges: ranges.to_vec(), policy: policy.tree, symbols }, ctx) {
            Made::Items(set, sketch) => (set, sketch),
            _ => (Arc::default(), Arc::default()),
        };
        self.note_set(session, SetStep::Read { rows: set.len() as u64 }, ctx);
        (set, sketch)
    }

    pub(super) fn note_set(&self, session: SessionId, step: SetStep, ctx: &mut Ctx<'_>) {
        self.note_sweep(session, SweepStep::Set(step), ctx);
    }

    pub(super) fn say_set(&self, to: crate::engine::base::NodeId, session: SessionId, say: SetSay, ctx: &mut Ctx<'_>) {
        self.say(to, session, Say::Set(say), ctx);
    }

    /// The row at this token that has this digest; none if it has changed meanwhile.
    fn row_of(&self, token: u64, item: RowItem, policy: TreePolicy, ctx: &Ctx<'_>) -> Option<(Key, Arc<Row>)> {
        let mut items = Items::new(policy);
        let here = TokenRange { left: Token(token.wrapping_sub(1)), right: Token(token) };
        let mut rows = self.rows_in(here, ctx);
        rows.find(|(key, row)| items.item(key, row)[0] == item).map(|(key, row)| (key.clone(), row.clone()))
    }

    /// The difference is known: asks for the rows this side lacks, then sends those the other side lacks.
    pub(super) fn set_settled(
        &self,
        asking: &mut Asking,
        mine: &[(u64, RowItem)],
        theirs: &[RowItem],
        ctx: &mut Ctx<'_>,
    ) -> Option<SweepOutcome> {
        self.note_set(asking.session, SetStep::Found { mine: mine.len() as u32, theirs: theirs.len() as u32 }, ctx);
        if mine.is_empty() && theirs.is_empty() {
            return Some(SweepOutcome::Equal);
        }
        let tree = asking.policy.tree;
        asking.push = map_of(mine.iter().filter_map(|(token, item)| self.row_of(*token, *item, tree, ctx)));
        if theirs.is_empty() {
            return self.push_rows(asking, ctx);
        }
        asking.wait(Phase::Fetching, theirs.len().div_ceil(ASKED_AT_ONCE));
        for (part, items) in (0u32..).zip(theirs.chunks(ASKED_AT_ONCE)) {
            self.say_set(asking.with, asking.session, SetSay::FetchItems { part, items: items.into() }, ctx);
        }
        None
    }

    /// The side that asks says something about its set.
    pub(super) fn set_asked(&self, session: SessionId, open: &mut Answering, say: &SetSay, ctx: &mut Ctx<'_>) {
        let (policy, Held::Set(listed)) = (open.policy, &mut open.work) else { return };
        match say {
            SetSay::Spans { round, spans } => self.spans_asked(session, &policy, listed, (*round, spans), ctx),
            SetSay::Again { after } => self.first_symbols(session, &policy, listed, *after, ctx),
            SetSay::FetchItems { part, items } if items.len() <= ASKED_AT_ONCE => {
                let places = listed.set.places_of(items);
                let row = |item: &RowItem| {
                    let at = places.binary_search_by_key(item, |(item, _)| *item).ok()?;
                    self.row_of(places[at].1, *item, policy.tree, ctx)
                };
                let rows: Vec<(Key, Arc<Row>)> = items.iter().filter_map(row).collect();
                self.send_rows(session.by, session, *part, &rows, ctx);
            }
            _ => {}
        }
    }
}
