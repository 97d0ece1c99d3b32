//! The same run has the same fingerprint, for ever (natively; `tests/web.rs` checks the same table in WebAssembly).

#[path = "support/golden.rs"]
mod golden;

#[test]
fn fingerprints_are_those_of_the_table() {
    let differences = golden::differences();
    assert!(differences.is_empty(), "runs differ; if that is meant, raise ENGINE_VERSION and put these in:\n{}", differences.join("\n"));
}

/// A fingerprint is worth something only if its run does what it is named after.
#[test]
fn featured_runs_do_what_they_are_named_after() {
    use drift::engine::node::{Body, Note};
    use drift::engine::world::{ClientAct, EventKind, Fault};
    use drift::lab::Report;

    for (name, _) in golden::FEATURED {
        let (report, log) = Report::of(&golden::featured(name));
        let note = |test: fn(&Note) -> bool| log.iter().any(|e| matches!(&e.kind, EventKind::Note(note) if test(note)));
        let sent = |test: fn(&Body) -> bool| log.iter().any(|e| matches!(&e.kind, EventKind::Sent(m) if test(&m.body)));
        let mut did = vec![("ends", report.complete && report.operations.len() > 500)];
        if name.starts_with("hints") {
            did.push(("replays", note(|n| matches!(n, Note::ReplayDone { count: 1.., .. }))));
            did.push(("relays", sent(|b| matches!(b, Body::Relay { .. })) && sent(|b| matches!(b, Body::Passed { .. }))));
            let apart = sent(|b| matches!(b, Body::KeepHint { .. })) && sent(|b| matches!(b, Body::HintKept { .. }));
            did.push(("keeps elsewhere", apart == (name != "hints-coordinator")));
        }
        match name {
            "stand-ins" => did.push(("hands back", note(|n| matches!(n, Note::HandoffDone { .. })))),
            "partitions" => {
                did.push(("hands back", note(|n| matches!(n, Note::HandoffDone { .. }))));
                did.push(("forwards", sent(|b| matches!(b, Body::Coordinating)) && sent(|b| matches!(b, Body::OnDisk))));
            }
            "reads" => did.push(("speculates", note(|n| matches!(n, Note::Speculated { .. })))),
            "adaptive" => did.push(("lingers", note(|n| matches!(n, Note::Lingers { .. })))),
            "members" => {
                did.push((
                    "convicts and revives",
                    note(|n| matches!(n, Note::Convicted { .. })) && note(|n| matches!(n, Note::Revived { .. })),
                ));
                did.push(("purges", log.iter().any(|e| matches!(e.kind, EventKind::Removed(_)))));
                did.push(("restores", log.iter().any(|e| matches!(e.kind, EventKind::Fault(Fault::Restored { .. })))));
            }
            "sessions" => {
                did.push(("tries again", log.iter().any(|e| matches!(e.kind, EventKind::Client(ClientAct::Retried { .. })))));
                did.push(("writes back", log.iter().any(|e| matches!(e.kind, EventKind::Client(ClientAct::WroteBack { .. })))));
            }
            _ => {}
        }
        let not: Vec<&str> = did.iter().filter(|(_, so)| !so).map(|(what, _)| *what).collect();
        assert!(not.is_empty(), "{name}: not {not:?}");
    }
}

#[test]
fn going_anywhere_is_like_a_fresh_run() {
    golden::seeks_like_a_fresh_run(&golden::generated(1));
    golden::seeks_like_a_fresh_run(&golden::shipped("three-answers"));
    golden::seeks_like_a_fresh_run(&golden::featured("hints-any"));
    golden::seeks_like_a_fresh_run(&golden::featured("partitions"));
}
