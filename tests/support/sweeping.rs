//! Sweeps of runs made from a seed: every method, policy and schedule.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use serde_json::{Value, json};

use crate::random::Dice;

/// Methods, as run files name them.
pub const METHODS: [&str; 4] = ["descent", "full", "trie", "validation"];

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
    json!({
        // An exchange by segments may be refused again and again while others hold the locks: it promises nothing by a certain time.
        "method": if !finds_all && dice.once_in(4) { "segments" } else { dice.choose(&METHODS) },
        "segments": {"width": 2 << dice.below(3), "build": format!("{}ms", dice.below(3) * 20), "expire": format!("{}ms", 200 + dice.below(3_000)), "throttle": format!("{}ms", dice.below(3) * 15)},
        "trie": {"lag": format!("{}ms", dice.below(3) * 10)},
        "validation": validation,
        "streams": dice.choose(&["keys", "leaves"]),
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
    made
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

/// Settings under which a healed cluster comes to agree: each node turns to each peer in time, and nobody refuses.
pub fn whole(dice: &mut Dice) -> Value {
    let schedule = json!({"every": format!("{}ms", 60 + dice.below(120)), "jitter": format!("{}ms", dice.below(40))});
    let rows = dice.choose(&[1, 2, 16]);
    let mut made = json!({"policy": policy(dice, true), "timeout": "400ms", "at-once": 64, "rows-at-once": rows, "retries": 3, "back-off": "50ms", "schedule": schedule});
    if dice.once_in(3) {
        made["queue"] = json!({"segments": 1 + dice.below(2), "order": dice.choose(&["oldest", "drawn", "hot", "different", "unstable"])});
    }
    made
}

/// Settings under which nobody starts a sweep any more, and those that are left end soon.
pub fn over() -> Value {
    json!({"timeout": "200ms", "retries": 0})
}
