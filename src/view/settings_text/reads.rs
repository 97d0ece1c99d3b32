//! The sentences about how reads go: whom they ask, when they ask more, and which answers count.

use super::writes::part_of;
use super::{Part, Unit, amount, one_of, time};
use crate::engine::base::Micros;
use crate::engine::node::{Contact, Proximity, ReadSettings, Setting, Speculate};

/// Parts per million that make up the whole.
const ALL: u64 = 1_000_000;
/// What a choice begins with: a chance, one that follows what is found, two waits, and a share of recent reads in thousandths.
const CHANCE: Contact = Contact::Chance { all_ppm: 100_000, zone_ppm: 0 };
const ADAPTIVE: Contact = Contact::Adaptive { low_ppm: 10_000, high_ppm: 1_000_000 };
const AFTER: Speculate = Speculate::After(Micros::ms(50));
const SHARE: Speculate = Speculate::Percentile(990);
const WIDER: Micros = Micros::ms(50);

/// How reads go.
pub(super) fn sentences(now: ReadSettings) -> Vec<Vec<Part>> {
    vec![asked(now), more(now), counted(now)]
}

fn share(id: &'static str, label: &'static str, ppm: u32) -> Part {
    amount(id, label, ppm.into(), (0, ALL), Unit::Share)
}

fn asked(now: ReadSettings) -> Vec<Part> {
    let (chance, adaptive) = match now.contact {
        Contact::Chance { .. } => (now.contact, ADAPTIVE),
        Contact::Adaptive { .. } => (CHANCE, now.contact),
        Contact::Level | Contact::Everyone => (CHANCE, ADAPTIVE),
    };
    let whom = one_of(
        "contact",
        "how many replicas a read asks",
        &[
            ("as many replicas as it waits for", Contact::Level),
            ("all replicas", Contact::Everyone),
            ("by chance all replicas", chance),
            ("all replicas the more often, the more it finds wrong", adaptive),
        ],
        now.contact,
        |contact| Setting::Read(ReadSettings { contact, ..now }),
    );
    let mut parts = vec![Part::Text("A read asks "), whom];
    match now.contact {
        Contact::Level | Contact::Everyone => {}
        Contact::Chance { all_ppm, zone_ppm } => parts.extend([
            Part::Text(": "),
            share("chance-all", "reads that ask every replica", all_ppm),
            Part::Text(" of the reads, and another "),
            share("chance-zone", "further reads that ask the coordinator's zone", zone_ppm),
            Part::Text(" all of the coordinator's zone"),
        ]),
        Contact::Adaptive { low_ppm, high_ppm } => parts.extend([
            Part::Text(": from "),
            amount("chance-low", "smallest share of reads that ask every replica", low_ppm.into(), (0, high_ppm.into()), Unit::Share),
            Part::Text(" to "),
            amount("chance-high", "largest share of reads that ask every replica", high_ppm.into(), (low_ppm.into(), ALL), Unit::Share),
            Part::Text(" of the reads"),
        ]),
    }
    let mut orders = vec![("in ring order", Proximity::Ring), ("the quickest first", Proximity::Latency)];
    if now.proximity == Proximity::Prefix {
        orders.push(("as the list has them", Proximity::Prefix));
    }
    let order = one_of("proximity", "in which order replicas are asked", &orders, now.proximity, |proximity| {
        Setting::Read(ReadSettings { proximity, ..now })
    });
    parts.extend([Part::Text("; its own zone first, "), order, Part::Text(".")]);
    parts
}

