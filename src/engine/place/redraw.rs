//! Redrawing the ring while it is in use: an operator splits a range, merges two, or gives one to another node (ScyllaDB splits, merges
//! and migrates tablets; Riak hands partitions over). Everybody knows of it at once, and no row goes along: what the new owner lacks, sweeps
//! have to bring.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::range::TokenRange;
use super::replication::Replication;
use super::ring::Ring;
use crate::engine::base::NodeId;
use crate::engine::data::Token;

/// Most times that a ring is redrawn.
pub const MOST_CHANGES: u32 = 4_095;

/// Most ranges of a ring that is redrawn.
pub const MOST_RANGES: usize = 4_096;

/// What an operator wants. A range is named by any token in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redraw {
    /// Two ranges of one, with the same owner: the first ends at `at`, or in the middle.
    Split {
        /// The range.
        range: Token,
        /// The last token of the first half.
        at: Option<Token>,
    },
    /// One range of two neighbours with the same owner.
    Merge {
        /// The first of the two.
        range: Token,
    },
    /// The token that ends the range changes hands.
    Move {
        /// The range.
        range: Token,
        /// Its new owner.
        to: NodeId,
    },
}

/// What has been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redrawn {
    /// A range was split.
    Split {
        /// The range as it was.
        range: TokenRange,
        /// The token that now ends its first half.
        at: Token,
        /// Whose both are.
        owner: NodeId,
    },
    /// Two ranges were merged.
    Merged {
        /// The range as it is now.
        range: TokenRange,
        /// The token that ended its first half.
        at: Token,
        /// Whose it is.
        owner: NodeId,
    },
    /// A range was given to another node.
    Moved {
        /// The range.
        range: TokenRange,
        /// Whose it was.
        from: NodeId,
        /// Whose it is now.
        to: NodeId,
    },
}

impl Redrawn {
    /// Tells changes apart.
    pub const fn code(self) -> u32 {
        let (kind, range, detail) = match self {
            Redrawn::Split { range, at, .. } => (1, range, at.0),
            Redrawn::Merged { range, at, .. } => (2, range, at.0),
            Redrawn::Moved { range, to, .. } => (3, range, to.0 as u64),
        };
        let word = range.right.0 ^ detail.rotate_left(17) ^ kind;
        (word ^ word >> 32) as u32
    }
}

/// Why a ring is not redrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRedraw {
    /// Nobody owns anything.
    Empty,
    /// It has been redrawn too often, or has too many ranges.
    Full,
    /// Partitions are equally wide: none of them is split or merged alone.
    Partitions,
    /// The token to split at is not in the range, or ends it.
    Outside,
    /// The range is a single token.
    Narrow,
    /// The next range belongs to somebody else, or there is none.
    Neighbour(Option<NodeId>),
    /// There is no such node.
    Nobody,
    /// It owns the range already.
    Owner(NodeId),
}

impl NoRedraw {
    /// The field of the command that is at fault.
    pub const fn field(self) -> &'static str {
        match self {
            NoRedraw::Outside => "cut",
            NoRedraw::Nobody | NoRedraw::Owner(_) => "to",
            _ => "range",
        }
    }
}

impl fmt::Display for NoRedraw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoRedraw::Empty => write!(f, "there is none: nobody owns anything"),
            NoRedraw::Full => write!(f, "a ring is redrawn at most {MOST_CHANGES} times, and has at most {MOST_RANGES} ranges then"),
            NoRedraw::Partitions => write!(f, "partitions are equally wide: none is split or merged alone, only moved"),
            NoRedraw::Outside => write!(f, "must lie in the range, before its last token"),
            NoRedraw::Narrow => write!(f, "is a single token: it cannot be split"),
            NoRedraw::Neighbour(Some(node)) => write!(f, "the next range belongs to {node}: only two of one owner are merged"),
            NoRedraw::Neighbour(None) => write!(f, "is the whole ring: there is no other to merge it with"),
            NoRedraw::Nobody => write!(f, "there is no such node"),
            NoRedraw::Owner(node) => write!(f, "{node} owns the range already"),
        }
    }
}

/// A range that is another one since a change, or has other replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The range as it is now.
    pub range: TokenRange,
    /// Its replicas now.
    pub holders: Box<[NodeId]>,
    /// Those of them that had no part in it before.
    pub joined: Box<[NodeId]>,
    /// Replicas that it had before and has no more.
    pub left: Box<[NodeId]>,
}

/// One change of the ring, and what it means under the replication of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What was done.
    pub what: Redrawn,
    /// Every range that is another one since.
    pub touched: Box<[Touched]>,
}

