//! Sweeps of runs made from a seed: every method, policy and schedule.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use serde_json::{Value, json};

use crate::random::Dice;

/// Methods that make two replicas agree, as run files name them.
pub const METHODS: [&str; 9] = ["descent", "full", "trie", "validation", "log", "versions", "bitmaps", "ranges", "sketch"];
/// Methods that go by what replicas remember of changes.
const REMEMBERING: [&str; 3] = ["log", "versions", "bitmaps"];

/// A way to compare two replicas. `finds_all`: none that overlooks stale values on purpose.
pub fn policy(dice: &mut Dice, finds_all: bool) -> Value {
    let bits = 1 + dice.below(4);
    let depth = if dice.once_in(2) { json!({"fixed": dice.below(1 + 8 / bits)}) } else { json!({"rows": dice.below(1 + 8 / bits)}) };
    let leaves: &[&str] = if finds_all { &["row", "version"] } else { &["row", "row", "version", "key"] };
    let digest = dice.choose(&["xxh64", "siphash-1-3", "xxh3", "md5", "sha-256", "murmur3"]);
    let validation = json!({
        "order": dice.choose(&["parallel", "sequential", "zone-by-zone"]),
        "scope": if finds_all { "held" } else { dice.choose(&["held", "primary", "ring"]) },
        "pull": !finds_all && dice.once_in(4),
        "force": dice.once_in(3),
        "incremental": !finds_all && dice.once_in(2),
    });
    let method = if !finds_all && dice.once_in(6) { "segments" } else { dice.choose(&METHODS) };
    // Rows in the order of the log go across whatever became of them since; keys first is what finds all.
    let streams = if finds_all && method == "log" { "keys" } else { dice.choose(&["keys", "leaves"]) };
    json!({
        // An exchange by segments may be refused again and again while others hold the locks: it promises nothing by a certain time.
        "method": method,
        "ranges": {"parts": 2 << dice.below(4), "list": 2 << dice.below(5), "frame": dice.choose(&[4_096, 262_144])},
        "sketch": {"page": 1 + dice.below(20), "every": format!("{}ms", 1 + dice.below(60)), "most": if finds_all { 65_536 } else { dice.choose(&[1, 40, 65_536]) }},
        "segments": {"width": 2 << dice.below(3), "build": format!("{}ms", dice.below(3) * 20), "expire": format!("{}ms", 200 + dice.below(3_000)), "throttle": format!("{}ms", dice.below(3) * 15)},
        "trie": {"lag": format!("{}ms", dice.below(3) * 10)},
        "validation": validation,
        "streams": streams,
        "upkeep": dice.choose(&["scan", "kept"]),
        "tree": {"leaf": dice.choose(leaves), "combine": dice.choose(&["xor", "hash"]), "digest": digest, "fan-out": 1 << bits, "depth": depth},
    })
}

/// Settings of sweeps while everything goes wrong.
pub fn settings(dice: &mut Dice) -> Value {
    let mut made = json!({
        "policy": policy(dice, false),
        "timeout": format!("{}ms", 50 + dice.below(600)),
        "at-once": 1 + dice.below(3),
        "rows-at-once": dice.choose(&[1, 2, 16]),
        "retries": dice.below(3),
        "back-off": format!("{}ms", dice.below(200)),
    });
    if dice.once_in(2) {
        made["schedule"] = json!({"every": format!("{}ms", 50 + dice.below(800)), "jitter": format!("{}ms", dice.below(200))});
        made["schedule"]["start"] = json!(dice.choose(&["drawn", "together", "in-turn"]));
        if dice.once_in(2) {
            made["queue"] = queue(dice);
        }
    }
    if dice.once_in(3) {
        made["caps"] = json!({"node": dice.choose(&[0, 50_000, 200_000]), "zone": dice.choose(&[0, 50_000, 200_000])});
    }
    if dice.once_in(2) {
        made["log"] = json!({"entries": dice.choose(&[1, 5, 10_000]), "bytes": dice.choose(&[0, 0, 200]), "compact": dice.once_in(2)});
    }
    if dice.once_in(2) {
        made["bitmaps"] = json!({"deletes": dice.choose(&["keep", "forget"])});
    }
    if dice.once_in(3) {
        made["across"] = json!(dice.choose(&METHODS));
    }
    if dice.once_in(3) {
        made["check-each"] = json!(1 + dice.below(4));
    }
    made
}

/// What a disk can do, or that disks take no time.
pub fn disk(dice: &mut Dice) -> Value {
    let ms = |dice: &mut Dice| format!("{}us", dice.below(3_000));
    let share = if dice.once_in(2) { json!(100_000 + dice.below(800_000)) } else { Value::Null };
    if dice.once_in(3) { Value::Null } else { json!({"read": ms(dice), "write": ms(dice), "scan": ms(dice), "sweep-share-ppm": share}) }
}

/// A queue of ranges.
pub fn queue(dice: &mut Dice) -> Value {
    json!({
        "ranges": dice.choose(&["held", "first"]),
        "segments": 1 + dice.below(3),
        "order": dice.choose(&["oldest", "drawn", "hot", "different", "unstable"]),
        "one-each": dice.once_in(3),
        "intensity-ppm": dice.choose(&[1_000_000, 500_000]),
        "most": dice.choose(&[1, 5, 1_000]),
        "checkpoints": dice.choose(&["disk", "memory"]),
        "throttle": dice.once_in(2),
    })
}

/// Settings under which a healed cluster comes to agree: each node turns to each peer in time, and nobody refuses. `given_up`: rows may be
/// gone that were rotten, of which no history tells.
pub fn whole(dice: &mut Dice, given_up: bool) -> Value {
    let schedule = json!({"every": format!("{}ms", 60 + dice.below(120)), "jitter": format!("{}ms", dice.below(40))});
    let rows = dice.choose(&[1, 2, 16]);
    let mut made = json!({"policy": policy(dice, true), "timeout": "400ms", "at-once": 64, "rows-at-once": rows, "retries": 3, "back-off": "50ms", "schedule": schedule});
    if dice.once_in(3) {
        made["queue"] = json!({"segments": 1 + dice.below(2), "order": dice.choose(&["oldest", "drawn", "hot", "different", "unstable"])});
    }
    let method = |made: &Value| made["policy"]["method"].as_str().map(str::to_owned).unwrap_or_default();
    if dice.once_in(4) && method(&made) != "validation" {
        // A repair by whole trees takes in everybody, near and far.
        made["across"] = json!(dice.choose(&METHODS.map(|method| if method == "validation" { "descent" } else { method })));
    }
    let remembers = |name: &Value| REMEMBERING.iter().any(|known| name == known);
    if given_up && (remembers(&made["policy"]["method"]) || remembers(&made["across"])) || dice.once_in(4) {
        made["check-each"] = json!(1 + dice.below(2));
    }
    if dice.once_in(4) {
        made["log"] = json!({"entries": dice.choose(&[1, 10_000]), "compact": dice.once_in(2)});
    }
    made
}

/// Settings under which nobody starts a sweep any more, and those that are left end soon.
pub fn over() -> Value {
    json!({"timeout": "200ms", "retries": 0})
}
