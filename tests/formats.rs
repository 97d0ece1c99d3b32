//! What comes from outside: damaged, foreign and too large files and links, and the command line.

#[path = "support/play.rs"]
mod play;

use std::process::{Command, Output, Stdio};

use drift::lab::{BOUNDS, LabError, Report, Session, from_link, script_from_file, to_link};
use proptest::prelude::*;

fn refused(run: &str) -> String {
    let text = format!(r#"{{"format":"drift-run","version":1,"engine":1,"run":{run}}}"#);
    script_from_file(&text).expect_err("out of bounds").to_string()
}

#[test]
fn limits_name_the_field_and_the_bound() {
    let nodes = refused(r#"{"end":"1s","config":{"nodes":101}}"#);
    assert!(nodes.contains("nodes") && nodes.contains("100"), "{nodes}");
    let keys = refused(r#"{"end":"1s","commands":[{"at":"0s","do":"preload","count":1000001}]}"#);
    assert!(keys.contains("count") && keys.contains("1000000"), "{keys}");
    let value = "x".repeat(65_537);
    let value =
        refused(&format!(r#"{{"end":"1s","commands":[{{"at":"0s","do":"write","client":"c0","via":"A","key":"k","value":"{value}"}}]}}"#));
    assert!(value.contains("command 1") && value.contains("value") && value.contains("65536"), "{value}");
}

#[test]
fn foreign_and_later_files_are_called_so() {
    let foreign = script_from_file(r#"{"format":"song","version":1,"engine":1,"run":{"end":"1s"}}"#);
    assert!(matches!(foreign, Err(LabError::Foreign { .. })), "{foreign:?}");
    let later = script_from_file(r#"{"format":"drift-run","version":99,"engine":1,"run":{"end":"1s"}}"#);
    assert!(matches!(later, Err(LabError::Foreign { .. })), "{later:?}");
    let long = from_link(&"1".repeat(BOUNDS.link_bytes + 1));
    assert!(matches!(long, Err(LabError::TooLarge { .. })), "{long:?}");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        prop_assert!(script_from_file(&text).is_err());
        let link = format!("1.{text}");
        prop_assert!(from_link(&link).is_err());
    }

    #[test]
    fn a_damaged_link_never_opens_out_of_bounds(at in 2usize..400, with in "[A-Za-z0-9_-]") {
        let session = Session::open(play::shipped("week")).expect("within bounds");
        let mut link = to_link(&session).expect("short enough");
        let at = at.min(link.len() - 1);
        link.replace_range(at..=at, &with);
        if let Ok((script, _)) = from_link(&link) {
            prop_assert!(script.check().is_ok());
        }
    }
}

#[test]
fn a_link_brings_back_the_same_run() {
    for slug in ["three-answers", "cut-and-return", "v5-v3-v5", "week"] {
        let session = Session::open(play::shipped(slug)).expect("within bounds");
        let (script, at) = from_link(&to_link(&session).expect("short enough")).expect("our own link");
        assert_eq!((&script, at), (session.script(), session.cursor()));
    }
}

fn drift(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drift")).args(words).stdin(Stdio::null()).output().expect("drift starts")
}

#[test]
fn the_command_line_reports_what_the_library_does() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/static/runs/week.json");
    let output = drift(&["run", file]);
    assert!(output.status.success());
    let report: Report = serde_json::from_slice(&output.stdout).expect("a report");
    assert_eq!(report, Report::of(&play::shipped("week")).0);
    let events = drift(&["events", file]);
    assert_eq!(String::from_utf8_lossy(&events.stdout).lines().count() as u64, report.events);
}

#[test]
fn the_command_line_judges_in_words() {
    let output = drift(&["check", concat!(env!("CARGO_MANIFEST_DIR"), "/static/runs/week.json")]);
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.lines().next().is_some_and(|first| first.contains("linearizable: ")), "{text}");
    assert!(text.contains("1 copy of 1 key behind") && text.contains("under-replicated"), "{text}");
}

#[test]
fn a_bad_file_ends_with_two_and_says_why() {
    for file in [concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "no-such-file.json"] {
        let output = drift(&["run", file]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}
