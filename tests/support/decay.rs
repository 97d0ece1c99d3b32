//! Bytes that change by themselves in runs made from a seed, and the checksums that tell.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use serde_json::{Value, json};

use crate::random::{Dice, Rot};

/// What becomes of such bytes in a run that has them.
pub fn kind(dice: &mut Dice) -> Rot {
    if dice.once_in(2) { Rot::Guarded } else { Rot::Free }
}

/// Settings of checksums.
pub fn settings(rot: Rot, dice: &mut Dice) -> Value {
    let scrub = json!({"every": format!("{}ms", 50 + dice.below(400)), "rate": dice.choose(&[0, 2_000])});
    if rot == Rot::Guarded {
        let (checksum, rotten) = (dice.choose(&["replica", "writer"]), dice.choose(&["drop", "refetch"]));
        return json!({"checksum": checksum, "rotten": rotten, "scrub": scrub});
    }
    let scrub = if dice.once_in(2) { scrub } else { Value::Null };
    let (checksum, rotten) = (dice.choose(&["none", "replica", "writer"]), dice.choose(&["keep", "drop", "refetch"]));
    json!({"checksum": checksum, "rotten": rotten, "on-read": dice.once_in(2), "scrub": scrub})
}

/// A command that makes bytes of this copy change.
pub fn rot(rot: Rot, dice: &mut Dice, node: &str, key: &str) -> String {
    match (rot, dice.below(4)) {
        (Rot::Free, 0) => format!("rot-sum {node} {key}"),
        (_, 1) => format!("rot {node} {key} {}", dice.below(1_000)),
        _ => format!("rot {node} {key}"),
    }
}
