//! What a replica holds as a set of small items: one 64-bit digest for each row, of its key and its version.

use crate::engine::base::DigestFunction;

/// The digest of a row as methods see it that compare sets: the first 64 bits of what the policy's function makes of key and row. Among a
/// million rows two of them are the same with a probability of 2⁻²⁵.
pub type RowItem = u64;

/// Items of a replica with the tokens of their keys, in the order of tokens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ItemSet {
    tokens: Vec<u64>,
    items: Vec<RowItem>,
    /// The sum of all items before each place, modulo 2⁶⁴: one subtraction gives the sum of any run of them. Empty for an empty set.
    sums: Vec<u64>,
}

impl ItemSet {
    /// A set of these tokens and items, in any order.
    pub fn new(rows: impl Iterator<Item = (u64, RowItem)>) -> ItemSet {
        let mut set = ItemSet::default();
        rows.for_each(|(token, item)| set.add(token, item));
        set.done()
    }

    /// One more; [`ItemSet::done`] must follow.
    pub fn add(&mut self, token: u64, item: RowItem) {
        if self.sums.is_empty() {
            self.sums.push(0);
        }
        let sum = self.sums.last().copied().unwrap_or_default().wrapping_add(item);
        self.tokens.push(token);
        self.items.push(item);
        self.sums.push(sum);
    }

    /// All have come: puts them in order, if they did not come so.
    pub fn done(self) -> ItemSet {
        let pairs = || self.tokens.iter().copied().zip(self.items.iter().copied());
        if pairs().is_sorted() {
            return self;
        }
        let mut rows: Vec<(u64, RowItem)> = pairs().collect();
        rows.sort_unstable();
        let mut set = ItemSet::default();
        rows.into_iter().for_each(|(token, item)| set.add(token, item));
        set
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The items, in the order of their tokens.
    pub fn items(&self) -> &[RowItem] {
        &self.items
    }

    /// The tokens, ascending.
    pub fn tokens(&self) -> &[u64] {
        &self.tokens
    }

    /// The place after the last token up to and including `last`.
    pub fn place_after(&self, last: u64) -> usize {
        self.tokens.partition_point(|token| *token <= last)
    }

    /// What stands for the items `from..to`: their sum and their number, hashed (Meyer 2023, section 5; negentropy adds ids modulo 2²⁵⁶ and
    /// keeps 16 bytes, here items have 64 bits and so has this).
    pub fn fingerprint(&self, function: DigestFunction, from: usize, to: usize) -> u64 {
        let sum = self.sums.get(to).copied().unwrap_or_default().wrapping_sub(self.sums.get(from).copied().unwrap_or_default());
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&sum.to_le_bytes());
        bytes[8..].copy_from_slice(&(to.saturating_sub(from) as u64).to_le_bytes());
        function.words(&bytes)[0]
    }

    /// Those of some items, in the order of items, that are in the set, each with its token: for finding the rows that they stand for.
    pub fn places_of(&self, items: &[RowItem]) -> Vec<(RowItem, u64)> {
        let mut wanted = items.to_vec();
        wanted.sort_unstable();
        // A million items are gone through without a search for each: only few have the same low bits as one that is wanted.
        let mut bits = vec![0u64; 1 << 10];
        let bit = |item: RowItem| ((item >> 6) as usize & 1023, 1u64 << (item & 63));
        wanted.iter().map(|item| bit(*item)).for_each(|(word, mask)| bits[word] |= mask);
        let all = self.items.iter().copied().zip(self.tokens.iter().copied());
        let near = all.filter(|(item, _)| {
            let (word, mask) = bit(*item);
            bits[word] & mask != 0
        });
        let mut found: Vec<(RowItem, u64)> = near.filter(|(item, _)| wanted.binary_search(item).is_ok()).collect();
        found.sort_unstable();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_every_item_does() {
        let hash_of = |rows: &[(u64, u64)]| {
            let set = ItemSet::new(rows.iter().copied());
            set.fingerprint(DigestFunction::Xxh64, 0, set.len())
        };
        assert_eq!(hash_of(&[(1, 10), (2, 20)]), hash_of(&[(2, 20), (1, 10)]));
        assert_ne!(hash_of(&[(1, 10), (2, 20)]), hash_of(&[(1, 10), (2, 21)]));
        assert_ne!(hash_of(&[(1, 30)]), hash_of(&[(1, 10), (2, 20)]), "the number of items counts too");
        assert_ne!(hash_of(&[]), hash_of(&[(1, 0)]));
    }

    #[test]
    fn a_run_of_items_has_its_own_fingerprint() {
        let set = ItemSet::new((0..100).map(|n| (n, n * n + 1)));
        let part = ItemSet::new((20..50).map(|n| (n, n * n + 1)));
        assert_eq!(set.fingerprint(DigestFunction::Md5, 20, 50), part.fingerprint(DigestFunction::Md5, 0, 30));
        assert_eq!((set.place_after(19), set.place_after(49)), (20, 50));
    }
}
