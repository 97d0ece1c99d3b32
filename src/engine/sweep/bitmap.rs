//! What one replica has seen of another's events: everything up to a number, and a bit for each after it (bitmap version vectors;
//! ServerWideClocks, `swc_node.erl`; Gonçalves, Almeida, Baquero, Fonte 2017).

use crate::engine::base::{Sink, Wire};

/// How far beyond the base an event may lie to be remembered: 8 KiB of bits. Whoever is told more at once learns it by the next exchange.
const AHEAD: u64 = 1 << 16;

/// Events of one node: all up to the base, and those whose bits are set. Bit i stands for the event base + 1 + i.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seen {
    base: u64,
    bits: Vec<u64>,
}

impl Seen {
    /// Nothing seen.
    pub const NONE: Seen = Seen { base: 0, bits: Vec::new() };

    /// All events up to `base`, and those of a bitmap, whose lowest bit stands for the one after.
    pub fn new(base: u64, bits: u64) -> Seen {
        let mut seen = Seen { base, bits: vec![bits] };
        seen.norm();
        seen
    }

    /// Everything up to this number has been seen, and the next has not.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Words of the bitmap, the lowest first.
    pub fn bits(&self) -> &[u64] {
        &self.bits
    }

    /// The last event seen.
    pub fn last(&self) -> u64 {
        self.beyond().last().unwrap_or(self.base)
    }

    /// Whether this event has been seen.
    pub fn holds(&self, event: u64) -> bool {
        match event.checked_sub(self.base).filter(|beyond| *beyond > 0).map(|beyond| beyond - 1) {
            None => true,
            Some(bit) => self.bits.get((bit / 64) as usize).is_some_and(|word| word >> (bit % 64) & 1 == 1),
        }
    }

    /// Takes an event in. Returns whether it was new; one that lies too far ahead is not remembered.
    pub fn add(&mut self, event: u64) -> bool {
        if self.holds(event) || event - self.base > AHEAD {
            return false;
        }
        let bit = event - self.base - 1;
        let word = (bit / 64) as usize;
        if self.bits.len() <= word {
            self.bits.resize(word + 1, 0);
        }
        self.bits[word] |= 1 << (bit % 64);
        self.norm();
        true
    }

    /// Events beyond the base, in order.
    pub fn beyond(&self) -> impl Iterator<Item = u64> {
        let base = self.base;
        let words = (0u64..).zip(&self.bits);
        let set = words.flat_map(|(i, word)| (0..64).filter(move |bit| word >> bit & 1 == 1).map(move |bit| i * 64 + bit));
        // Who lies about the base may have bits where there are no numbers any more.
        set.map_while(move |bit| base.checked_add(1 + bit))
    }

    /// Events seen here and not by `other`, in order.
    pub fn missing_at(&self, other: &Seen) -> impl Iterator<Item = u64> {
        (other.base.saturating_add(1)..=self.base).chain(self.beyond()).filter(move |event| !other.holds(*event))
    }

    /// Everything that either has seen.
    pub fn join(&mut self, other: &Seen) {
        let (mut high, low) = if self.base >= other.base { (self.clone(), other) } else { (other.clone(), &*self) };
        for event in low.beyond() {
            high.add(event);
        }
        *self = high;
    }

    /// The bits next to the base become part of it.
    fn norm(&mut self) {
        let ones = self.bits.iter().take_while(|word| **word == u64::MAX).count();
        self.bits.drain(..ones);
        self.base = self.base.saturating_add(ones as u64 * 64);
        let shift = self.bits.first().map_or(0, |word| word.trailing_ones());
        if shift > 0 {
            self.base = self.base.saturating_add(u64::from(shift));
            for i in 0..self.bits.len() {
                let next = self.bits.get(i + 1).copied().unwrap_or(0);
                self.bits[i] = self.bits[i] >> shift | next << (64 - shift);
            }
        }
        while self.bits.last() == Some(&0) {
            self.bits.pop();
        }
    }
}

impl Wire for Seen {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u64(self.base);
        sink.u32(self.bits.len() as u32);
        self.bits.iter().for_each(|word| sink.u64(*word));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all(seen: &Seen) -> BTreeSet<u64> {
        (1..=seen.base()).chain(seen.beyond()).collect()
    }

    #[test]
    fn bits_next_to_the_base_become_part_of_it() {
        assert_eq!(Seen::new(5, 0b11), Seen::new(7, 0));
        assert_eq!((Seen::new(5, 0b10).base(), Seen::new(5, 0b10).last()), (5, 7));
        let mut seen = Seen::new(2, 0b101);
        assert!(seen.add(4) && seen == Seen::new(5, 0), "the hole is filled");
        let mut wide = Seen::default();
        for event in (2..=200).rev() {
            assert!(wide.add(event) && wide.base() == 0);
        }
        assert!(wide.add(1) && !wide.add(77) && wide == Seen::new(200, 0));
    }

    #[test]
    fn what_is_missing_is_the_difference_and_joining_is_the_union() {
        let mut n = 3u64;
        let mut draw = || {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            n >> 33
        };
        let mut one = || {
            let mut seen = Seen::new(draw() % 80, 0);
            for _ in 0..draw() % 60 {
                seen.add(1 + draw() % 300);
            }
            seen
        };
        for _ in 0..500 {
            let (a, b, c) = (one(), one(), one());
            let missing: Vec<u64> = a.missing_at(&b).collect();
            assert!(missing.iter().copied().eq(all(&a).difference(&all(&b)).copied()), "{a:?} {b:?}");
            let join = |x: &Seen, y: &Seen| {
                let mut joined = x.clone();
                joined.join(y);
                joined
            };
            assert_eq!(all(&join(&a, &b)), all(&a).union(&all(&b)).copied().collect());
            assert_eq!((join(&a, &b), join(&a, &a)), (join(&b, &a), a.clone()), "in any order, as often as you like");
            assert_eq!(join(&join(&a, &b), &c), join(&a, &join(&b, &c)));
            let mut told = b.clone();
            for event in &missing {
                told.add(*event);
            }
            assert_eq!(told, join(&a, &b), "to be told what is missing is to join");
        }
    }

    #[test]
    fn an_event_too_far_ahead_is_left_to_the_next_exchange() {
        let mut seen = Seen::new(5, 0);
        assert!(!seen.add(u64::MAX) && !seen.add(6 + AHEAD) && seen.add(5 + AHEAD) && seen.bits().len() == 1_024);
        let absurd = Seen::new(u64::MAX, u64::MAX);
        assert!(absurd.holds(u64::MAX) && absurd.holds(0) && absurd.last() == u64::MAX && !seen.clone().add(u64::MAX));
        assert_eq!((Seen::new(u64::MAX - 1, 0b110).beyond().count(), seen.missing_at(&absurd).count()), (0, 0));
        seen.join(&absurd);
        assert_eq!(seen.base(), u64::MAX);
        assert_eq!(Seen::new(u64::MAX - 70, 0).missing_at(&Seen::new(u64::MAX - 72, 0)).count(), 2);
    }
}
