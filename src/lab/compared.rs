//! How many hashes two Merkle trees compare, by how many keys differ: far apart, and side by side. Real trees, changed key by key.

use crate::engine::base::DigestFunction;
use crate::engine::data::{Key, Token};
use crate::engine::sweep::{Depth, Item, TokenRange, Tree, TreePolicy, difference};

/// Keys of the ring; neighbours are one of so many parts of it apart.
pub const KEYS: u64 = 1_000_000;
/// Numbers of keys that differ.
pub const STEPS: [u64; 11] = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000];
/// The step that a learner guesses: a thousand keys.
pub const GUESSED: usize = 6;

/// Three trees: one that has missed nothing, one that has missed scattered keys, one that has missed neighbours.
#[derive(Debug, Clone)]
pub struct Compared {
    whole: Tree,
    far: Tree,
    near: Tree,
    done: u64,
    /// Hashes compared at each step: far apart, and side by side.
    pub found: Vec<(u64, u64)>,
}

impl Default for Compared {
    /// Binary trees of 32 768 leaves, before any key differs.
    fn default() -> Self {
        let policy = TreePolicy { fan_out: 2, depth: Depth::Fixed(15), digest: DigestFunction::default(), ..TreePolicy::default() };
        let tree = Tree::empty(TokenRange::RING, policy, 15);
        Compared { whole: tree.clone(), far: tree.clone(), near: tree, done: 0, found: Vec::new() }
    }
}

impl Compared {
    /// How many leaves a tree has.
    pub fn leaves(&self) -> u64 {
        self.whole.leaves()
    }

    /// Makes at most `work` more keys differ, and compares at each step. Returns whether all steps are done.
    pub fn advance(&mut self, work: u64) -> bool {
        let stop = self.done.saturating_add(work);
        while let Some(goal) = STEPS.get(self.found.len()) {
            while self.done < *goal {
                if self.done >= stop {
                    return false;
                }
                self.differ();
            }
            let compared = |other: &Tree| difference(&self.whole, other).levels.iter().map(|level| level.compared).sum();
            self.found.push((compared(&self.far), compared(&self.near)));
        }
        true
    }

    /// One key more that only one side has. The trees of the other side hold everything else, which cancels out.
    fn differ(&mut self) {
        let key = Key::new(&format!("key-{}", self.done));
        let item: Item = self.whole.policy().digest.words(key.name().as_bytes());
        self.far.change(key.token(), None, Some(&item));
        let place = (u128::from(KEYS / 2 + self.done) << 64) / u128::from(KEYS);
        self.near.change(Token(place as u64), None, Some(&item));
        self.done += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scattered_keys_cost_a_path_each_and_neighbours_share_theirs() {
        let mut all = Compared::default();
        while !all.advance(997) {}
        assert_eq!(all.found.len(), STEPS.len());
        // One key: the root, and two children on each of fifteen levels.
        assert_eq!(all.found[0], (31, 31));
        assert!(all.found.iter().all(|(far, near)| far >= near) && all.found.is_sorted());
        let (far, near) = all.found[GUESSED];
        assert!(far > 10_000 && near < 150, "{far} and {near}");
        assert!(all.found[STEPS.len() - 1].0 <= 2 * 32_768, "never more than all nodes");
    }
}
