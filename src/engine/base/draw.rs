//! Stateless randomness: every draw is a pure function of the seed and of what it is for.
//!
//! Removing one message or adding one action therefore changes nobody else's delay, and the same key names the same event in two
//! runs: this is what makes "what if" and comparison honest.

use super::logarithm::neg_ln_q32;
use super::time::Micros;

/// What a draw is for. Different purposes never share a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Travel time of a message.
    Latency = 1,
    /// Whether a message is lost.
    Loss = 2,
    /// Whether a message arrives twice.
    Duplicate = 3,
    /// Whether a message is held back behind later ones.
    Reorder = 4,
    /// When a node's first heartbeat falls within its interval.
    Phase = 5,
    /// Which keys and values a preload writes.
    Preload = 6,
    /// A node's choice among several: whom to ask, who keeps a hint.
    Pick = 9,
    /// Where a virtual node lies on the ring.
    Token = 7,
    /// What a workload asks, and when.
    Workload = 20,
    /// When a node starts a sweep by itself.
    Sweep = 21,
    /// When a node begins to check what it holds.
    Scrub = 30,
    /// Which bit of a value changes by itself.
    Rot = 31,
}

/// The source of all draws of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    seed: u64,
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection that spreads every input bit over the word.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Draws {
    /// Draws for a run with this seed.
    pub const fn new(seed: u64) -> Draws {
        Draws { seed }
    }

    /// 64 even bits that depend on the seed, the purpose and `key` only.
    pub fn draw<const K: usize>(&self, purpose: Purpose, key: [u64; K]) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut h = mix(self.seed.wrapping_add(STEP).wrapping_mul(purpose as u64 | 1).wrapping_add(purpose as u64));
        for word in key {
            h = mix(h.wrapping_add(STEP) ^ word.wrapping_mul(STEP));
        }
        mix(h)
    }
}

/// Whether an event of probability `ppm` / 1,000,000 happens for this draw.
pub const fn chance(draw: u64, ppm: u32) -> bool {
    ((draw as u128 * 1_000_000) >> 64) < ppm as u128
}

/// An even choice of an index below `len` (0 if there is nothing to choose from).
pub const fn pick(draw: u64, len: usize) -> usize {
    ((draw as u128 * len as u128) >> 64) as usize
}

/// An even choice from `low..=high` microseconds (`low` if the range is empty).
pub const fn uniform(draw: u64, low: Micros, high: Micros) -> Micros {
    let width = high.0.saturating_sub(low.0) as u128 + 1;
    Micros(low.0.saturating_add(((draw as u128 * width) >> 64) as u64))
}

/// An exponentially distributed span with this mean; never more than 44.4 times the mean.
pub fn exponential(draw: u64, mean: Micros) -> Micros {
    Micros(u64::try_from((u128::from(neg_ln_q32(draw)) * u128::from(mean.0)) >> 32).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_every_part_of_its_key() {
        let draws = Draws::new(7);
        let base = draws.draw(Purpose::Latency, [1, 2, 3]);
        assert_eq!(base, draws.draw(Purpose::Latency, [1, 2, 3]));
        let others = [
            draws.draw(Purpose::Loss, [1, 2, 3]),
            draws.draw(Purpose::Latency, [0, 2, 3]),
            draws.draw(Purpose::Latency, [1, 3, 3]),
            draws.draw(Purpose::Latency, [1, 2, 4]),
            draws.draw(Purpose::Latency, [3, 2, 1]),
            Draws::new(8).draw(Purpose::Latency, [1, 2, 3]),
        ];
        assert!(others.iter().all(|d| *d != base));
    }

    #[test]
    fn shapes_have_their_means() {
        let draws = Draws::new(1);
        let n = 20_000u64;
        let each = |f: &dyn Fn(u64) -> u64| (0..n).map(|i| f(draws.draw(Purpose::Latency, [i]))).sum::<u64>();
        let hits = each(&|d| u64::from(chance(d, 250_000)));
        assert!(hits.abs_diff(n / 4) < 300, "a quarter of the draws, got {hits}");
        let even = each(&|d| uniform(d, Micros(10), Micros(20)).0) / n;
        assert!((14..=15).contains(&even), "mean of 10..=20, got {even}");
        let exp = each(&|d| exponential(d, Micros(1_000)).0) / n;
        assert!(exp.abs_diff(1_000) < 25, "mean 1000, got {exp}");
        assert!(!chance(u64::MAX, 999_999) && chance(u64::MAX, 1_000_000) && !chance(0, 0));
    }
}
