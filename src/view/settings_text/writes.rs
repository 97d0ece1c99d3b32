//! The sentences about how writes go: who coordinates, in which order they are sent, and what their confirmations must be.

use super::{Part, Unit, amount, one_of, time};
use crate::engine::base::Micros;
use crate::engine::node::{Coordinate, Level, Reach, Setting, WriteSettings};
use crate::engine::world::LIMITS;

/// How long a node waits for "I coordinate" until somebody chooses another span (Riak, `put_coordinator_failure_timeout`).
const PATIENCE: Micros = Micros::secs(3);

/// A level that may be left out, as words.
pub(super) fn part_of(id: &'static str, label: &'static str, is: Option<Level>, set: impl Fn(Option<Level>) -> Setting) -> Part {
    let mut options = vec![
        ("any of them", None),
        ("one", Some(Level::One)),
        ("two", Some(Level::Two)),
        ("a majority", Some(Level::Quorum)),
        ("all", Some(Level::All)),
    ];
    if !options.iter().any(|(_, level)| *level == is) {
        options.push(("as many as set", is));
    }
    one_of(id, label, &options, is, set)
}

/// How writes go.
pub(super) fn sentences(now: WriteSettings) -> Vec<Vec<Part>> {
    vec![sent(now), counted(now)]
}

fn sent(now: WriteSettings) -> Vec<Part> {
    let set = |next: WriteSettings| Setting::Write(next);
    let replica = if let Coordinate::Replica { .. } = now.coordinate { now.coordinate } else { Coordinate::Replica { patience: PATIENCE } };
    let who = one_of(
        "coordinate",
        "who coordinates a write",
        &[("whichever node is asked", Coordinate::Anyone), ("a node that will hold the key", replica)],
        now.coordinate,
        |coordinate| set(WriteSettings { coordinate, ..now }),
    );
    let mut parts = vec![Part::Text("A write is coordinated by "), who];
    if let Coordinate::Replica { patience } = now.coordinate {
        parts.extend([
            Part::Text("; another one passes it on, and tries the next after "),
            time("forward-patience", "patience with whom a write was passed on to", patience),
        ]);
    }
    let first = one_of(
        "local-first",
        "when the coordinator stores its own copy",
        &[("sends it to all at once", false), ("stores its own copy first", true)],
        now.local_first,
        |local_first| set(WriteSettings { local_first, ..now }),
    );
    let relay = one_of(
        "relay",
        "how a write goes into another zone",
        &[("one message, passed on", true), ("one for each replica", false)],
        now.relay,
        |relay| set(WriteSettings { relay, ..now }),
    );
    let reach = one_of(
        "reach",
        "how far a write is sent",
        &[("every zone", Reach::Everywhere), ("the coordinator's zone, and by sweeps to the others", Reach::OwnZone)],
        now.reach,
        |reach| set(WriteSettings { reach, ..now }),
    );
    let late = one_of(
        "drop-late",
        "what a replica does with a late write",
        &[("stores", false), ("throws away", true)],
        now.drop_late,
        |drop_late| set(WriteSettings { drop_late, ..now }),
    );
    parts.extend([
        Part::Text(". It "),
        first,
        Part::Text(". Into another zone goes "),
        relay,
        Part::Text("; it goes to "),
        reach,
        Part::Text(". A replica "),
        late,
        Part::Text(" what comes after the coordinator's patience."),
    ]);
    parts
}

fn counted(now: WriteSettings) -> Vec<Part> {
    vec![
        Part::Text("Of those it waits for, "),
        part_of("durable", "how many must have it on disk", now.durable, |durable| Setting::Write(WriteSettings { durable, ..now })),
        Part::Text(" must have it on disk and "),
        part_of("write-primary", "how many must be owners", now.primary, |primary| Setting::Write(WriteSettings { primary, ..now })),
        Part::Text(" must be owners and not stand-ins; they must be at least "),
        amount("confirms", "different machines that must confirm", now.confirms.into(), (0, LIMITS.nodes.into()), Unit::Count),
        Part::Text(" different machines."),
    ]
}

/// What a new number under this name means.
pub(super) fn change(now: WriteSettings, id: &str, value: u64) -> Option<Setting> {
    Some(Setting::Write(match (id, now.coordinate) {
        ("forward-patience", Coordinate::Replica { .. }) => {
            WriteSettings { coordinate: Coordinate::Replica { patience: Micros(value) }, ..now }
        }
        ("confirms", _) => WriteSettings { confirms: u32::try_from(value).ok()?, ..now },
        _ => return None,
    }))
}
