//! Finding what two replicas of a million rows disagree on: our trees beside other crates, in one run.
mod ours;
mod peers;
mod sets;

use drift::engine::base::DigestFunction;
use drift::engine::observe::least_bits;
use drift_bench::{machine, median, write_section};
use std::fmt::Write as _;
use std::time::Duration;

/// Rows of each replica.
pub const ROWS: usize = 1_000_000;
/// How many rows differ.
const DIFFERENCES: [usize; 4] = [1, 10, 1_000, 100_000];
/// Rounds of which the median is taken.
const ROUNDS: usize = 3;

/// A row: where its key lies, and its version.
pub type Pair = (u64, u64);

/// Rows in order of their keys; every replica of them is made from the same numbers.
fn pairs() -> Vec<Pair> {
    let mix = |n: u64| {
        let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let mut all: Vec<Pair> = (0..ROWS as u64).map(|n| (mix(n), 1)).collect();
    all.sort_unstable();
    all
}

/// The same rows with newer versions of so many, spread evenly.
fn changed(pairs: &[Pair], differences: usize) -> Vec<Pair> {
    let mut all = pairs.to_vec();
    for n in 0..differences {
        all[n * ROWS / differences].1 = 2;
    }
    all
}

/// What one contestant needs, where it can do the work.
#[derive(Default)]
pub struct Needs {
    /// A tree over all rows.
    pub build: Option<Duration>,
    /// One row changed, and the root known again.
    pub update: Option<Duration>,
    /// Differences found, and bytes that go across for it, rows not counted.
    pub found: Vec<Option<(Duration, u64)>>,
}

type Contest = (&'static str, fn(&[Pair], &[Vec<Pair>]) -> Needs);

fn shown(time: Option<Duration>) -> String {
    time.map_or("-".to_owned(), |t| match t.as_nanos() {
        n if n < 1_000 => format!("{n} ns"),
        n if n < 1_000_000 => format!("{:.1} us", n as f64 / 1e3),
        n => format!("{:.1} ms", n as f64 / 1e6),
    })
}

fn main() -> std::io::Result<()> {
    let pairs = pairs();
    let others: Vec<Vec<Pair>> = DIFFERENCES.iter().map(|d| changed(&pairs, *d)).collect();
    let contests: [Contest; 10] = [
        ("ours, xxh3, fan-out 16, 2^20 leaves", |a, b| ours::run(DigestFunction::Xxh3, 16, 5, a, b)),
        ("ours, xxh64, fan-out 16, 2^20 leaves", |a, b| ours::run(DigestFunction::Xxh64, 16, 5, a, b)),
        ("ours, xxh64, fan-out 16, 2^16 leaves", |a, b| ours::run(DigestFunction::Xxh64, 16, 4, a, b)),
        ("ours, SHA-256, fan-out 16, 2^20 leaves", |a, b| ours::run(DigestFunction::Sha256, 16, 5, a, b)),
        ("merkle-search-tree 0.8", peers::search_tree),
        ("negentropy 0.5", peers::negentropy),
        ("rs_merkle 1.5 (SHA-256)", |a, _| peers::rs_merkle(a)),
        ("ours, ranges of digests of 8 bytes", |a, others| sets::ranges(a, others, None)),
        ("ours, coded symbols of digests of 8 bytes", sets::symbols),
        ("ours, ranges in 8 parts, lists below 8", |a, others| sets::ranges(a, others, Some(sets::NARROW))),
    ];
    let mut rounds: Vec<Vec<Needs>> = contests.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for ((_, run), rounds) in contests.iter().zip(&mut rounds) {
            rounds.push(run(&pairs, &others));
        }
    }
    let middle = |all: &[Needs], of: &dyn Fn(&Needs) -> Option<Duration>| {
        let mut times: Vec<Duration> = all.iter().filter_map(of).collect();
        (!times.is_empty()).then(|| median(&mut times))
    };
    let mut out = format!(
        "{ROWS} rows of a 16-byte key and version on each side; medians of {ROUNDS} interleaved rounds.\nBytes are what goes across to find the differences, rows not counted.\n{}\n\n| who | build | update one |",
        machine()
    );
    DIFFERENCES.iter().for_each(|d| _ = write!(out, " find {d} | bytes |"));
    out.push_str("\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for ((name, _), all) in contests.iter().zip(&rounds) {
        _ = write!(out, "| {name} | {} | {} |", shown(middle(all, &|n| n.build)), shown(middle(all, &|n| n.update)));
        for i in 0..DIFFERENCES.len() {
            let time = middle(all, &|n| Some(n.found.get(i).copied()??.0));
            let bytes = all[0].found.get(i).copied().flatten().map_or("-".to_owned(), |(_, bytes)| bytes.to_string());
            _ = write!(out, " {} | {bytes} |", shown(time));
        }
        out.push('\n');
    }
    out.push_str(&ratios(&|who, of| middle(&rounds[who], of).map_or(f64::NAN, |t| t.as_secs_f64()), &|who, i| {
        rounds[who][0].found.get(i).copied().flatten().map_or(f64::NAN, |(_, bytes)| bytes as f64)
    }));
    println!("{out}");
    write_section("Trees", &out)
}

/// What one contender took for one need, in nanoseconds.
type Timed<'a> = dyn Fn(usize, &dyn Fn(&Needs) -> Option<Duration>) -> f64 + 'a;

/// What is promised, as ratios of this run: above 1 is better than promised.
fn ratios(time: &Timed<'_>, bytes: &dyn Fn(usize, usize) -> f64) -> String {
    let build = |n: &Needs| n.build;
    let update = |n: &Needs| n.update;
    let thousand = |n: &Needs| Some(n.found.get(2).copied()??.0);
    let best = time(4, &thousand).min(time(5, &thousand));
    let mut lines = vec![
        ("build, merkle-search-tree / ours with xxh3".to_owned(), time(4, &build) / time(0, &build), 15.0),
        ("build, rs_merkle / ours with SHA-256".to_owned(), time(6, &build) / time(3, &build), 3.0),
        ("update, merkle-search-tree / ours with xxh3".to_owned(), time(4, &update) / time(0, &update), 50.0),
        ("find 1,000, best peer / ours with xxh3".to_owned(), best / time(0, &thousand), 20.0),
        ("bytes for 1,000, negentropy / ours of 2^16 leaves".to_owned(), bytes(5, 2) / bytes(2, 2), 5.0),
        ("bytes for 1, negentropy / ours of 2^16 leaves".to_owned(), bytes(5, 0) / bytes(2, 0), 1.0),
    ];
    for (i, differences) in DIFFERENCES.iter().enumerate() {
        let wanted = if *differences == 1_000 { 5.0 } else { 1.0 };
        lines.push((format!("bytes for {differences}, negentropy / ours by coded symbols"), bytes(5, i) / bytes(8, i), wanted));
        lines.push((format!("bytes for {differences}, negentropy / ours by ranges"), bytes(5, i) / bytes(7, i), 1.0));
        lines.push((format!("bytes for {differences}, negentropy / ours by ranges in 8 parts"), bytes(5, i) / bytes(9, i), wanted));
    }
    // A row that changed is two digests that differ, one on each side.
    let least = least_bits(2 * DIFFERENCES[2] as u64) as f64 / 8.0;
    lines.push((
        "three times the least for 1,000, in digests of 8 bytes / ours by coded symbols".to_owned(),
        3.0 * least / bytes(8, 2),
        1.0,
    ));
    let mut out = "\n| ratio | measured | wanted |\n|---|---|---|\n".to_owned();
    lines.iter().for_each(|(what, ratio, wanted)| _ = writeln!(out, "| {what} | {ratio:.1} | {wanted} |"));
    out
}
