//! Ranges of the ring, as a node's token ends them, and their division into equal parts.

use crate::engine::base::{Sink, Wire};
use crate::engine::data::Token;

/// Everything after `left` up to and including `right`, clockwise; the whole ring if both are the same (Apache Cassandra 4.1, `dht/Range`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenRange {
    /// The token before the first one.
    pub left: Token,
    /// The last token.
    pub right: Token,
}

impl TokenRange {
    /// The whole ring.
    pub const RING: TokenRange = TokenRange { left: Token(0), right: Token(0) };

    /// How many tokens there are: up to 2⁶⁴.
    pub fn width(self) -> u128 {
        match self.right.0.wrapping_sub(self.left.0) {
            0 => 1 << 64,
            width => u128::from(width),
        }
    }

    /// How far `token` lies into the range, from 0; at least the width for a token outside.
    pub fn offset(self, token: Token) -> u128 {
        u128::from(token.0.wrapping_sub(self.left.0).wrapping_sub(1))
    }

    /// Whether `token` is one of them.
    pub fn holds(self, token: Token) -> bool {
        self.offset(token) < self.width()
    }

    /// Whether all of `other` lies in it.
    pub fn covers(self, other: TokenRange) -> bool {
        self.holds(other.right) && other.width() <= self.offset(other.right) + 1
    }

    /// Whether the two have a token in common.
    pub fn meets(self, other: TokenRange) -> bool {
        self.holds(other.right) || other.holds(self.right)
    }

    /// The part of `parts` equal ones that `token`, which is in the range, falls into.
    pub fn part_of(self, token: Token, parts: u64) -> u64 {
        let product = self.offset(token) * u128::from(parts);
        match self.width() {
            width if width == 1 << 64 => (product >> 64) as u64,
            width => (product / width) as u64,
        }
    }

    /// How far the first token of a part lies into the range; the width for the part after the last.
    pub fn begin_of(self, part: u64, parts: u64) -> u128 {
        let product = u128::from(part) * self.width();
        // Trees have powers of two: no slow division for each of their leaves.
        match parts.is_power_of_two() {
            true => (product + u128::from(parts) - 1) >> parts.trailing_zeros(),
            false => product.div_ceil(u128::from(parts)),
        }
    }

    /// One of `parts` equal parts; `None` if the range is so narrow that the part is empty.
    pub fn part(self, part: u64, parts: u64) -> Option<TokenRange> {
        self.parts(part, part + 1, parts)
    }

    /// Parts `from..to` of `parts` as one range; `None` if it would be empty.
    pub fn parts(self, from: u64, to: u64, parts: u64) -> Option<TokenRange> {
        let (begin, end) = (self.begin_of(from, parts), self.begin_of(to, parts));
        let at = |offset: u128| Token(self.left.0.wrapping_add(offset as u64));
        (begin < end).then(|| TokenRange { left: at(begin), right: at(end) })
    }

    /// The range as one or two runs of ascending tokens, first and last of each included.
    pub fn runs(self) -> impl Iterator<Item = (Token, Token)> {
        let (left, right) = (self.left.0, self.right.0);
        let (first, second) = if left < right {
            (Some((left + 1, right)), None)
        } else {
            (left.checked_add(1).map(|first| (first, u64::MAX)), Some((0, right)))
        };
        first.into_iter().chain(second).map(|(first, last)| (Token(first), Token(last)))
    }
}

impl Wire for TokenRange {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u64(self.left.0);
        sink.u64(self.right.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_range_and_agree_with_where_tokens_fall() {
        for (left, right) in [(0, 0), (7, 7), (10, 17), (u64::MAX - 3, 5), (1 << 63, 3), (5, u64::MAX), (0, 1)] {
            let range = TokenRange { left: Token(left), right: Token(right) };
            for parts in [1, 2, 8, 256] {
                let all: Vec<TokenRange> = (0..parts).filter_map(|p| range.part(p, parts)).collect();
                assert_eq!(all.iter().map(|r| r.width()).sum::<u128>(), range.width());
                assert_eq!((all[0].left, all[all.len() - 1].right), (range.left, range.right));
                for part in &all {
                    for token in [Token(part.left.0.wrapping_add(1)), part.right] {
                        assert_eq!(range.part(range.part_of(token, parts), parts), Some(*part), "{range:?} {parts} {token:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_range_round_zero_holds_both_sides() {
        let range = TokenRange { left: Token(u64::MAX - 1), right: Token(1) };
        let held = [u64::MAX - 1, u64::MAX, 0, 1, 2].map(|t| range.holds(Token(t)));
        assert_eq!(held, [false, true, true, true, false]);
        assert!(range.runs().eq([(Token(u64::MAX), Token(u64::MAX)), (Token(0), Token(1))]));
        assert_eq!(TokenRange::RING.runs().map(|(a, b)| u128::from(b.0 - a.0) + 1).sum::<u128>(), 1 << 64);
    }
}
