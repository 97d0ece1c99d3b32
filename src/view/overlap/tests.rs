//! Every sum held against all sets that the engine's own rule accepts.

use super::*;
use crate::engine::base::Draws;
use crate::engine::node::FallbackSettings;
use crate::engine::place::Topology;
use crate::view::placement_text::named_zones;

fn ring(zones: u32) -> Ring {
    Ring::of(&Topology { zones: named_zones(zones), ..Topology::default() }, 9, Draws::new(1))
}

fn settings(replicas: Replication, write: Level, read: Level) -> Settings {
    let mut settings = Settings { replicas, ..Settings::default() };
    (settings.write.level, settings.read.level) = (write, read);
    settings
}

fn levels() -> impl Iterator<Item = Level> {
    Level::EVERY.into_iter().chain([Level::Count(4)])
}

/// The fewest replicas that two sets share, of all sets that satisfy the two needs; nothing if one cannot be satisfied.
fn by_force(write: &Need, read: &Need, zones: &[u32]) -> Option<u32> {
    let places: Vec<u32> = zones.iter().enumerate().flat_map(|(z, n)| std::iter::repeat_n(z as u32, *n as usize)).collect();
    let sets = |need: &Need| -> Vec<u32> {
        let of = |set: u32| places.iter().enumerate().filter(move |(i, _)| set & (1 << i) != 0).map(|(_, z)| *z);
        (0..1u32 << places.len()).filter(|set| need.met(of(*set))).collect()
    };
    let reads = sets(read);
    sets(write).into_iter().flat_map(|w| reads.iter().map(move |r| (w & r).count_ones())).min()
}

#[test]
fn every_combination_agrees_with_all_sets_of_replicas() {
    let spreads: [&[u32]; 7] = [&[1], &[2], &[3], &[5], &[3, 3], &[2, 1], &[1, 2, 1]];
    let (mut met, mut missed, mut never) = (0, 0, 0);
    for zones in spreads {
        let counts: Vec<u8> = zones.iter().map(|n| *n as u8).collect();
        let replicas = if zones.len() == 1 { Replication::Simple(zones[0]) } else { Replication::per_zone(&counts).expect("few") };
        for (write, read) in levels().flat_map(|w| levels().filter(|r| r.can_read()).map(move |r| (w, r))) {
            let settings = settings(replicas, write, read);
            let overlap = Overlap::of(&settings, &ring(zones.len() as u32));
            // Without zones coordinators stand nowhere in particular.
            let homes = zones.len() as u32;
            let pairs = (0..homes).flat_map(|a| (0..homes).map(move |b| (a, b)));
            let forced: Vec<Option<u32>> =
                pairs.map(|(a, b)| by_force(&need(write, &replicas, a), &need(read, &replicas, b), zones)).collect();
            let expected = match forced.iter().min() {
                Some(None) | None => Promise::Never,
                Some(Some(0)) => Promise::MayMiss,
                Some(Some(_)) => Promise::Meets,
            };
            assert_eq!(overlap.promise(), expected, "{zones:?} {write} {read}: {}", overlap.text());
            for (a, b) in (0..homes).flat_map(|a| (0..homes).map(move |b| (a, b))) {
                let (w, r) = (need(write, &replicas, a), need(read, &replicas, b));
                if let Some(forced) = by_force(&w, &r, zones) {
                    assert_eq!(shared(&w, &r, zones), forced, "{zones:?} {write} in {a}, {read} in {b}");
                }
            }
            match expected {
                Promise::Meets => met += 1,
                Promise::MayMiss => missed += 1,
                Promise::Never => never += 1,
            }
        }
    }
    assert!(met > 100 && missed > 100 && never > 50, "{met} {missed} {never}");
}

#[test]
fn the_sums_are_those_of_the_textbooks() {
    let text = |n: u32, w: Level, r: Level| Overlap::of(&settings(n.into(), w, r), &ring(1)).text();
    assert_eq!(
        text(3, Level::Quorum, Level::Quorum),
        "2 + 2 > 3: every read meets every write at one replica at least. Both go on with 1 of 3 replicas down."
    );
    assert_eq!(text(3, Level::One, Level::One), "1 + 1 \u{2264} 3: a read may miss the write. Both go on with 2 of 3 replicas down.");
    assert_eq!(
        text(3, Level::One, Level::All),
        "3 + 1 > 3: every read meets every write at one replica at least. Writes go on with 2 of 3 replicas down, reads with none."
    );
    assert!(text(3, Level::All, Level::Quorum).starts_with("2 + 3 > 3: every read meets every write at 2 replicas at least."));
    assert!(text(5, Level::Count(3), Level::Count(3)).starts_with("3 + 3 > 5: "));
    assert_eq!(text(2, Level::Three, Level::One), "A write at THREE needs 3 replicas, and a key has 2: it can never succeed.");
}

#[test]
fn zones_are_told_one_by_one() {
    let zoned = |counts: &[u8], w: Level, r: Level| {
        Overlap::of(&settings(Replication::per_zone(counts).expect("few"), w, r), &ring(counts.len() as u32)).text()
    };
    assert_eq!(
        zoned(&[3, 3], Level::LocalQuorum, Level::LocalQuorum),
        "2 + 2 > 3: within each zone, every read meets every write at one replica at least. Across zones, a read may miss the write."
    );
    assert!(
        zoned(&[3, 3], Level::EachQuorum, Level::LocalQuorum)
            .ends_with("Across zones too, every read meets every write at one replica at least."),
    );
    assert!(zoned(&[3, 3], Level::EachQuorum, Level::EachQuorum).starts_with("2 + 2 > 3 in each zone: "));
    assert!(zoned(&[3, 2], Level::Quorum, Level::Quorum).starts_with("3 + 3 > 5: "));
    let uneven = zoned(&[3, 1], Level::LocalOne, Level::LocalOne);
    assert!(uneven.contains("1 + 1 \u{2264} 3: within north, a read may miss the write."), "{uneven}");
    assert!(uneven.contains("1 + 1 > 1: within south, every read meets"), "{uneven}");
    let empty = zoned(&[3, 0], Level::LocalQuorum, Level::LocalQuorum);
    assert!(empty.contains("Within south, a write at LOCAL_QUORUM needs 1 replica, and a zone holds none"), "{empty}");
}

#[test]
fn stand_ins_and_hints_are_warned_of() {
    let mut sloppy = settings(3.into(), Level::Quorum, Level::Quorum);
    sloppy.fallback = FallbackSettings { stand_in: StandIn::NextHealthy, ..FallbackSettings::default() };
    let warned = |s: &Settings| Overlap::of(s, &ring(1)).notes.iter().any(|n| n.contains("sloppy quorum"));
    assert!(warned(&sloppy) && !warned(&settings(3.into(), Level::Quorum, Level::Quorum)));
    (sloppy.write.primary, sloppy.read.primary) = (Some(Level::Quorum), Some(Level::Quorum));
    let overlap = Overlap::of(&sloppy, &ring(1));
    assert!(!warned(&sloppy) && overlap.text().contains("PR and PW do not count them: 2 + 2 > 3."), "{}", overlap.text());
    let mut any = settings(3.into(), Level::Any, Level::All);
    assert_eq!(Overlap::of(&any, &ring(1)).promise(), Promise::Meets, "nobody keeps hints: ANY is ONE");
    any.hints.keeper = Keeper::Coordinator;
    assert_eq!(Overlap::of(&any, &ring(1)).promise(), Promise::MayMiss);
}
