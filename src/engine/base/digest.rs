//! Digests of rows, and the cheap running mix behind a run's fingerprint.

use std::fmt;

use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::wire::{Sink, Wire};

/// Eight bytes that stand for a value: equal values have equal digests; different values differ except by rare accident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u64);

impl Digest {
    /// xxh64 with seed 0 over the canonical encoding: the same speed natively and in WebAssembly.
    pub fn of(value: &impl Wire) -> Digest {
        let mut hasher = Hashing(Xxh64::new(0));
        value.encode(&mut hasher);
        Digest(hasher.0.digest())
    }

    /// xxh64 with seed 0 over raw bytes.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        Digest(xxh64(bytes, 0))
    }

    /// The first four hexadecimal digits, which is what is drawn.
    pub fn short(self) -> String {
        format!("{:04x}", self.0 >> 48)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

struct Hashing(Xxh64);

impl Sink for Hashing {
    fn put(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// A running 64-bit mix: order matters, one multiplication per word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mix(pub u64);

impl Mix {
    /// The mix of nothing.
    pub const START: Mix = Mix(0x243f_6a88_85a3_08d3);

    /// Takes in one word. For a fixed state it is a bijection of the word, and of the state for a fixed word, so nothing is ever absorbed.
    pub fn word(&mut self, word: u64) {
        let h = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = h ^ (h >> 29);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xxh64_of_nothing_is_the_published_constant() {
        // xxHash specification, XXH64 of the empty input with seed 0.
        assert_eq!(Digest::of_bytes(b""), Digest(0xef46_db37_51d8_e999));
        assert_eq!(Digest(0xef46_db37_51d8_e999).short(), "ef46");
    }

    #[test]
    fn mix_sees_order() {
        let run = |words: [u64; 2]| words.iter().fold(Mix::START, |mut m, w| (m.word(*w), m).1);
        assert_ne!(run([1, 2]), run([2, 1]));
        assert_ne!(run([0, 0]), Mix::START);
    }
}
