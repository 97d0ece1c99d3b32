//! The sentences about what replicas miss: hints, stand-ins, and rules broken on purpose.

use super::{Part, Unit, amount, one_of, time};
use crate::engine::base::Micros;
use crate::engine::node::{FallbackSettings, Full, HintSettings, Keeper, Misbehaviour, Proximity, Replay, Setting, Settings, StandIn};
use crate::engine::world::LIMITS;

/// What a limit begins with when somebody switches it on: bytes a second, bytes of room, hints in memory, and a life.
const RATE: u64 = 1 << 20;
const ROOM: u64 = 1 << 20;
const MEMORY: u32 = 1_000;
const LIFE: Micros = Micros::secs(3_600);
/// Nodes after the preference list that a keeper is drawn from.
const NEXT: u32 = 2;

fn span(id: &'static str, label: &'static str, value: Micros) -> Part {
    amount(id, label, value.0, (0, LIMITS.span.0), Unit::Span)
}

/// Who keeps hints, and for whom how long; how they reach the disk and their target; how many fit.
pub(super) fn hints(now: &HintSettings) -> Vec<Vec<Part>> {
    let now = *now;
    if now.keeper == Keeper::Nobody {
        return vec![vec![Part::Text("What a replica misses is kept "), keeper(now), Part::Text(".")]];
    }
    vec![kept(now), delivered(now), room(now), life(now)]
}

fn keeper(now: HintSettings) -> Part {
    let next = if let Keeper::Consistent(n) = now.keeper { n } else { NEXT };
    one_of(
        "keeper",
        "who keeps what a replica misses",
        &[
            ("by nobody", Keeper::Nobody),
            ("by the coordinator", Keeper::Coordinator),
            ("by another replica", Keeper::Replica),
            ("by any outside node", Keeper::Any),
            ("by one of the next nodes", Keeper::Consistent(next)),
            ("by the nearest outside node", Keeper::Proximity),
        ],
        now.keeper,
        |keeper| Setting::Hints(HintSettings { keeper, ..now }),
    )
}

fn kept(now: HintSettings) -> Vec<Part> {
    let mut parts = vec![Part::Text("What a replica misses is kept "), keeper(now)];
    if let Keeper::Consistent(next) = now.keeper {
        let next = amount("hint-next", "nodes a keeper is drawn from", next.into(), (1, LIMITS.nodes.into()), Unit::Count);
        parts.extend([Part::Text(" (drawn from "), next, Part::Text(")")]);
    }
    let anew = one_of(
        "hint-window-from",
        "what the window is counted from",
        &[("even if it comes and goes", true), ("anew each time it goes", false)],
        now.persistent_window,
        |persistent_window| Setting::Hints(HintSettings { persistent_window, ..now }),
    );
    parts.extend([
        Part::Text(" as a hint, but no new ones once it has been down for "),
        span("hint-window", "time after which no new hints are kept", now.window),
        Part::Text(", "),
        anew,
        Part::Text("."),
    ]);
    parts
}

fn delivered(now: HintSettings) -> Vec<Part> {
    let replay = one_of(
        "hint-replay",
        "when replay begins",
        &[("then", Replay::Poll), ("as soon as it is believed up", Replay::OnUp)],
        now.replay,
        |replay| Setting::Hints(HintSettings { replay, ..now }),
    );
    let throttled = if now.throttle > 0 { now.throttle } else { RATE };
    let rate = one_of(
        "hint-throttle",
        "how fast hints are replayed",
        &[("as fast as they go", 0), ("at most", throttled)],
        now.throttle,
        |throttle| Setting::Hints(HintSettings { throttle, ..now }),
    );
    let paused = one_of("hint-paused", "whether replay goes on", &[("goes on", false), ("stands still", true)], now.paused, |paused| {
        Setting::Hints(HintSettings { paused, ..now })
    });
    let mut parts = vec![
        Part::Text("Hints reach the disk within "),
        span("hint-flush", "time until hints are on disk", now.flush),
        Part::Text(". Every "),
        time("hint-poll", "time between two looks for replicas that are back", now.poll),
        Part::Text(" the keeper looks who is back; replay begins "),
        replay,
        Part::Text(", in pages of "),
        amount("hint-page", "bytes sent before confirmations are waited for", now.page.into(), (1, u32::MAX.into()), Unit::Bytes),
        Part::Text(", "),
        rate,
    ];
    if now.throttle > 0 {
        parts.extend([
            Part::Text(" "),
            amount("hint-rate", "bytes a second to one replica", now.throttle, (1, 1 << 30), Unit::Bytes),
            Part::Text(" a second shared with the other nodes"),
        ]);
    }
    parts.extend([
        Part::Text(", to "),
        amount("hint-targets", "replicas replayed to at once", now.targets_at_once.into(), (1, LIMITS.nodes.into()), Unit::Count),
        Part::Text(" at once. It "),
        paused,
        Part::Text("."),
    ]);
    parts
}

