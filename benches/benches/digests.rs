//! How long each digest function takes for a row, natively. `tests/web.rs` measures the same rows in WebAssembly.
use drift::engine::base::{Digest, DigestFunction, NodeId};
use drift::engine::data::{Payload, Row, Rule, Version};
use drift_bench::{machine, write_section};
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of the values.
const SIZES: [usize; 3] = [16, 256, 4_096];
/// Bytes digested in one round of one function: short, so that some rounds are not interrupted.
const BYTES: usize = 200_000;
/// Rounds of which the best is taken: other work on the machine only ever makes one slower.
const TRIES: usize = 60;

fn main() -> std::io::Result<()> {
    let mut out = format!(
        "Nanoseconds for the digest of one row, natively; the best of {TRIES} short interleaved rounds.\n{}\n\n| function | bytes |",
        machine()
    );
    out.extend(SIZES.map(|size| format!(" value of {size} B |")));
    out.push_str("\n|---|---|---|---|---|\n");
    let mut times = vec![Vec::new(); DigestFunction::EVERY.len() * SIZES.len()];
    for _ in 0..TRIES {
        for (i, times) in times.iter_mut().enumerate() {
            times.push(round(DigestFunction::EVERY[i / SIZES.len()], SIZES[i % SIZES.len()]));
        }
    }
    for (function, times) in DigestFunction::EVERY.iter().zip(times.chunks(SIZES.len())) {
        out.push_str(&format!("| {} | {} |", function.name(), function.size()));
        for times in times {
            out.push_str(&format!(" {} |", times.iter().min().map_or(0, Duration::as_nanos)));
        }
        out.push('\n');
    }
    println!("{out}");
    write_section("Digests", &out)
}

/// The time of one digest, as the mean of many.
fn round(function: DigestFunction, size: usize) -> Duration {
    let payload = Payload::Value(vec![7; size].into());
    let row = Some(Arc::new(Row::single(Version { clock: Rule::LastWriteWins.mint(NodeId(1), 9), payload })));
    let times = (BYTES / (size + 32)) as u32;
    let start = Instant::now();
    for _ in 0..times {
        let _: Digest = black_box(function.of(black_box(&row)));
    }
    start.elapsed() / times
}
