//! The sentences about checksums: who makes them, who checks them, and what becomes of values that do not fit.

use super::{Part, Unit, amount, one_of, time};
use crate::engine::base::Micros;
use crate::engine::node::{Checksum, IntegritySettings, Rotten, Scrub, Setting};

/// A scrub for somebody who switches it on: every minute, 1 MiB a second.
const SCRUB: Scrub = Scrub { every: Micros::secs(60), rate: 1 << 20 };

/// The most bytes a second on offer.
const FASTEST: u64 = 1 << 40;

/// All sentences.
pub(super) fn sentences(now: IntegritySettings) -> Vec<Vec<Part>> {
    let checksum = one_of(
        "checksum",
        "who makes checksums",
        &[("nobody", Checksum::None), ("each replica", Checksum::Replica), ("whoever takes up the write", Checksum::Writer)],
        now.checksum,
        |checksum| Setting::Integrity(IntegritySettings { checksum, ..now }),
    );
    let made = vec![Part::Text("Checksums of values are made by "), checksum, Part::Text(".")];
    if now.checksum == Checksum::None {
        return vec![made];
    }
    let on_read = one_of(
        "check-reads",
        "whether reads check",
        &[("Reads check them", true), ("Reads do not check them", false)],
        now.on_read,
        |on_read| Setting::Integrity(IntegritySettings { on_read, ..now }),
    );
    let rotten = one_of(
        "rotten",
        "what becomes of a value that does not fit",
        &[("kept, and no answer", Rotten::Keep), ("given up", Rotten::Drop), ("given up and fetched anew", Rotten::Refetch)],
        now.rotten,
        |rotten| Setting::Integrity(IntegritySettings { rotten, ..now }),
    );
    let scrub = one_of(
        "scrub",
        "whether everything is checked in the background",
        &[("Nobody scrubs", None), ("Each node scrubs", Some(now.scrub.unwrap_or(SCRUB)))],
        now.scrub,
        |scrub| Setting::Integrity(IntegritySettings { scrub, ..now }),
    );
    let mut scrubs = vec![scrub];
    if let Some(scrub) = now.scrub {
        scrubs.extend([
            Part::Text(" what it holds every "),
            time("scrub-every", "rest between two scrubs", scrub.every),
            Part::Text(", at "),
            amount("scrub-rate", "bytes a second of a scrub; 0 for no limit", scrub.rate, (0, FASTEST), Unit::Bytes),
            Part::Text(" a second"),
        ]);
    }
    scrubs.push(Part::Text("."));
    vec![made, vec![on_read, Part::Text("; a value that does not fit is "), rotten, Part::Text(".")], scrubs]
}

/// The change that makes the rate of a scrub, or the rest between two, this number.
pub(super) fn change(now: IntegritySettings, rate: bool, value: u64) -> Option<Setting> {
    let scrub = now.scrub?;
    let scrub = if rate { Scrub { rate: value, ..scrub } } else { Scrub { every: Micros(value), ..scrub } };
    Some(Setting::Integrity(IntegritySettings { scrub: Some(scrub), ..now }))
}