fn room(now: HintSettings) -> Vec<Part> {
    let some = if now.room > 0 { now.room } else { ROOM };
    let bounded = one_of("hint-bounded", "the room for hints", &[("all the room they need", 0), ("at most", some)], now.room, |room| {
        Setting::Hints(HintSettings { room, ..now })
    });
    let mut parts = vec![Part::Text("Hints for one replica get "), bounded];
    if now.room > 0 {
        let full = one_of(
            "hint-full",
            "what happens to hints that do not fit",
            &[
                ("new ones are dropped", Full::Drop),
                ("only each key's newest stays", Full::Compact),
                ("such writes are refused", Full::Refuse),
            ],
            now.full,
            |full| Setting::Hints(HintSettings { full, ..now }),
        );
        parts.extend([
            Part::Text(" "),
            amount("hint-room", "bytes of hints for one replica", now.room, (1, 1 << 40), Unit::Bytes),
            Part::Text("; beyond that "),
            full,
        ]);
    }
    let most = if now.overload > 0 { now.overload } else { MEMORY };
    let overload = one_of(
        "hint-overloaded",
        "whether hints in memory hold writes back",
        &[("whatever waits in memory", 0), ("while memory holds at most", most)],
        now.overload,
        |overload| Setting::Hints(HintSettings { overload, ..now }),
    );
    parts.extend([Part::Text(". Writes are taken "), overload]);
    if now.overload > 0 {
        let most = (1, u32::MAX.into());
        parts.extend([
            Part::Text(" "),
            amount("hint-overload", "hints in memory at most", now.overload.into(), most, Unit::Count),
            Part::Text(" hints"),
        ]);
    }
    parts.push(Part::Text("."));
    parts
}

fn life(now: HintSettings) -> Vec<Part> {
    let some = Some(now.lifetime.unwrap_or(LIFE));
    let bounded = one_of(
        "hint-expiry",
        "how long a hint may be delivered",
        &[("as long as tombstones do", None), ("at most", some)],
        now.lifetime,
        |lifetime| Setting::Hints(HintSettings { lifetime, ..now }),
    );
    let mut parts = vec![Part::Text("A hint lives "), bounded];
    if let Some(lifetime) = now.lifetime {
        parts.extend([
            Part::Text(" "),
            time("hint-lifetime", "life of a hint", lifetime),
            Part::Text(", and never longer than tombstones"),
        ]);
    }
    parts.push(Part::Text("."));
    parts
}

/// Who stands in for an owner that is down, and when the owner gets its copies.
pub(super) fn stand_ins(now: &FallbackSettings) -> Vec<Vec<Part>> {
    let now = *now;
    let who = one_of(
        "stand-in",
        "who stands in for an owner that is down",
        &[("nobody", StandIn::Nobody), ("the next healthy node", StandIn::NextHealthy), ("the next healthy partition", StandIn::Partition)],
        now.stand_in,
        |stand_in| Setting::Fallback(FallbackSettings { stand_in, ..now }),
    );
    let mut parts = vec![Part::Text("For an owner believed down "), who, Part::Text(" stands in.")];
    if now.stand_in != StandIn::Nobody {
        parts.extend([
            Part::Text(" Every "),
            time("handoff-tick", "time between two looks for owners that are back", now.tick),
            Part::Text(" it looks whether the owner is back, and hands over what has been left alone for "),
            span("handoff-idle", "time without a write before a handoff", now.idle),
            Part::Text(", to "),
            amount("handoff-owners", "owners handed over to at once", now.at_once.into(), (1, LIMITS.nodes.into()), Unit::Count),
            Part::Text(" at once."),
        ]);
    }
    vec![parts]
}

