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
    /// The sum of all items before each place, modulo 2⁶⁴: one subtraction gives the sum of any run of them.
    sums: Vec<u64>,
}

impl ItemSet {
    /// A set of these tokens and items, in any order.
    pub fn new(rows: impl Iterator<Item = (u64, RowItem)>) -> ItemSet {
        let mut rows: Vec<(u64, RowItem)> = rows.collect();
        if !rows.is_sorted() {
            rows.sort_unstable();
        }
        let mut sum = 0u64;
        let sums = std::iter::once(0).chain(rows.iter().map(|(_, item)| {
            sum = sum.wrapping_add(*item);
            sum
        }));
        let sums = sums.collect();
        let (tokens, items) = rows.into_iter().unzip();
        ItemSet { tokens, items, sums }
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

    /// Items with their tokens, in the order of items: for finding the row that an item stands for.
    pub fn by_item(&self) -> Vec<(RowItem, u64)> {
        let mut all: Vec<(RowItem, u64)> = self.items.iter().copied().zip(self.tokens.iter().copied()).collect();
        all.sort_unstable();
        all
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
