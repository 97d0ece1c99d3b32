//! The house rules that no compiler checks: which floor uses which, how long things may grow, what must not appear.
//!
//! Each rule is a function from a file to its faults, with a test of its own on a small bad example; the tests here apply
//! them all to the project as it stands.
#![cfg(not(target_arch = "wasm32"))]
mod colours;
mod floors;
mod rules;
mod source;
mod uses;

use source::{Source, all};

/// Applies a rule to all Rust files.
fn holds(rule: impl Fn(&Source) -> Vec<String>) {
    none(all().iter().flat_map(rule).collect());
}

fn none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn floors_and_rooms_use_only_those_below() {
    holds(floors::check);
}

#[test]
fn every_file_begins_with_what_it_is() {
    holds(rules::begins_with_doc);
}

#[test]
fn files_and_functions_stay_short() {
    holds(rules::short);
}

#[test]
fn the_engine_holds_nothing_that_differs_between_machines() {
    holds(rules::reproducible);
}

#[test]
fn nothing_is_left_undone_or_silenced_without_a_reason() {
    holds(rules::honest);
}

#[test]
fn colours_stand_in_one_place() {
    let sheets = source::texts("static", "css");
    none(sheets.iter().flat_map(|(path, text)| colours::check(path, text)).collect());
}
