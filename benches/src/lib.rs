//! Measuring contestants beside each other and writing down what came out.
//!
//! Machines differ and are noisy, so nothing here is an absolute promise: contestants run in turn, several rounds, and the
//! median of each is compared with the others of the same run.
mod record;

pub use record::{machine, write_section};

use std::time::Duration;

/// Rounds of which the median is taken.
pub const ROUNDS: usize = 5;

/// Somebody who can do the work that is measured.
pub struct Contestant {
    /// Name in the table.
    pub name: &'static str,
    /// What a reader must know to compare it fairly.
    pub note: &'static str,
    /// It gets the work divided by this, so that a slow one does not hold up the rest; rates are compared.
    pub share: u64,
    /// Does the work of one size: messages pending, events to handle. Gives the time of the work alone.
    pub run: fn(pending: usize, events: u64) -> Duration,
}

/// Events a second of every contestant, in order, each the median of [`ROUNDS`] interleaved rounds.
pub fn rates(contestants: &[Contestant], pending: usize, events: u64) -> Vec<f64> {
    let mut times = vec![Vec::new(); contestants.len()];
    for _ in 0..ROUNDS {
        for (contestant, times) in contestants.iter().zip(&mut times) {
            times.push((contestant.run)(pending, events / contestant.share));
        }
    }
    let pairs = contestants.iter().zip(&mut times);
    pairs.map(|(contestant, times)| (events / contestant.share) as f64 / median(times).as_secs_f64()).collect()
}

/// The middle one of an odd number of durations, the upper middle of an even number.
pub fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Events a second as a short text in millions.
pub fn millions(rate: f64) -> String {
    let digits = if rate >= 10e6 { 1 } else { 2 };
    format!("{:.digits$} M/s", rate / 1e6)
}
