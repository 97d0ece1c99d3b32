//! Which floor may use which, which room of the engine may use which, and which crates each may use.
use crate::source::Source;
use crate::uses::{Use, uses};

/// A floor of the house: its name and the crates it may use besides the standard library. Each uses the floors before it.
const FLOORS: &[(&str, Crates)] = &[
    ("engine", Crates::Only(&["md5", "mur3", "serde", "sha2", "siphasher", "xxhash_rust"])),
    ("lab", Crates::Only(&["serde", "sha2", "xxhash_rust", "serde_json", "thiserror", "miniz_oxide", "base64"])),
    ("course", Crates::Only(&["serde", "sha2", "xxhash_rust", "serde_json", "thiserror", "miniz_oxide", "base64", "pulldown_cmark"])),
    (
        "view",
        Crates::Only(&["serde", "sha2", "xxhash_rust", "serde_json", "thiserror", "miniz_oxide", "base64", "plotters", "plotters_backend"]),
    ),
    ("ui", Crates::Any),
];

/// The engine's rooms. Each uses the rooms before it.
const ROOMS: &[&str] = &["base", "data", "place", "sweep", "node", "world", "observe", "preset"];

/// Crates that tests inside `src` may use on any floor.
const FOR_TESTS: &[&str] = &["proptest", "serde_json"];

#[derive(Clone, Copy)]
enum Crates {
    Only(&'static [&'static str]),
    Any,
}

/// Faults of one file against the tables above.
pub fn check(source: &Source) -> Vec<String> {
    let mut place = source.path.split('/');
    let (Some("src"), Some(floor), Some(room)) = (place.next(), place.next(), place.next()) else {
        // The doors and the tour may name every floor; they hold no logic.
        return Vec::new();
    };
    let Some(own) = FLOORS.iter().position(|(name, _)| *name == floor) else {
        return if floor == "bin" { Vec::new() } else { vec![source.fault(1, format!("`{floor}` is no floor"))] };
    };
    let known = known_crates();
    let named = uses(source, &known);
    named.iter().filter_map(|used| fault(used, own, room).map(|what| source.fault(used.line, what))).collect()
}

fn fault(used: &Use, own: usize, room: &str) -> Option<String> {
    let (floor, crates) = FLOORS[own];
    let first = used.path[0].as_str();
    if first != "crate" {
        let always = matches!(first, "std" | "core" | "alloc") || used.test && FOR_TESTS.contains(&first);
        return match crates {
            Crates::Only(allowed) if !always && !allowed.contains(&first) => Some(format!("{floor} may not use the crate {first}")),
            _ => None,
        };
    }
    let target = used.path.get(1)?;
    match FLOORS.iter().position(|(name, _)| name == target) {
        None => Some(format!("crate::{target} is no floor; name the floor it is on")),
        Some(theirs) if theirs > own => Some(format!("{floor} may not use {target}, a floor above")),
        Some(theirs) if theirs == own && floor == "engine" => room_fault(used, room),
        Some(_) => None,
    }
}

fn room_fault(used: &Use, room: &str) -> Option<String> {
    let own = ROOMS.iter().position(|r| *r == room)?;
    let target = used.path.get(2)?;
    match ROOMS.iter().position(|r| r == target) {
        None => Some(format!("crate::engine::{target} is no room; name the room it is in")),
        Some(theirs) if theirs > own => Some(format!("engine::{room} may not use engine::{target}, a room above")),
        Some(_) => None,
    }
}

/// The crates that this package depends on in any way, as Rust spells them, and the standard library.
fn known_crates() -> Vec<String> {
    let mut found: Vec<String> = ["std", "core", "alloc", "drift"].map(str::to_owned).into();
    let mut listing = false;
    for line in include_str!("../../Cargo.toml").lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            listing = section.ends_with("dependencies");
            if let Some((_, name)) = section.rsplit_once("dependencies.") {
                found.push(name.replace('-', "_"));
            }
        } else if let Some((name, _)) = line.split_once('=').filter(|_| listing) {
            found.push(name.trim().replace('-', "_"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn the_table_knows_the_dependencies() {
        let known = known_crates();
        for name in ["std", "serde_json", "web_sys", "yew", "proptest", "wasm_bindgen_test"] {
            assert!(known.iter().any(|k| k == name), "{name} in {known:?}");
        }
        assert!(!known.iter().any(|k| k == "edition" || k == "features"));
    }

    #[test]
    fn a_floor_may_not_look_up() {
        assert_eq!(faults("src/engine/base/a.rs", "use crate::lab::Run;"), 1);
        assert_eq!(faults("src/lab/a.rs", "fn f() { crate::ui::show() }"), 1);
        assert_eq!(faults("src/lab/mod.rs", "use super::view::Map;"), 1);
        assert_eq!(faults("src/view/a.rs", "use crate::{engine::base::Time, lab::Run, course};"), 0);
        assert_eq!(faults("src/lab/a.rs", "use crate::Everything;"), 1);
        assert_eq!(faults("src/attic/a.rs", ""), 1);
    }

    #[test]
    fn a_room_may_not_look_up() {
        assert_eq!(faults("src/engine/data/a.rs", "use crate::engine::node::Node;"), 1);
        assert_eq!(faults("src/engine/data/sub/a.rs", "use super::super::super::world::World;"), 1);
        assert_eq!(faults("src/engine/data/a.rs", "use crate::engine::Node;"), 1);
        assert_eq!(faults("src/engine/world/a.rs", "use crate::engine::{base::Time, node::Node, world::Queue};"), 0);
        assert_eq!(faults("src/engine/mod.rs", "pub use crate::engine::preset::P;"), 0);
    }

    #[test]
    fn a_floor_may_not_use_a_crate_that_is_not_its_own() {
        assert_eq!(faults("src/engine/base/a.rs", "use serde_json::Value;"), 1);
        assert_eq!(faults("src/engine/base/a.rs", "fn f() { web_sys::window(); }"), 1);
        assert_eq!(faults("src/view/a.rs", "use yew::prelude::*;"), 1);
        assert_eq!(faults("src/engine/base/a.rs", "use serde::Serialize; #[cfg(test)] mod tests { use proptest::prelude::*; }"), 0);
        assert_eq!(faults("src/ui/a.rs", "use yew::prelude::*; use crate::lab::Run;"), 0);
    }

    #[test]
    fn the_doors_may_use_everything() {
        assert_eq!(faults("src/main.rs", "use crate::ui::App; use yew::Renderer;"), 0);
        assert_eq!(faults("src/bin/drift.rs", "use drift::lab::Run;"), 0);
    }
}
