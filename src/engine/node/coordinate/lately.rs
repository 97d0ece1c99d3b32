//! What a coordinator has learnt from its recent reads: how quick they were, who answers quickly, how often copies differ.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::base::{Micros, NodeId, arrange};
use crate::engine::node::{Contact, ReadSettings, Speculate};

/// Reads remembered for percentiles.
const REMEMBERED: usize = 100;
/// The weight of an earlier average against one new answer, and their sum.
const OLD: (u64, u64) = (3, 4);

/// How reads went lately at one coordinator. Volatile.
#[derive(Debug, Clone, Default)]
pub struct Lately {
    reads: VecDeque<Micros>,
    peers: BTreeMap<NodeId, Micros>,
    /// The present chance, per million, that an adaptive read asks everyone.
    chance_ppm: Option<u32>,
}

impl Lately {
    /// A read took this long.
    pub(super) fn took(&mut self, span: Micros) {
        if self.reads.len() == REMEMBERED {
            self.reads.pop_front();
        }
        self.reads.push_back(span);
    }

    /// A replica took this long to answer: an average in which older answers fade.
    pub(super) fn answered(&mut self, node: NodeId, span: Micros) {
        let average = self.peers.entry(node).or_insert(span);
        *average = Micros((average.0 * OLD.0 + span.0) / OLD.1);
    }

    /// How long this replica takes to answer, as far as this node knows: nothing yet counts as quick, so that everyone is tried.
    pub fn pace(&self, node: NodeId) -> Micros {
        self.peers.get(&node).copied().unwrap_or_default()
    }

    /// After how long one more replica is asked: a fixed span, or a percentile of recent reads (Apache Cassandra 4.1,
    /// `SpeculatingReadExecutor`); half the timeout before anything is known. Never, if that is not before the timeout.
    pub fn patience(&self, settings: &ReadSettings) -> Option<Micros> {
        let span = match settings.speculate {
            Speculate::Never | Speculate::Always => return None,
            Speculate::After(span) => span,
            Speculate::Percentile(_) if self.reads.is_empty() => Micros(settings.timeout.0 / 2),
            Speculate::Percentile(thousandths) => {
                let mut sorted: Vec<Micros> = self.reads.iter().copied().collect();
                arrange(&mut sorted, Ord::cmp);
                let rank = (sorted.len() * thousandths.min(1000) as usize).div_ceil(1000).max(1);
                sorted[rank - 1]
            }
        };
        (span < settings.timeout).then_some(span)
    }

    /// The chance that an adaptive read asks everyone.
    pub fn chance_ppm(&self, low: u32) -> u32 {
        self.chance_ppm.unwrap_or(low)
    }

    /// A comparison found a difference, or none: an adaptive chance follows.
    pub(super) fn compared(&mut self, contact: Contact, differed: bool) {
        if let Contact::Adaptive { low_ppm, high_ppm } = contact {
            let now = self.chance_ppm(low_ppm);
            let next = if differed { now.saturating_mul(2).max(1) } else { now - now / 16 };
            self.chance_ppm = Some(next.clamp(low_ppm, high_ppm.max(low_ppm)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_smallest_span_that_this_share_of_reads_did_not_exceed() {
        let mut lately = Lately::default();
        let settings = ReadSettings { speculate: Speculate::Percentile(990), timeout: Micros::secs(5), ..ReadSettings::default() };
        assert_eq!(lately.patience(&settings), Some(Micros::ms(2_500)), "half the timeout to begin with");
        (1..=250).for_each(|ms| lately.took(Micros::ms(ms)));
        assert_eq!(lately.patience(&settings), Some(Micros::ms(249)), "of the last hundred, 151 to 250 ms");
        assert_eq!(lately.patience(&ReadSettings { timeout: Micros::ms(200), ..settings }), None, "too late to be of use");
        assert_eq!(lately.patience(&ReadSettings { speculate: Speculate::Percentile(500), ..settings }), Some(Micros::ms(200)));
    }

    #[test]
    fn an_adaptive_chance_stays_within_its_bounds() {
        let contact = Contact::Adaptive { low_ppm: 1_000, high_ppm: 50_000 };
        let mut lately = Lately::default();
        (0..20).for_each(|_| lately.compared(contact, true));
        assert_eq!(lately.chance_ppm(1_000), 50_000);
        lately.compared(contact, false);
        assert_eq!(lately.chance_ppm(1_000), 46_875);
        (0..200).for_each(|_| lately.compared(contact, false));
        assert_eq!(lately.chance_ppm(1_000), 1_000);
    }
}
