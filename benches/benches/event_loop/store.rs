//! The store's protocol in full: how fast it goes, and the price of a snapshot.
use crate::ours;
use drift_bench::{ROUNDS, median, millions};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Operations open at any time.
const OPEN: [usize; 3] = [64, 1_000, 10_000];
/// Events of one round.
const EVENTS: u64 = 1_000_000;
/// Events after which the snapshot is taken.
const BEFORE: u64 = 100_000;
/// Snapshots of one round.
const SNAPSHOTS: u32 = 200;

/// Measures and tells, as Markdown.
pub fn measure() -> String {
    let mut out = format!(
        "Six nodes, three copies, reads and writes at QUORUM, digests, causes and log on; medians of {ROUNDS} rounds.\n\n\
         | operations open | events kept a second | aim |\n|---|---|---|\n"
    );
    for open in OPEN {
        let time = middle(|| ours::store(open, EVENTS));
        out.push_str(&format!("| {open} | {} | 1.50 M/s |\n", millions(EVENTS as f64 / time.as_secs_f64())));
    }
    out.push_str("\n| snapshot of six nodes | to clone and drop | aim |\n|---|---|---|\n");
    for open in [1, 64] {
        let mut log = Vec::new();
        let world = ours::served(open, BEFORE, &mut log);
        let time = middle(|| {
            let start = Instant::now();
            for _ in 0..SNAPSHOTS {
                black_box(black_box(&world).clone());
            }
            start.elapsed() / SNAPSHOTS
        });
        let flights = world.in_flight().count();
        out.push_str(&format!(
            "| {open} operations open, {flights} messages on their way | {:.1} us | 20 us |\n",
            time.as_secs_f64() * 1e6
        ));
    }
    out
}

fn middle(mut round: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| round()).collect();
    median(&mut times)
}
