//! Two trees that are compared, as far as the comparison has come: which nodes were asked for, sent, found equal and found to differ. Filled
//! from the log by the method that compares; drawn by [`super::forest`] whatever the method.

use std::sync::Arc;

use crate::engine::base::Digest;
use crate::engine::node::sweeps::Place;
use crate::engine::sweep::{LevelCount, Tree};

/// How far the comparison of one pair of nodes has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// The hashes are equal: everything below is left alone.
    Equal,
    /// The other side's hash was asked for.
    Asked,
    /// The other side's hash was sent and has not been compared.
    Sent,
    /// The hashes differ.
    Differs,
}

/// One level of all trees.
#[derive(Debug, Clone, Default)]
pub struct Level {
    /// Nodes touched so far, by their number among all nodes of the level, ascending.
    pub nodes: Vec<(u64, Mark)>,
    /// The count of comparisons, once the level is done.
    pub count: Option<LevelCount>,
}

/// Two forests of Merkle trees, one tree for each range, and what is known of their differences.
#[derive(Debug, Clone, Default)]
pub struct Exchange {
    /// Binary logarithm of the number of children of a node.
    pub bits: u32,
    /// How many trees there are on each side.
    pub ranges: u32,
    /// The level of the leaves of each tree, as far as known.
    pub bottoms: Vec<u32>,
    /// Levels, roots first.
    pub levels: Vec<Level>,
    /// Leaves found to differ.
    pub leaves: Vec<Place>,
    /// The trees of the one who asks; none before they are made.
    pub asking: Vec<Arc<Tree>>,
    /// The trees of the one who answers.
    pub answering: Vec<Arc<Tree>>,
}

impl Exchange {
    /// How many levels below the roots there are at most, as far as known.
    pub fn depth(&self) -> u32 {
        let trees = self.asking.iter().map(|tree| tree.depth()).max();
        self.bottoms.iter().copied().max().or(trees).unwrap_or(0)
    }

    /// How many nodes a level of all trees has.
    pub fn width(&self, level: u32) -> u64 {
        u64::from(self.ranges) << (self.bits * level)
    }

    /// A node's number among all nodes of its level.
    pub fn number(&self, place: &Place) -> u64 {
        (u64::from(place.range) << (self.bits * place.level)) + place.index
    }

    /// The node with this number.
    pub fn place(&self, level: u32, number: u64) -> Place {
        let below = self.bits * level;
        Place { range: (number >> below) as u32, level, index: number & ((1 << below) - 1) }
    }

    /// Marks a node. A later mark replaces an earlier one, but nothing undoes a comparison.
    pub fn mark(&mut self, place: &Place, mark: Mark) {
        let number = self.number(place);
        let level = place.level as usize;
        if self.levels.len() <= level {
            self.levels.resize_with(level + 1, Level::default);
        }
        let nodes = &mut self.levels[level].nodes;
        // Nodes come in order: the search seldom has far to go.
        match nodes.binary_search_by_key(&number, |(n, _)| *n) {
            Ok(at) if !matches!(nodes[at].1, Mark::Equal | Mark::Differs) => nodes[at].1 = mark,
            Ok(_) => {}
            Err(at) => nodes.insert(at, (number, mark)),
        }
    }

    /// What is known of a node.
    pub fn state(&self, place: &Place) -> Option<Mark> {
        let nodes = &self.levels.get(place.level as usize)?.nodes;
        let at = nodes.binary_search_by_key(&self.number(place), |(n, _)| *n).ok()?;
        Some(nodes[at].1)
    }

    /// Whether a node is known to be equal without having been compared: something above it is equal.
    pub fn is_spared(&self, place: &Place) -> bool {
        (0..place.level).any(|level| {
            let above = Place { level, index: place.index >> (self.bits * (place.level - level)), ..*place };
            self.state(&above) == Some(Mark::Equal)
        })
    }

    /// A node's hash on the side of the one who asks (`true`) or answers.
    pub fn hash(&self, asking: bool, place: &Place) -> Option<Digest> {
        let trees = if asking { &self.asking } else { &self.answering };
        trees.get(place.range as usize)?.hash(place.level, place.index)
    }

    /// Compares a hash that has come with the asker's own, and marks the node. Returns whether it differs.
    pub fn compare(&mut self, place: &Place, theirs: &Digest) -> bool {
        let differs = self.hash(true, place).as_ref() != Some(theirs);
        if differs {
            self.differs(place);
        } else {
            self.mark(place, Mark::Equal);
        }
        differs
    }

    /// Marks a node as one that differs.
    pub fn differs(&mut self, place: &Place) {
        self.mark(place, Mark::Differs);
        if self.bottoms.get(place.range as usize) == Some(&place.level) {
            self.leaves.push(*place);
        }
    }

    /// Compares both sides' trees as a whole down to this level, as somebody does who has both.
    pub fn compare_down(&mut self, level: u32) {
        let mut here: Vec<Place> = (0..self.ranges).map(|range| Place { range, level: 0, index: 0 }).collect();
        for _ in 0..=level {
            let mut below = Vec::new();
            for place in here {
                let Some(theirs) = self.hash(false, &place) else { continue };
                let bottom = self.bottoms.get(place.range as usize).copied().unwrap_or(0);
                if self.compare(&place, &theirs) && place.level < bottom {
                    let children = place.index << self.bits..(place.index + 1) << self.bits;
                    below.extend(children.map(|index| Place { level: place.level + 1, index, ..place }));
                }
            }
            here = below;
        }
    }

    /// The nodes of a level whose numbers are in `from..to`.
    pub fn within(&self, level: u32, from: u64, to: u64) -> &[(u64, Mark)] {
        let Some(level) = self.levels.get(level as usize) else { return &[] };
        let (a, b) = (level.nodes.partition_point(|(n, _)| *n < from), level.nodes.partition_point(|(n, _)| *n < to));
        &level.nodes[a..b]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(range: u32, level: u32, index: u64) -> Place {
        Place { range, level, index }
    }

    #[test]
    fn numbers_and_places_are_inverse() {
        let all = Exchange { bits: 4, ranges: 3, ..Exchange::default() };
        for at in [place(0, 0, 0), place(2, 0, 0), place(1, 2, 255), place(2, 3, 7)] {
            assert_eq!(all.place(at.level, all.number(&at)), at);
        }
        assert_eq!(all.width(2), 3 * 256);
    }

    #[test]
    fn what_has_been_compared_stays_compared_and_spares_what_is_below() {
        let mut all = Exchange { bits: 1, ranges: 1, ..Exchange::default() };
        all.mark(&place(0, 1, 1), Mark::Equal);
        all.mark(&place(0, 1, 0), Mark::Asked);
        all.mark(&place(0, 1, 1), Mark::Asked);
        assert_eq!(all.state(&place(0, 1, 1)), Some(Mark::Equal));
        assert!(all.is_spared(&place(0, 3, 5)) && !all.is_spared(&place(0, 3, 1)));
        assert_eq!(all.within(1, 1, 2), [(1, Mark::Equal)]);
    }
}
