//! A record of many spans of time in little room, for percentiles.

use std::sync::Arc;

use crate::engine::base::Micros;

/// Spans below this many microseconds are kept exactly.
const EXACT: u64 = 64;
/// Longer ones keep this many leading bits, so that they are known to one part in 32.
const BITS: u32 = 6;

/// How often spans of each length occurred: exact when short, to within 1/32 when long, the longest always exact (the idea of
/// G. Tene's HdrHistogram: buckets of equal relative width). Clones share until one of them grows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spans {
    counts: Arc<Vec<u32>>,
    count: u64,
    max: Micros,
}

/// The bucket of a span.
fn bucket(us: u64) -> usize {
    if us < EXACT {
        return us as usize;
    }
    let shift = u64::BITS - us.leading_zeros() - BITS;
    (EXACT / 2 * u64::from(shift) + (us >> shift)) as usize
}

/// The longest span of a bucket.
fn longest(bucket: usize) -> u64 {
    let (bucket, half) = (bucket as u64, EXACT / 2);
    if bucket < EXACT {
        return bucket;
    }
    let shift = bucket / half - 1;
    let lead = u128::from(bucket % half + half + 1);
    u64::try_from((lead << shift) - 1).unwrap_or(u64::MAX)
}

impl Spans {
    /// Takes in one span.
    pub fn add(&mut self, span: Micros) {
        let at = bucket(span.0);
        let counts = Arc::make_mut(&mut self.counts);
        if counts.len() <= at {
            counts.resize(at + 1, 0);
        }
        counts[at] = counts[at].saturating_add(1);
        self.count += 1;
        self.max = self.max.max(span);
    }

    /// How many spans there were.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest; zero if there was none.
    pub fn max(&self) -> Micros {
        self.max
    }

    /// The span that `per_mille` in a thousand do not exceed (500 for the median): at most 1/32 too long. Zero if there was none.
    pub fn quantile(&self, per_mille: u32) -> Micros {
        let rank = (self.count * u64::from(per_mille.min(1_000))).div_ceil(1_000).max(1);
        let mut passed = 0;
        let found = self.counts.iter().position(|n| {
            passed += u64::from(*n);
            passed >= rank
        });
        found.map_or(Micros::ZERO, |at| Micros(longest(at)).min(self.max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_falls_into_a_bucket_that_ends_close_above_it() {
        for us in (0..10_000).chain((0..58).flat_map(|e| [(1 << (e + 6)) - 1, 1 << (e + 6), (1 << (e + 6)) + 12_345])).chain([u64::MAX]) {
            let end = longest(bucket(us));
            assert!(end >= us && end - us <= us / 32, "{us} ends at {end}");
        }
        assert!((1..10_000).all(|us| bucket(us - 1) <= bucket(us)), "buckets ascend");
        assert!(bucket(u64::MAX) < 2_000, "and there are few of them");
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_list() {
        let mut spans = Spans::default();
        assert_eq!((spans.quantile(500), spans.max(), spans.count()), (Micros::ZERO, Micros::ZERO, 0));
        let mut all: Vec<u64> = (0..1_000u64).map(|i| i * i * 37 % 900_001).collect();
        all.iter().for_each(|us| spans.add(Micros(*us)));
        all.sort_unstable();
        for per_mille in [1, 10, 500, 900, 990, 1_000] {
            let (exact, found) = (all[per_mille as usize - 1], spans.quantile(per_mille).0);
            assert!(found >= exact && found - exact <= exact / 32, "{per_mille}: {found} for {exact}");
        }
        assert_eq!((spans.max().0, spans.count()), (all[999], 1_000));
        assert_eq!(spans.quantile(1_000), spans.max());
    }
}
