//! Where two trees over one range differ.

use super::policy::Combine;
use super::tree::{PAGE_BITS, PAGE_MASK, Page, Tree};
use crate::engine::base::arrange;
use crate::engine::place::TokenRange;
use crate::engine::sweep::words_of;

/// A node of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// Levels below the root.
    pub level: u32,
    /// Its place in its level, from 0.
    pub index: u64,
}

/// What a comparison did on one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LevelCount {
    /// Pairs of hashes compared.
    pub compared: u64,
    /// Pairs that differed.
    pub differed: u64,
}

/// Where two trees differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    /// The smallest parts that are known to differ, in order: leaves of the less deep tree.
    pub leaves: Vec<Spot>,
    /// What was compared, root first.
    pub levels: Vec<LevelCount>,
}

/// Compares two trees over one range from the root down, looking below a node only where its hashes differ. Trees that were not made for
/// each other (another range, fan-out, function or way to combine) differ as a whole. Hashes of hashes show how deep a tree is, so that
/// such trees of unequal depth differ as a whole too, unless both are empty.
pub fn difference(a: &Tree, b: &Tree) -> Difference {
    let (p, q) = (a.policy(), b.policy());
    let whole = Difference { leaves: vec![Spot { level: 0, index: 0 }], levels: Vec::new() };
    if (a.range(), p.fan_out, p.digest, p.combine, p.leaf) != (b.range(), q.fan_out, q.digest, q.combine, q.leaf) {
        return whole;
    }
    let (bits, words, bottom) = (p.bits(), words_of(p.digest), a.depth().min(b.depth()));
    let mut found = Difference::default();
    let (mut here, mut next): (Vec<u64>, Vec<u64>) = (Vec::new(), Vec::new());
    let root = a.level(0, 0, 1) != b.level(0, 0, 1);
    found.levels.push(LevelCount { compared: 1, differed: u64::from(root) });
    let bottom = if p.combine.hides_depth() || a.depth() == b.depth() { bottom } else { 0 };
    if root {
        here.push(0);
    }
    for level in 1..=bottom {
        if here.is_empty() {
            break;
        }
        let mut count = LevelCount::default();
        let pages = (a.pages_of(level), b.pages_of(level));
        count.compared = (here.len() as u64) << bits;
        match words {
            1 => unlike::<1>(pages, &here, bits, &mut next),
            2 => unlike::<2>(pages, &here, bits, &mut next),
            _ => unlike::<4>(pages, &here, bits, &mut next),
        }
        here.clear();
        count.differed = next.len() as u64;
        found.levels.push(count);
        std::mem::swap(&mut here, &mut next);
    }
    let level = found.levels.len() as u32 - 1;
    found.leaves = here.into_iter().map(|index| Spot { level, index }).collect();
    found
}

/// Collects the children of these nodes whose hashes of `W` words differ: with a width that the compiler knows, and without a branch for each
/// pair. All children of a node lie in one page.
fn unlike<const W: usize>((mine, theirs): (&[Page], &[Page]), parents: &[u64], bits: u32, found: &mut Vec<u64>) {
    for parent in parents {
        let first = parent << bits;
        let (page, place) = ((first >> PAGE_BITS) as usize, (first & PAGE_MASK) as usize * W);
        let (mine, theirs) = (&mine[page][place..][..W << bits], &theirs[page][place..][..W << bits]);
        let pairs = mine.as_chunks::<W>().0.chunks(16).zip(theirs.as_chunks::<W>().0.chunks(16));
        for (first, (mine, theirs)) in (first..).step_by(16).zip(pairs) {
            let mut marks = 0u32;
            for (i, (x, y)) in mine.iter().zip(theirs).enumerate() {
                let apart = x.iter().zip(y).fold(0, |apart, (x, y)| apart | (x ^ y));
                marks |= u32::from(apart != 0) << i;
            }
            while marks != 0 {
                found.push(first + u64::from(marks.trailing_zeros()));
                marks &= marks - 1;
            }
        }
    }
}

/// The ranges that Apache Cassandra streams for this difference (4.1, `utils/MerkleTree.differenceHelper`): neighbours that differ become
/// one range only if they are all the children of one node, again and again upwards.
pub fn merged_ranges(range: TokenRange, bits: u32, found: &Difference) -> Vec<TokenRange> {
    let mut spots = found.leaves.clone();
    let mut done: Vec<Spot> = Vec::new();
    while let Some(level) = spots.first().map(|spot| spot.level) {
        let mut parents = Vec::new();
        for family in spots.chunk_by(|x, y| x.index >> bits == y.index >> bits) {
            if level > 0 && family.len() as u64 == 1 << bits {
                parents.push(Spot { level: level - 1, index: family[0].index >> bits });
            } else {
                done.extend(family);
            }
        }
        spots = parents;
    }
    let begin = |spot: &Spot| range.begin_of(spot.index, 1 << (bits * spot.level));
    arrange(&mut done, |a, b| begin(a).cmp(&begin(b)));
    done.iter().filter_map(|spot| range.part(spot.index, 1 << (bits * spot.level))).collect()
}

impl Combine {
    /// Whether trees of unequal depth can be compared node by node.
    pub const fn hides_depth(self) -> bool {
        matches!(self, Combine::Xor)
    }
}
