//! Digests of rows, and the cheap running mix behind a run's fingerprint.

use std::fmt;

use super::digest_function::DigestFunction;
use super::wire::Wire;

/// The longest digest there is, in bytes.
const LONGEST: usize = 32;

/// A few bytes that stand for a value: equal values have equal digests; different values differ except by rare accident. How many bytes
/// there are is up to the function that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    /// The digest, then zeros.
    bytes: [u8; LONGEST],
    len: u8,
}

impl Digest {
    /// xxh64 with seed 0 over the canonical encoding: the same speed natively and in WebAssembly.
    pub fn of(value: &impl Wire) -> Digest {
        DigestFunction::Xxh64.of(value)
    }

    /// xxh64 with seed 0 over raw bytes.
    pub fn of_bytes(bytes: &[u8]) -> Digest {
        DigestFunction::Xxh64.of_bytes(bytes)
    }

    /// These bytes, at most 32 of them.
    pub(super) fn from_bytes(from: &[u8]) -> Digest {
        let len = from.len().min(LONGEST);
        let mut bytes = [0; LONGEST];
        bytes[..len].copy_from_slice(&from[..len]);
        Digest { bytes, len: len as u8 }
    }

    /// These words, big-endian, at most four of them.
    pub fn of_words(words: &[u64]) -> Digest {
        let mut digest = Digest { bytes: [0; LONGEST], len: (words.len() * 8).min(LONGEST) as u8 };
        digest.bytes.chunks_exact_mut(8).zip(words).for_each(|(place, word)| place.copy_from_slice(&word.to_be_bytes()));
        digest
    }

    /// The bytes as big-endian words, then zeros.
    pub fn words(&self) -> [u64; 4] {
        let mut words = [0; 4];
        for (word, bytes) in words.iter_mut().zip(self.bytes.chunks_exact(8)) {
            *word = bytes.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        }
        words
    }

    /// The bytes, as they travel.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// The first eight bytes as a number.
    pub fn head(self) -> u64 {
        self.bytes[..8].iter().fold(0, |head, byte| (head << 8) | u64::from(*byte))
    }

    /// The first four hexadecimal digits, which is what is drawn.
    pub fn short(self) -> String {
        format!("{:04x}", self.head() >> 48)
    }
}

/// A digest of eight bytes.
impl From<u64> for Digest {
    fn from(number: u64) -> Digest {
        Digest::from_bytes(&number.to_be_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
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
    fn a_digest_shows_its_first_digits() {
        let digest = Digest::of_bytes(b"");
        assert_eq!((digest, digest.short(), digest.to_string()), (0xef46_db37_51d8_e999.into(), "ef46".into(), "ef46db3751d8e999".into()));
        assert_eq!(digest.head(), 0xef46_db37_51d8_e999);
    }

    #[test]
    fn mix_sees_order() {
        let run = |words: [u64; 2]| words.iter().fold(Mix::START, |mut m, w| (m.word(*w), m).1);
        assert_ne!(run([1, 2]), run([2, 1]));
        assert_ne!(run([0, 0]), Mix::START);
    }
}