/// A range's name for good: its bounds or replicas never change under one name. After a change it is another range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArcId {
    /// The ring's token that ends it.
    pub end: Token,
    /// The change that made it, counted from 1; 0 if it has been there from the start.
    pub since: u32,
}

/// How a ring came to be what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct History {
    changes: Vec<Arc<Change>>,
    /// The change that made each range, by the token that ends it; none of those that have been there from the start.
    since: BTreeMap<Token, u32>,
    /// Ranges that are no more.
    gone: Vec<(TokenRange, ArcId)>,
    /// Times that a node has thrown away what it did not own.
    cleanups: u32,
    /// Changes and cleanups when the numbers of copies were last set.
    counted: u32,
}

impl History {
    /// The numbers of copies are set: lists of replicas change without a change of the ring.
    pub(super) fn counted(&mut self) {
        self.counted = self.changes.len() as u32 + self.cleanups;
    }
}

impl Ring {
    /// How often it has been redrawn.
    pub fn epoch(&self) -> u32 {
        self.history.changes.len() as u32
    }

    /// What was changed after the first so many changes.
    pub fn changes_since(&self, epoch: u32) -> &[Arc<Change>] {
        self.history.changes.get(epoch as usize..).unwrap_or_default()
    }

    /// The last change.
    pub fn last_change(&self) -> Option<&Arc<Change>> {
        self.history.changes.last()
    }

    /// A node throws away what it does not own.
    pub fn cleaned(&mut self) {
        self.history.cleanups += 1;
    }

    /// How often it had been redrawn, and nodes had cleaned up, when the numbers of copies were last set: where these are the same again,
    /// replicas may be others since, or may have thrown away what they held then.
    pub fn counted_at(&self) -> u32 {
        self.history.counted
    }

    /// The name of the range that `token` lies in.
    pub fn arc_id(&self, token: Token) -> ArcId {
        self.tokens().get(self.entry_of(token)).map_or(ArcId { end: Token(0), since: 0 }, |(end, _)| self.named(*end))
    }

    /// The range made by change number `since` that `token` lies or lay in.
    pub fn arc_id_of(&self, token: Token, since: u32) -> Option<ArcId> {
        let now = Some(self.arc_id(token)).filter(|id| id.since == since);
        let lay = |(range, id): &&(TokenRange, ArcId)| id.since == since && range.holds(token);
        now.or_else(|| self.history.gone.iter().find(lay).map(|(_, id)| *id))
    }

    /// Whether there is a range of this name.
    pub fn has_arc(&self, id: ArcId) -> bool {
        self.named(id.end) == id && self.tokens.binary_search_by_key(&id.end, |(token, _)| *token).is_ok()
    }

    fn named(&self, end: Token) -> ArcId {
        ArcId { end, since: self.history.since.get(&end).copied().unwrap_or(0) }
    }

    /// Whether it can be redrawn like this.
    pub fn may_redraw(&self, redraw: &Redraw) -> Result<(), NoRedraw> {
        self.clone().redraw(redraw).map(drop)
    }

    /// Changes tokens and owners, and nothing else: the history knows nothing of it yet.
    pub fn redraw(&mut self, redraw: &Redraw) -> Result<Redrawn, NoRedraw> {
        if self.tokens.is_empty() {
            return Err(NoRedraw::Empty);
        }
        if self.epoch() >= MOST_CHANGES || self.tokens.len() > MOST_RANGES {
            return Err(NoRedraw::Full);
        }
        let (Redraw::Split { range, .. } | Redraw::Merge { range } | Redraw::Move { range, .. }) = *redraw;
        let i = self.entry_of(range);
        let (range, owner) = (self.arc(i), self.tokens[i].1);
        if self.is_partitioned() && !matches!(redraw, Redraw::Move { .. }) {
            return Err(NoRedraw::Partitions);
        }
        let done = match *redraw {
            Redraw::Split { at, .. } => {
                if range.width() < 2 {
                    return Err(NoRedraw::Narrow);
                }
                if self.tokens.len() >= MOST_RANGES {
                    return Err(NoRedraw::Full);
                }
                let at = at.unwrap_or(Token(range.left.0.wrapping_add((range.width() / 2) as u64)));
                if !range.holds(at) || at == range.right {
                    return Err(NoRedraw::Outside);
                }
                self.tokens.insert(self.tokens.partition_point(|(token, _)| *token < at), (at, owner));
                Redrawn::Split { range, at, owner }
            }
            Redraw::Merge { .. } => {
                let next = (i + 1) % self.tokens.len();
                if next == i || self.tokens[next].1 != owner {
                    return Err(NoRedraw::Neighbour((next != i).then(|| self.tokens[next].1)));
                }
                let whole = TokenRange { left: range.left, right: self.arc(next).right };
                self.tokens.remove(i);
                Redrawn::Merged { range: whole, at: range.right, owner }
            }
            Redraw::Move { to, .. } => {
                if to.0 >= self.nodes() {
                    return Err(NoRedraw::Nobody);
                }
                if to == owner {
                    return Err(NoRedraw::Owner(to));
                }
                self.tokens[i].1 = to;
                Redrawn::Moved { range, from: owner, to }
            }
        };
        self.count_owners();
        Ok(done)
    }

