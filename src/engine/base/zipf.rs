//! Zipf's law: the k-th most popular of `n` things is chosen in proportion to 1 / kˢ. The exponent is derived from a share, in whole numbers.

use super::logarithm::log2_q32;
use super::power::exp2_neg_q63;

/// Ranks with a weight of their own; those behind share one with their neighbours.
const SINGLE: u64 = 1_024;
/// A group of ranks is this fraction of its first rank wide, so that the first and the last of it differ by less than one per cent.
const GROUP: u64 = 128;
/// The largest exponent tried: then the first of two things is chosen all but once in four thousand million times.
const STEEPEST: u64 = 32 << 32;

/// A table from which ranks are drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zipf {
    /// s as a Q32 fixed-point number.
    exponent: u64,
    /// The first rank (from 0) of each group, and the number of ranks at the end.
    starts: Vec<u64>,
    /// The weight of everything up to and with each group; the weight of rank 0 is 2⁴⁰.
    until: Vec<u64>,
}

/// The first rank of each group and the end.
fn groups(n: u64) -> Vec<u64> {
    let step = |start: &u64| (*start < n).then(|| (start + if *start < SINGLE { 1 } else { start / GROUP }).min(n));
    std::iter::successors(Some(0), step).collect()
}

impl Zipf {
    /// Popularity of `n` things (at least one is assumed) with the exponent `exponent` / 2³².
    pub fn new(n: u64, exponent: u64) -> Zipf {
        Zipf::on(groups(n.max(1)), exponent)
    }

    /// Popularity of `n` things such that the `top` most popular are chosen in `ppm` / 1,000,000 of all cases. Even, if that is less
    /// than an even choice gives them; the steepest there is, if no exponent is enough.
    pub fn of_share(n: u64, top: u64, ppm: u32) -> Zipf {
        let starts = groups(n.max(1));
        let enough = |zipf: &Zipf| zipf.weight_of_first(top) * 1_000_000 >= u128::from(zipf.total()) * u128::from(ppm);
        let (mut low, mut high) = (0, STEEPEST);
        // The share grows with the exponent. 2^-24 of it is far below what any number of draws could show.
        while high - low > 1 << 8 {
            let middle = (low + high) / 2;
            if enough(&Zipf::on(starts.clone(), middle)) {
                high = middle;
            } else {
                low = middle;
            }
        }
        let even = Zipf::on(starts.clone(), 0);
        if enough(&even) { even } else { Zipf::on(starts, high) }
    }

    fn on(starts: Vec<u64>, exponent: u64) -> Zipf {
        let mut sum = 0u64;
        let weight = |pair: &[u64]| {
            let (first, width) = (pair[0], pair[1] - pair[0]);
            // The middle of a group stands for all of it: ranks count from one.
            let log = log2_q32(first + 1 + (width - 1) / 2);
            let power = u64::try_from((u128::from(log) * u128::from(exponent)) >> 32).unwrap_or(u64::MAX);
            ((u128::from(exp2_neg_q63(power)) * u128::from(width)) >> 23) as u64
        };
        let until = starts
            .windows(2)
            .map(|pair| {
                sum += weight(pair);
                sum
            })
            .collect();
        Zipf { exponent, starts, until }
    }

    fn total(&self) -> u64 {
        self.until.last().copied().unwrap_or(0)
    }

    /// The weight of the ranks below `top`.
    fn weight_of_first(&self, top: u64) -> u128 {
        let group = self.starts.partition_point(|start| *start <= top) - 1;
        let Some(until) = self.until.get(group) else { return u128::from(self.total()) };
        let before = group.checked_sub(1).map_or(0, |g| self.until[g]);
        let (inside, width) = (top - self.starts[group], self.starts[group + 1] - self.starts[group]);
        u128::from(before) + u128::from(until - before) * u128::from(inside) / u128::from(width)
    }

    /// The exponent s in thousandths, rounded down.
    pub fn exponent_thousandths(&self) -> u64 {
        ((u128::from(self.exponent) * 1_000) >> 32) as u64
    }

    /// The share of the `top` most popular, in parts per million.
    pub fn share_ppm(&self, top: u64) -> u32 {
        (self.weight_of_first(top) * 1_000_000 / u128::from(self.total().max(1))) as u32
    }

    /// The rank (from 0, the most popular) that this draw stands for.
    pub fn pick(&self, draw: u64) -> u64 {
        let target = ((u128::from(draw) * u128::from(self.total())) >> 64) as u64;
        let group = self.until.partition_point(|until| *until <= target).min(self.until.len() - 1);
        let before = group.checked_sub(1).map_or(0, |g| self.until[g]);
        let (width, weight) = (self.starts[group + 1] - self.starts[group], (self.until[group] - before).max(1));
        let inside = u128::from(target - before) * u128::from(width) / u128::from(weight);
        self.starts[group] + (inside as u64).min(width - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::{Draws, Purpose};
    use super::*;

    #[test]
    fn one_is_the_harmonic_series() {
        // With s = 1 and n = 10 the first has 1 / H(10) = 0.341417, the first three 1.8333 / 2.928968 = 0.625931.
        let zipf = Zipf::new(10, 1 << 32);
        assert!(zipf.share_ppm(1).abs_diff(341_417) <= 2, "{}", zipf.share_ppm(1));
        assert!(zipf.share_ppm(3).abs_diff(625_931) <= 2, "{}", zipf.share_ppm(3));
        // n = 1,000,000: H(10,000) / H(1,000,000) = 9.787606 / 14.392727 = 0.680038. Groups must not bend it.
        let large = Zipf::new(1_000_000, 1 << 32);
        assert!(large.share_ppm(10_000).abs_diff(680_038) <= 20, "{}", large.share_ppm(10_000));
    }

    #[test]
    fn one_per_cent_of_the_keys_with_nine_tenths_of_the_reads_needs_more_than_one() {
        for (n, least, most) in [(10_000, 1_200, 1_500), (1_000_000, 1_100, 1_300)] {
            let s = Zipf::of_share(n, n / 100, 900_000).exponent_thousandths();
            assert!((least..most).contains(&s), "n = {n}: s = 0.001 x {s}");
        }
    }

    #[test]
    fn a_share_asked_for_is_the_share_drawn() {
        let draws = Draws::new(11);
        let cases = [(1_000_000, 10_000, 900_000), (1_000, 10, 900_000), (100, 20, 800_000), (100, 1, 10_000), (5_000, 2_500, 999_000)];
        for (n, top, ppm) in cases {
            let zipf = Zipf::of_share(n, top, ppm);
            assert!(zipf.share_ppm(top).abs_diff(ppm) <= 5, "table: {} for {n} {top} {ppm}", zipf.share_ppm(top));
            let (mut hits, many) = (0u64, 100_000u64);
            for i in 0..many {
                let rank = zipf.pick(draws.draw(Purpose::Workload, [n, i]));
                assert!(rank < n);
                hits += u64::from(rank < top);
            }
            let found = hits * 1_000_000 / many;
            assert!(found.abs_diff(u64::from(ppm)) < 5_000, "{found} for {n} {top} {ppm}");
        }
    }

    #[test]
    fn what_cannot_be_is_the_nearest_that_can() {
        assert_eq!(Zipf::of_share(100, 50, 100_000).exponent_thousandths(), 0, "half of all keys have half of the reads at least");
        assert_eq!(Zipf::of_share(1, 1, 1_000_000).pick(u64::MAX), 0);
        let steep = Zipf::of_share(2, 1, 999_999);
        assert!(steep.share_ppm(1) >= 999_998 && steep.pick(u64::MAX) == 1, "the last draw is still the last rank");
    }
}
