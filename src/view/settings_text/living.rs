//! The sentences about deletes that are forgotten and nodes that are given up.

use super::{Number, Part, Unit, settings_choice, time};
use crate::engine::base::Micros;
use crate::engine::node::{Accrual, Detector, Setting, Settings, Tombstones};
use crate::engine::world::LIMITS;

/// Grace, and time between two looks, for somebody who lets tombstones be removed: Cassandra's `gc_grace_seconds`, and often enough.
const GRACE: (Micros, Micros) = (Micros::secs(864_000), Micros::secs(3_600));
/// The detector somebody gets who switches heartbeats on.
const BEAT: (Micros, Micros) = (Micros::secs(1), Micros::secs(3));

pub(super) fn deletes(s: &Settings) -> Vec<Part> {
    let purge =
        if let Tombstones::Purge { .. } = s.tombstones { s.tombstones } else { Tombstones::Purge { grace: GRACE.0, every: GRACE.1 } };
    let which = settings_choice(
        "tombstones",
        "how long tombstones are kept",
        &[("for good", Setting::Tombstones(Tombstones::Keep)), ("for a while", Setting::Tombstones(purge))],
        Setting::Tombstones(s.tombstones),
    );
    let mut parts = vec![Part::Text("A delete leaves a tombstone, kept "), which];
    if let Tombstones::Purge { grace, every } = s.tombstones {
        let grace = Number {
            id: "grace",
            label: "age beyond which a tombstone is removed",
            value: grace.0,
            least: 0,
            most: LIMITS.span.0,
            unit: Unit::Span,
        };
        parts.extend([
            Part::Text(": "),
            Part::Number(grace),
            Part::Text("; nodes look for older ones every "),
            time("sweep-every", "time between two looks for old tombstones", every),
        ]);
    }
    parts.push(Part::Text("."));
    parts
}

pub(super) fn beats(s: &Settings) -> Vec<Part> {
    let on = if let Detector::Heartbeat { .. } = s.detector { s.detector } else { Detector::Heartbeat { every: BEAT.0, timeout: BEAT.1 } };
    let accrual = if let Detector::Accrual(_) = s.detector { s.detector } else { Detector::Accrual(Accrual::default()) };
    let which = settings_choice(
        "detector",
        "heartbeats",
        &[
            ("no heartbeats", Setting::Detector(Detector::None)),
            ("heartbeats", Setting::Detector(on)),
            ("heartbeats and weigh silence", Setting::Detector(accrual)),
        ],
        Setting::Detector(s.detector),
    );
    let mut parts = vec![Part::Text("Nodes send "), which];
    let every = |every| time("beat-every", "time between two heartbeats", every);
    match s.detector {
        Detector::None => parts.push(Part::Text(".")),
        Detector::Heartbeat { every: beat, timeout } => parts.extend([
            Part::Text(" every "),
            every(beat),
            Part::Text("; silence for "),
            Part::Number(Number {
                id: "beat-timeout",
                label: "silence that means down",
                value: timeout.0,
                least: beat.0,
                most: LIMITS.span.0,
                unit: Unit::Span,
            }),
            Part::Text(" means down."),
        ]),
        Detector::Accrual(a) => {
            let number = |id, label, value, least, most, unit| Part::Number(Number { id, label, value, least, most, unit });
            parts.extend([
                Part::Text(" every "),
                every(a.every),
                Part::Text("; suspicion above "),
                number("accrual-threshold", "suspicion that means down", a.threshold.0, 100, 100_000, Unit::Level),
                Part::Text(
                    " means down, and an echo must come back before a node is believed up again. A node's rhythm is the mean of its last ",
                ),
                number("accrual-window", "intervals the mean is taken over", a.window.into(), 1, 10_000, Unit::Count),
                Part::Text(" intervals; those over "),
                time("accrual-longest", "longest interval learned", a.max_interval),
                Part::Text(" do not count, and it begins with one of "),
                time("accrual-initial", "interval assumed at first", a.initial),
                Part::Text(". Who stood still for more than "),
                number("accrual-pause", "own pause that is noticed", a.pause.0, a.every.0, LIMITS.span.0, Unit::Span),
                Part::Text(" gives nobody up for as long again."),
            ]);
        }
    }
    parts
}
