//! What clients do by themselves, as a sentence whose values can be changed.

use super::settings_text::{Number, Part, Unit, settings_choice};
use crate::engine::base::Micros;
use crate::engine::node::{ClientSettings, Direct, Level, Policy, Setting};
use crate::engine::world::LIMITS;

/// The sentence in force.
pub fn sentence(now: ClientSettings) -> Vec<Part> {
    let set = |change: fn(&mut ClientSettings)| {
        let mut next = now;
        change(&mut next);
        Setting::Client(next)
    };
    let session = |read_your_writes, monotonic_reads| Setting::Client(ClientSettings { read_your_writes, monotonic_reads, ..now });
    let is = Setting::Client(now);
    let takes = settings_choice(
        "session",
        "what a client takes for an answer",
        &[
            ("any answer", session(false, false)),
            ("nothing older than it wrote", session(true, false)),
            ("nothing older than it read", session(false, true)),
            ("nothing older than it wrote or read", session(true, true)),
        ],
        is,
    );
    let mut parts = vec![Part::Text("A client takes "), takes];
    if now.read_your_writes || now.monotonic_reads {
        parts.extend([
            Part::Text(", asking others up to "),
            times("behind-retries", "further attempts after an old answer", now.behind_retries),
        ]);
        parts.push(Part::Text(" times"));
    }
    let whom = settings_choice(
        "sticky",
        "the coordinator a client asks",
        &[("the node it is told to", set(|c| c.sticky = false)), ("the same node while it answers", set(|c| c.sticky = true))],
        is,
    );
    parts.extend([Part::Text(". It asks "), whom, Part::Text(". After an error it tries again ")]);
    parts.extend([times("retries", "further attempts after an error", now.retries), Part::Text(" times")]);
    if now.retries > 0 {
        let rest = Number { id: "back-off", label: "first rest", value: now.back_off.0, least: 0, most: LIMITS.span.0, unit: Unit::Span };
        parts.extend([Part::Text(", resting "), Part::Number(rest), Part::Text(" and each time twice as long")]);
    }
    let mut ends =
        vec![("gives up", set(|c| c.policy = Policy::Refuse)), ("settles for ONE", set(|c| c.policy = Policy::Lower(Level::One)))];
    if !matches!(now.policy, Policy::Refuse | Policy::Lower(Level::One)) {
        ends.push(("settles for another level", is));
    }
    let reads = settings_choice(
        "direct",
        "who reads",
        &[
            ("through a coordinator", set(|c| c.direct = Direct::Off)),
            ("as many replicas as the level needs by itself", set(|c| c.direct = Direct::Level)),
            ("all replicas by itself", set(|c| c.direct = Direct::Everyone)),
        ],
        is,
    );
    let then = settings_choice("policy", "what a client does when its level cannot be had", &ends, is);
    parts.extend([Part::Text(", then it "), then, Part::Text(". It reads "), reads, Part::Text(".")]);
    parts
}

fn times(id: &'static str, label: &'static str, value: u32) -> Part {
    Part::Number(Number { id, label, value: value.into(), least: 0, most: LIMITS.retries.into(), unit: Unit::Count })
}

/// What setting the number `id` to `value` changes.
pub fn change(now: ClientSettings, id: &str, value: u64) -> Option<Setting> {
    let next = match id {
        "behind-retries" => ClientSettings { behind_retries: u32::try_from(value).ok()?, ..now },
        "retries" => ClientSettings { retries: u32::try_from(value).ok()?, ..now },
        "back-off" => ClientSettings { back_off: Micros(value), ..now },
        _ => return None,
    };
    Some(Setting::Client(next))
}
