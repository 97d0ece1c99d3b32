//! Runs to open: files like any teacher's, shipped with the page.

/// Each run's short name for addresses, and its file.
pub fn gallery() -> &'static [(&'static str, &'static str)] {
    &[
        ("three-answers", include_str!("../../static/runs/three-answers.json")),
        ("cut-and-return", include_str!("../../static/runs/cut-and-return.json")),
        ("v5-v3-v5", include_str!("../../static/runs/v5-v3-v5.json")),
        ("hinted-handoff", include_str!("../../static/runs/hinted-handoff.json")),
        ("sloppy-quorum", include_str!("../../static/runs/sloppy-quorum.json")),
        ("two-stale-leaves", include_str!("../../static/runs/two-stale-leaves.json")),
        ("far-and-near", include_str!("../../static/runs/far-and-near.json")),
        ("repair-storm", include_str!("../../static/runs/repair-storm.json")),
        ("storm-tamed", include_str!("../../static/runs/storm-tamed.json")),
        ("week", include_str!("../../static/runs/week.json")),
    ]
}