/// Rules that can be broken on purpose, wherever they are kept.
pub(super) fn rules(s: &Settings) -> Vec<Vec<Part>> {
    let (hints, read, now) = (s.hints, s.read, s.misbehave);
    let expire = one_of("never-expire", "whether hints expire", &[("in time", false), ("never", true)], hints.never_expire, |on| {
        Setting::Hints(HintSettings { never_expire: on, ..hints })
    });
    let repair = one_of(
        "blind-repair",
        "whether a repair looks at what is there",
        &[("replaces only what is older", false), ("overwrites whatever is there", true)],
        now.blind_repair,
        |blind_repair| Setting::Misbehave(Misbehaviour { blind_repair, ..now }),
    );
    let usual = if read.proximity == Proximity::Prefix { Proximity::Ring } else { read.proximity };
    let prefix = one_of(
        "prefix",
        "which replicas a read asks",
        &[("begins close by", usual), ("asks the first listed", Proximity::Prefix)],
        read.proximity,
        |proximity| Setting::Read(crate::engine::node::ReadSettings { proximity, ..read }),
    );
    let hopeful = one_of(
        "hopeful-hints",
        "when a hint is thrown away",
        &[("once confirmed", false), ("once sent", true)],
        now.hopeful_hints,
        |hopeful_hints| Setting::Misbehave(Misbehaviour { hopeful_hints, ..now }),
    );
    let one_way = one_of(
        "one-way-sweeps",
        "what a sweep moves",
        &[("moves rows both ways", false), ("only sends", true)],
        now.one_way_sweeps,
        |one_way_sweeps| Setting::Misbehave(Misbehaviour { one_way_sweeps, ..now }),
    );
    let hints = vec![Part::Text("Hints expire "), expire, Part::Text(" and are thrown away "), hopeful, Part::Text(". A repair "), repair];
    let reads = vec![Part::Text(". A read "), prefix, Part::Text(". A sweep "), one_way, Part::Text(".")];
    vec![hints.into_iter().chain(reads).collect()]
}

/// What a new number under this name means.
pub(super) fn change(s: &Settings, id: &str, value: u64) -> Option<Setting> {
    let (hints, fallback, at) = (s.hints, s.fallback, Micros(value));
    let few = || u32::try_from(value).ok();
    let hinted = match id {
        "hint-next" => HintSettings { keeper: Keeper::Consistent(few()?), ..hints },
        "hint-window" => HintSettings { window: at, ..hints },
        "hint-flush" => HintSettings { flush: at, ..hints },
        "hint-poll" => HintSettings { poll: at, ..hints },
        "hint-page" => HintSettings { page: few()?, ..hints },
        "hint-rate" => HintSettings { throttle: value, ..hints },
        "hint-targets" => HintSettings { targets_at_once: few()?, ..hints },
        "hint-room" => HintSettings { room: value, ..hints },
        "hint-overload" => HintSettings { overload: few()?, ..hints },
        "hint-lifetime" => HintSettings { lifetime: Some(at), ..hints },
        _ => {
            return Some(Setting::Fallback(match id {
                "handoff-tick" => FallbackSettings { tick: at, ..fallback },
                "handoff-idle" => FallbackSettings { idle: at, ..fallback },
                "handoff-owners" => FallbackSettings { at_once: few()?, ..fallback },
                _ => return None,
            }));
        }
    };
    Some(Setting::Hints(hinted))
}
