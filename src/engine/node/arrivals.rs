//! A peer's heartbeats as one node has heard them: the intervals between them, and how suspicious a silence is.
//!
//! Apache Cassandra 4.1, `gms/FailureDetector` (`ArrivalWindow`): intervals are taken to be exponentially distributed with the mean of the
//! window, so that a silence of `t` has probability e^(−t/mean) and φ = −log₁₀ of that = t / mean · log₁₀ e. (Hayashibara et al. 2004 take
//! a normal distribution.) All of it in whole numbers.

use std::collections::VecDeque;
use std::sync::Arc;

use super::settings::{Accrual, Phi};
use crate::engine::base::Micros;

/// log₁₀ e as a Q32 fixed-point number.
const LOG10_E_Q32: u128 = 1_865_280_597;
/// Intervals of one block. Full blocks are shared by snapshots of the world.
const BLOCK: usize = 64;

/// The arrival window of one peer.
#[derive(Debug, Clone)]
pub struct Arrivals {
    last: Micros,
    /// Generation and number of the newest heartbeat heard.
    newest: (u32, u32),
    full: VecDeque<Arc<[Micros]>>,
    tail: Vec<Micros>,
    /// Intervals of the first block that have left the window.
    gone: usize,
    len: u32,
    sum: u64,
}

impl Arrivals {
    /// A window that has heard one heartbeat, at `now`: the initial interval stands for the peer's rhythm.
    pub fn begin(now: Micros, initial: Micros) -> Arrivals {
        let (full, tail) = (VecDeque::new(), vec![initial]);
        Arrivals { last: now, newest: (0, 0), full, tail, gone: 0, len: 1, sum: initial.0 }
    }

    /// Takes in a heartbeat that came at `now`. Intervals longer than the setting allows are not learned, but end the silence.
    pub fn add(&mut self, now: Micros, settings: &Accrual) {
        let interval = now.since(self.last);
        self.last = now;
        if interval > settings.max_interval {
            return;
        }
        self.tail.push(interval);
        self.sum += interval.0;
        self.len += 1;
        if self.tail.len() == BLOCK {
            self.full.push_back(std::mem::take(&mut self.tail).into());
        }
        while self.len > settings.window.max(1) {
            self.drop_oldest();
        }
    }

    fn drop_oldest(&mut self) {
        let oldest = self.full.front().map_or(self.tail.as_slice(), |block| block).get(self.gone).copied();
        self.sum -= oldest.unwrap_or_default().0;
        self.len -= 1;
        if self.full.is_empty() {
            self.tail.remove(self.gone);
        } else {
            self.gone += 1;
            if self.gone == BLOCK {
                self.full.pop_front();
                self.gone = 0;
            }
        }
    }

    /// Whether the peer's heartbeat number `beat` of its run `generation` is newer than all heard before: a repeat or a straggler says
    /// nothing about the present.
    pub fn is_news(&mut self, generation: u32, beat: u32) -> bool {
        let news = (generation, beat) > self.newest;
        self.newest = self.newest.max((generation, beat));
        news
    }

    /// How often the peer has started, as far as heard; 0 before its first heartbeat.
    pub fn generation(&self) -> u32 {
        self.newest.0
    }

    /// When the last heartbeat came.
    pub fn last(&self) -> Micros {
        self.last
    }

    /// How many intervals the mean is taken over.
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether nothing is known; never, since a window begins with the initial interval.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The mean interval, rounded down.
    pub fn mean(&self) -> Micros {
        Micros(self.sum / u64::from(self.len.max(1)))
    }

    /// Suspicion at `now`, rounded down to a thousandth.
    pub fn phi(&self, now: Micros) -> Phi {
        let silence = u128::from(now.since(self.last).0);
        let phi = silence * u128::from(self.len) * LOG10_E_Q32 * 1_000 / u128::from(self.sum.max(1));
        Phi(u64::try_from(phi >> 32).unwrap_or(u64::MAX))
    }

    /// The longest silence whose suspicion does not exceed `threshold`.
    pub fn patience(&self, threshold: Phi) -> Micros {
        let span = ((u128::from(threshold.0) * u128::from(self.sum)) << 32) / (u128::from(self.len.max(1)) * LOG10_E_Q32 * 1_000);
        Micros(u64::try_from(span).unwrap_or(u64::MAX))
    }

    /// Whether the silence at `now` is too long.
    pub fn convicts(&self, now: Micros, threshold: Phi) -> bool {
        now.since(self.last) > self.patience(threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides_and_shares_its_blocks() {
        let settings = Accrual { window: 150, max_interval: Micros(1_000_000), ..Accrual::default() };
        let mut arrivals = Arrivals::begin(Micros::ZERO, Micros(7));
        let (mut model, mut now) = (vec![7u64], 0u64);
        for i in 0..1_000u64 {
            let interval = i * 7_919 % 1_000;
            now += interval;
            arrivals.add(Micros(now), &settings);
            model.push(interval);
            let from = model.len().saturating_sub(150);
            let (sum, len) = (model[from..].iter().sum::<u64>(), (model.len() - from) as u64);
            assert_eq!((arrivals.sum, u64::from(arrivals.len())), (sum, len), "after {i}");
            assert_eq!(arrivals.mean(), Micros(sum / len));
        }
        let copy = arrivals.clone();
        assert!(copy.full.iter().zip(&arrivals.full).all(|(a, b)| Arc::ptr_eq(a, b)));
    }

    #[test]
    fn suspicion_and_patience_agree_to_the_microsecond() {
        let mut arrivals = Arrivals::begin(Micros::ZERO, Micros::secs(2));
        for n in 1..40u64 {
            arrivals.add(Micros(n * 997_331), &Accrual::default());
        }
        for threshold in [Phi(1), Phi(434), Phi::whole(1), Phi(8_500), Phi::whole(16)] {
            let edge = arrivals.last().plus(arrivals.patience(threshold));
            assert!(!arrivals.convicts(edge, threshold) && arrivals.convicts(edge.plus(Micros(1)), threshold));
            assert!(arrivals.phi(edge) <= threshold && arrivals.phi(edge.plus(Micros(5_000))) >= threshold, "{threshold}");
        }
    }

    #[test]
    fn repeats_and_stragglers_are_no_news() {
        let mut arrivals = Arrivals::begin(Micros::ZERO, Micros::secs(2));
        let news: Vec<bool> = [(1, 1), (1, 1), (1, 3), (1, 2), (2, 1), (1, 9)].map(|(g, b)| arrivals.is_news(g, b)).into();
        assert_eq!(news, [true, false, true, false, true, false]);
        assert_eq!(arrivals.generation(), 2);
    }
}