fn more(now: ReadSettings) -> Vec<Part> {
    let (after, share) = match now.speculate {
        Speculate::After(_) => (now.speculate, SHARE),
        Speculate::Percentile(_) => (AFTER, now.speculate),
        Speculate::Never | Speculate::Always => (AFTER, SHARE),
    };
    let one_more = one_of(
        "speculate",
        "when one replica more is asked",
        &[
            ("never", Speculate::Never),
            ("from the start", Speculate::Always),
            ("when answers have taken", after),
            ("when answers take longer than", share),
        ],
        now.speculate,
        |speculate| Setting::Read(ReadSettings { speculate, ..now }),
    );
    let mut parts = vec![Part::Text("One replica more is asked "), one_more];
    match now.speculate {
        Speculate::Never | Speculate::Always => {}
        Speculate::After(wait) => parts.extend([Part::Text(" "), time("speculate-after", "wait before one more is asked", wait)]),
        Speculate::Percentile(thousandths) => {
            let most = (500_000, 999_000);
            let ppm = u64::from(thousandths) * 1_000;
            parts.extend([
                Part::Text(" "),
                amount("speculate-share", "share of recent reads that were quicker", ppm, most, Unit::Share),
                Part::Text(" of recent reads did"),
            ]);
        }
    }
    let some = Some(now.additional_write.unwrap_or(WIDER));
    let wider = one_of(
        "additional-write",
        "whether a slow repair is widened",
        &[("those that were read", None), ("all replicas once it has taken", some)],
        now.additional_write,
        |additional_write| Setting::Read(ReadSettings { additional_write, ..now }),
    );
    parts.extend([Part::Text(". A repair goes to "), wider]);
    if let Some(wait) = now.additional_write {
        parts.extend([Part::Text(" "), time("additional-write-after", "time before a repair is widened", wait)]);
    }
    let hinted = one_of(
        "hint-repairs",
        "what becomes of a repair that is not confirmed",
        &[("left at that", false), ("kept as a hint", true)],
        now.hint_repairs,
        |hint_repairs| Setting::Read(ReadSettings { hint_repairs, ..now }),
    );
    parts.extend([Part::Text("; one that is not confirmed is "), hinted, Part::Text(".")]);
    parts
}

fn counted(now: ReadSettings) -> Vec<Part> {
    let absent = one_of(
        "absent-counts",
        "whether having no row is an answer",
        &[("is an answer like any other", true), ("counts as a failure", false)],
        now.absent_counts,
        |absent_counts| Setting::Read(ReadSettings { absent_counts, ..now }),
    );
    let gives_up = one_of(
        "basic-quorum",
        "when a read gives up",
        &[("too few can still answer", false), ("a majority has failed", true)],
        now.basic_quorum,
        |basic_quorum| Setting::Read(ReadSettings { basic_quorum, ..now }),
    );
    vec![
        Part::Text("Of the answers, "),
        part_of("read-primary", "how many answers must come from owners", now.primary, |primary| {
            Setting::Read(ReadSettings { primary, ..now })
        }),
        Part::Text(" must come from owners and not stand-ins. To have no row "),
        absent,
        Part::Text("; a read gives up when "),
        gives_up,
        Part::Text("."),
    ]
}

/// What a new number under this name means.
pub(super) fn change(now: ReadSettings, id: &str, value: u64) -> Option<Setting> {
    let ppm = u32::try_from(value).ok();
    Some(Setting::Read(match (id, now.contact) {
        ("chance-all", Contact::Chance { zone_ppm, .. }) => ReadSettings { contact: Contact::Chance { all_ppm: ppm?, zone_ppm }, ..now },
        ("chance-zone", Contact::Chance { all_ppm, .. }) => ReadSettings { contact: Contact::Chance { all_ppm, zone_ppm: ppm? }, ..now },
        ("chance-low", Contact::Adaptive { high_ppm, .. }) => {
            ReadSettings { contact: Contact::Adaptive { low_ppm: ppm?, high_ppm }, ..now }
        }
        ("chance-high", Contact::Adaptive { low_ppm, .. }) => {
            ReadSettings { contact: Contact::Adaptive { low_ppm, high_ppm: ppm? }, ..now }
        }
        ("speculate-after", _) => ReadSettings { speculate: Speculate::After(Micros(value)), ..now },
        ("speculate-share", _) => ReadSettings { speculate: Speculate::Percentile(ppm? / 1_000), ..now },
        ("additional-write-after", _) => ReadSettings { additional_write: Some(Micros(value)), ..now },
        _ => return None,
    }))
}