    /// The ring redrawn, with what that means under this replication.
    pub fn redrawn(&self, redraw: &Redraw, replication: &Replication) -> Result<Ring, NoRedraw> {
        let mut ring = self.clone();
        let what = ring.redraw(redraw)?;
        ring.work_out_lists(replication);
        let mut touched = Vec::new();
        for i in 0..ring.tokens.len() {
            let (range, now) = (ring.arc(i), ring.replicas(ring.arc(i).right, replication));
            let (was, before) = (self.arc(self.entry_of(range.right)), self.replicas(range.right, replication));
            let beyond = |a: &[NodeId], b: &[NodeId]| a.iter().copied().filter(|node| !b.contains(node)).collect::<Box<[NodeId]>>();
            let (joined, left) = (beyond(&now, &before), beyond(&before, &now));
            if was != range || !joined.is_empty() || !left.is_empty() {
                touched.push((ring.tokens[i].0, Touched { range, holders: now.into(), joined, left }));
            }
        }
        let epoch = self.epoch() + 1;
        for i in 0..self.tokens.len() {
            let (range, (end, _)) = (self.arc(i), self.tokens[i]);
            if touched.iter().any(|(_, new)| new.range.meets(range)) {
                ring.history.gone.push((range, self.named(end)));
                ring.history.since.remove(&end);
            }
        }
        ring.history.since.extend(touched.iter().map(|(end, _)| (*end, epoch)));
        let touched = touched.into_iter().map(|(_, touched)| touched).collect();
        ring.history.changes.push(Arc::new(Change { what, touched }));
        Ok(ring)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const N: Replication = Replication::Simple(3);

    fn names(ring: &Ring, token: u64) -> String {
        ring.replicas(Token(token), &N).iter().map(NodeId::to_string).collect()
    }

    #[test]
    fn a_split_changes_no_replica_and_a_merge_undoes_it() {
        let ring = Ring::even(4);
        let split = ring.redrawn(&Redraw::Split { range: Token(5), at: None }, &N).expect("a wide range");
        assert_eq!((split.tokens().len(), split.epoch(), split.tokens()[1]), (5, 1, (Token(1 << 61), NodeId(1))));
        for token in [0, 1, 1 << 61, (1 << 61) + 1, 1 << 62, u64::MAX] {
            assert_eq!(names(&ring, token), names(&split, token));
        }
        let change = split.last_change().expect("one change");
        assert_eq!(change.touched.len(), 2, "both halves and nothing else");
        assert!(change.touched.iter().all(|half| half.joined.is_empty() && half.left.is_empty() && half.holders.len() == 3));
        assert_eq!((split.arc_id(Token(7)).since, split.arc_id(Token(1 << 62)).since, split.arc_id(Token(0)).since), (1, 1, 0));
        assert_eq!(split.arc_id_of(Token(7), 0), Some(ring.arc_id(Token(7))), "the range that it lay in");
        assert!(!split.has_arc(ring.arc_id(Token(7))) && split.has_arc(split.arc_id(Token(7))));
        let merged = split.redrawn(&Redraw::Merge { range: Token(9) }, &N).expect("two of one owner");
        assert_eq!((merged.tokens(), merged.epoch()), (ring.tokens(), 2));
        assert_eq!(merged.arc_id(Token(9)), ArcId { end: Token(1 << 62), since: 2 }, "the same bounds, but not the same range");
        assert_eq!(merged.arc_id_of(Token(9), 1), Some(split.arc_id(Token(9))));
    }

    #[test]
    fn a_range_that_moves_says_who_joins_and_who_leaves() {
        let ring = Ring::even(6);
        let moved = ring.redrawn(&Redraw::Move { range: Token(5), to: NodeId(4) }, &N).expect("another owner");
        assert_eq!((names(&ring, 5), names(&moved, 5)), ("BCD".to_owned(), "ECD".to_owned()));
        let change = moved.last_change().expect("one change");
        let joined: Vec<(&[NodeId], &[NodeId])> = change.touched.iter().map(|t| (&*t.joined, &*t.left)).collect();
        let (b, d, e) = (NodeId(1), NodeId(3), NodeId(4));
        // B was second and third of the two ranges before, too; what comes after it follows in its place.
        assert_eq!(change.touched.len(), 3, "{joined:?}");
        assert!(joined.contains(&(&[e][..], &[b][..])) && change.touched.iter().all(|t| t.left.contains(&b)), "{joined:?}");
        assert!(!change.touched.iter().any(|t| t.joined.contains(&d) && t.left.contains(&d)));
        assert!(!moved.owns(b), "its only token is gone");
        assert_eq!(moved.zones()[0].nodes, 5);
        let back = moved.redrawn(&Redraw::Move { range: Token(5), to: b }, &N).expect("back again");
        assert_eq!((back.tokens(), back.arc_id(Token(5)).since, back.epoch()), (ring.tokens(), 2, 2));
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        let mut ring = Ring::even(3);
        let mut no = |redraw: Redraw| ring.redraw(&redraw).expect_err("refused");
        assert_eq!(no(Redraw::Merge { range: Token(5) }), NoRedraw::Neighbour(Some(NodeId(2))));
        assert_eq!(no(Redraw::Move { range: Token(5), to: NodeId(1) }), NoRedraw::Owner(NodeId(1)));
        assert_eq!(no(Redraw::Move { range: Token(5), to: NodeId(3) }), NoRedraw::Nobody);
        assert_eq!(no(Redraw::Split { range: Token(5), at: Some(Token(0)) }), NoRedraw::Outside);
        let end = no(Redraw::Split { range: Token(0), at: Some(Token(0)) });
        assert_eq!((end, end.field()), (NoRedraw::Outside, "cut"));
        let mut one = Ring::even(1);
        assert_eq!(one.redraw(&Redraw::Merge { range: Token(5) }), Err(NoRedraw::Neighbour(None)));
        assert!(one.redraw(&Redraw::Split { range: Token(5), at: Some(Token(5)) }).is_ok());
        assert!(one.redraw(&Redraw::Split { range: Token(5), at: Some(Token(4)) }).is_ok());
        assert_eq!(one.redraw(&Redraw::Split { range: Token(5), at: None }), Err(NoRedraw::Narrow));
    }

    #[test]
    fn any_changes_leave_every_token_in_exactly_one_range_and_names_are_never_used_twice() {
        use std::collections::BTreeSet;
        let draws = crate::engine::base::Draws::new(4);
        let mut draw = {
            let mut n = 0;
            move || {
                n += 1;
                draws.draw(crate::engine::base::Purpose::Preload, [n])
            }
        };
        let mut ring = Ring::even(5);
        let mut names: BTreeSet<ArcId> = (0..5).map(|i| ring.arc_id(ring.arc(i).right)).collect();
        let mut done = 0;
        for _ in 0..400 {
            let range = Token(draw());
            let redraw = match draw() % 3 {
                0 => Redraw::Split { range, at: (draw() % 2 == 0).then(|| Token(range.0.wrapping_sub(draw() >> 8))) },
                1 => Redraw::Merge { range },
                _ => Redraw::Move { range, to: NodeId((draw() % 5) as u32) },
            };
            let Ok(next) = ring.redrawn(&redraw, &N) else { continue };
            done += 1;
            let arcs: Vec<TokenRange> = (0..next.tokens().len()).map(|i| next.arc(i)).collect();
            assert_eq!(arcs.iter().map(|arc| arc.width()).sum::<u128>(), 1 << 64);
            assert!(next.tokens().windows(2).all(|pair| pair[0].0 < pair[1].0));
            let probe = Token(draw());
            assert!(next.arc(next.entry_of(probe)).holds(probe));
            let change = next.last_change().expect("a change");
            for arc in &arcs {
                let id = next.arc_id(arc.right);
                let touched = change.touched.iter().any(|t| t.range == *arc);
                assert_eq!(touched, names.insert(id), "a new name for what is new, and for nothing else");
                let (now, before) = (next.replicas(arc.right, &N), ring.replicas(arc.right, &N));
                assert!(touched || now == before || now.iter().all(|node| before.contains(node)));
            }
            ring = next;
        }
        assert!(done > 150, "{done} of 400 were possible");
    }
}
