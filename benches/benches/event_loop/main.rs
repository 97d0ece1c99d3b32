//! The event loop against its peers: one thread, K messages pending, each handled message sends another to a random peer.
//!
//! Everybody does the same: K messages are put in; each handled one sends another until as many have been sent as shall be
//! handled; the loop ends when none is left. Time is counted from before the first is put in.
mod baseline;
mod ours;
mod peers;
mod store;
mod work;

use drift_bench::{Contestant, ROUNDS, machine, millions, rates, write_section};

/// Pending messages: a small cluster, a busy one, and the most that a view of ten thousand nodes brings about.
const SIZES: [usize; 3] = [64, 1_000, 100_000];
/// Events that a contestant with the whole share handles.
const EVENTS: u64 = 2_000_000;
/// The contestant that the others are measured against.
const FLOOR: &str = "heap + slab + trace";

const CONTESTANTS: &[Contestant] = &[
    Contestant { name: "bare heap", note: "`BinaryHeap` of time, number and receiver", share: 1, run: baseline::bare },
    Contestant { name: "heap + slab", note: "and an 80-byte message kept aside", share: 1, run: baseline::slab },
    Contestant {
        name: FLOOR,
        note: "and one record for each event: the floor for a loop that can be asked why",
        share: 1,
        run: baseline::trace,
    },
    Contestant {
        name: OURS,
        note: "heartbeats as pings: network, ledger, node, fingerprint, and two events with causes kept for each message handled",
        share: 2,
        run: ours::ping,
    },
    Contestant { name: "desque 0.4", note: "an 80-byte message in each event; no record", share: 1, run: peers::desque },
    Contestant { name: "nexosim 1.0", note: "one thread; 8 models schedule their own events; no record", share: 4, run: peers::nexosim },
];

/// Us, doing the same as nearly as a replicated store does it.
const OURS: &str = "our world";

/// Peers that were tried and are not here.
const LEFT_OUT: &str = "Left out: madsim 0.2 simulates only if the whole build, with all its dependencies, is compiled with \
    `--cfg madsim`; without that it is a real network on real time, which would say nothing here.";

fn main() -> std::io::Result<()> {
    let columns: Vec<Vec<f64>> = SIZES.iter().map(|&pending| rates(CONTESTANTS, pending, EVENTS)).collect();
    let table = table(&columns);
    println!("{table}");
    let body = format!(
        "Events a second, and in brackets times the rate of \"{FLOOR}\"; medians of {ROUNDS} interleaved rounds.\n{}\n\n{table}\n{LEFT_OUT}",
        machine()
    );
    write_section("Event loop", &body)?;
    let store = store::measure();
    println!("{store}");
    write_section("Store protocol", &format!("{}\n\n{store}", machine()))
}

/// One row for each contestant, one column for each size.
fn table(columns: &[Vec<f64>]) -> String {
    let heads: String = SIZES.iter().map(|k| format!(" K = {k} |")).collect();
    let mut out = format!("| |{heads} |\n|---|{}---|\n", "---|".repeat(SIZES.len()));
    let floor = CONTESTANTS.iter().position(|c| c.name == FLOOR).unwrap_or_default();
    for (row, contestant) in CONTESTANTS.iter().enumerate() {
        let cells: String = columns.iter().map(|rates| format!(" {} ({:.2}) |", millions(rates[row]), rates[row] / rates[floor])).collect();
        out.push_str(&format!("| {} |{cells} {} |\n", contestant.name, contestant.note));
    }
    out
}
