//! The functions that digests can be made with: fast ones that only tell rows apart, and slow ones that nobody can fool.

use std::hash::Hasher;

use md5::Md5;
use mur3::Hasher128;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use siphasher::sip::SipHasher13;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};
use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::digest::Digest;
use super::wire::{Sink, Wire};

/// A function that makes digests. All nodes of a cluster use the same one, so its name does not travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub enum DigestFunction {
    /// xxHash of 64 bits, seed 0: fast, and the same speed natively and in WebAssembly.
    #[default]
    #[serde(rename = "xxh64")]
    Xxh64,
    /// SipHash-1-3 of 64 bits (Aumasson and Bernstein 2012). Its key, which keeps clients from making values that collide, is zero here: all
    /// replicas must use the same one, and a run has no secrets.
    #[serde(rename = "siphash-1-3")]
    SipHash13,
    /// XXH3 of 64 bits, seed 0: the fastest where the processor has wide registers.
    #[serde(rename = "xxh3")]
    Xxh3,
    /// MD5, 128 bits (RFC 1321): what Apache Cassandra uses up to 4.1 (`db/Digest.forReadResponse`). Collisions can be made on purpose.
    #[serde(rename = "md5")]
    Md5,
    /// SHA-256, 256 bits (FIPS 180-4): nobody can make two values with the same digest.
    #[serde(rename = "sha-256")]
    Sha256,
    /// MurmurHash3 of 128 bits for 64-bit machines, seed 0: what Cassandra's Merkle trees use since 4.0.
    #[serde(rename = "murmur3")]
    Murmur3,
}

/// Hands each piece of an encoding to a function.
struct Feed<F: FnMut(&[u8])>(F);

impl<F: FnMut(&[u8])> Sink for Feed<F> {
    fn put(&mut self, bytes: &[u8]) {
        self.0(bytes);
    }
}

/// Raw bytes, without a length before them.
struct Raw<'a>(&'a [u8]);

impl Wire for Raw<'_> {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.put(self.0);
    }
}

impl DigestFunction {
    /// Every function.
    pub const EVERY: [DigestFunction; 6] = [
        DigestFunction::Xxh64,
        DigestFunction::SipHash13,
        DigestFunction::Xxh3,
        DigestFunction::Md5,
        DigestFunction::Sha256,
        DigestFunction::Murmur3,
    ];

    /// The name as its authors write it.
    pub const fn name(self) -> &'static str {
        match self {
            DigestFunction::Xxh64 => "xxh64",
            DigestFunction::SipHash13 => "SipHash-1-3",
            DigestFunction::Xxh3 => "XXH3",
            DigestFunction::Md5 => "MD5",
            DigestFunction::Sha256 => "SHA-256",
            DigestFunction::Murmur3 => "MurmurHash3",
        }
    }

    /// Bytes of each digest.
    pub const fn size(self) -> u32 {
        match self {
            DigestFunction::Xxh64 | DigestFunction::SipHash13 | DigestFunction::Xxh3 => 8,
            DigestFunction::Md5 | DigestFunction::Murmur3 => 16,
            DigestFunction::Sha256 => 32,
        }
    }

    /// The digest of a value's canonical encoding.
    pub fn of(self, value: &impl Wire) -> Digest {
        match self {
            DigestFunction::Xxh64 => {
                let mut hash = Xxh64::new(0);
                value.encode(&mut Feed(|bytes| hash.update(bytes)));
                hash.digest().into()
            }
            DigestFunction::SipHash13 => {
                let mut hash = SipHasher13::new();
                value.encode(&mut Feed(|bytes| hash.write(bytes)));
                hash.finish().into()
            }
            DigestFunction::Xxh3 => {
                let mut hash = Xxh3::new();
                value.encode(&mut Feed(|bytes| hash.update(bytes)));
                hash.digest().into()
            }
            DigestFunction::Md5 => {
                let mut hash = Md5::new();
                value.encode(&mut Feed(|bytes| hash.update(bytes)));
                Digest::from_bytes(&hash.finalize())
            }
            DigestFunction::Sha256 => {
                let mut hash = Sha256::new();
                value.encode(&mut Feed(|bytes| hash.update(bytes)));
                Digest::from_bytes(&hash.finalize())
            }
            DigestFunction::Murmur3 => {
                let mut hash = Hasher128::with_seed(0);
                value.encode(&mut Feed(|bytes| hash.write(bytes)));
                let (first, second) = hash.finish128();
                Digest::from_bytes(&((u128::from(first) << 64) | u128::from(second)).to_be_bytes())
            }
        }
    }

    /// The digest of raw bytes.
    pub fn of_bytes(self, bytes: &[u8]) -> Digest {
        self.of(&Raw(bytes))
    }

    /// The digest of raw bytes as big-endian words, then zeros: what is quickest where digests are kept by the million.
    #[inline]
    pub fn words(self, bytes: &[u8]) -> [u64; 4] {
        match self {
            DigestFunction::Xxh64 => [xxh64(bytes, 0), 0, 0, 0],
            DigestFunction::Xxh3 => [xxh3_64(bytes), 0, 0, 0],
            _ => self.of_bytes(bytes).words(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_come_out() {
        let fox = b"The quick brown fox jumps over the lazy dog".as_slice();
        let known = [
            // xxHash specification, seed 0; MD5: RFC 1321, A.5; SHA-256: FIPS 180-4 (NIST's examples); the others: their authors' tests.
            (DigestFunction::Xxh64, b"".as_slice(), "ef46db3751d8e999"),
            (DigestFunction::Xxh3, b"", "2d06800538d394c2"),
            (DigestFunction::Md5, b"", "d41d8cd98f00b204e9800998ecf8427e"),
            (DigestFunction::Md5, b"abc", "900150983cd24fb0d6963f7d28e17f72"),
            (DigestFunction::Sha256, b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (DigestFunction::Murmur3, fox, "e34bbc7bbc071b6c7a433ca9c49a9347"),
        ];
        for (function, input, digest) in known {
            assert_eq!(function.of_bytes(input).to_string(), digest, "{}", function.name());
        }
    }

    #[test]
    fn siphash_is_that_of_the_standard_library() {
        for n in 0..100u8 {
            let input: Vec<u8> = (0..n).collect();
            let mut theirs = std::hash::DefaultHasher::new();
            theirs.write(&input);
            assert_eq!(DigestFunction::SipHash13.of_bytes(&input).head(), theirs.finish());
        }
    }

    #[test]
    fn pieces_and_the_whole_give_the_same_digest_of_the_promised_size() {
        struct Pieces<'a>(&'a [u8]);
        impl Wire for Pieces<'_> {
            fn encode<S: Sink>(&self, sink: &mut S) {
                self.0.chunks(7).for_each(|piece| sink.put(piece));
            }
        }
        let input: Vec<u8> = (0..1_000u32).map(|n| (n * n % 251) as u8).collect();
        for function in DigestFunction::EVERY {
            let digest = function.of(&Pieces(&input));
            assert_eq!(digest, function.of_bytes(&input), "{}", function.name());
            assert_eq!(digest.bytes().len(), function.size() as usize, "{}", function.name());
            assert_ne!(digest, function.of_bytes(&input[1..]));
            assert_eq!(digest.to_string().len(), 2 * function.size() as usize);
            assert_eq!(function.words(&input), digest.words(), "{}", function.name());
            assert_eq!(Digest::of_words(&digest.words()[..function.size() as usize / 8]), digest);
        }
    }
}
