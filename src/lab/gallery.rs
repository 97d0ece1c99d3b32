//! Runs to open: files like any teacher's, shipped with the page.

use serde_json::Value;

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

/// The title of a run file and what it is about, without reading the run; empty if the file holds none.
pub fn heading(file: &str) -> (String, String) {
    let value: Value = serde_json::from_str(file).unwrap_or_default();
    let words = |name: &str| value["run"][name].as_str().unwrap_or_default().to_owned();
    (words("title"), words("about"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::script_from_file;

    #[test]
    fn a_heading_is_what_the_run_says() {
        for (slug, file) in gallery() {
            let script = script_from_file(file).expect("a shipped run reads");
            assert_eq!(heading(file), (script.title, script.about), "{slug}");
        }
        assert_eq!(heading("{"), Default::default());
        assert_eq!(heading("[1]"), Default::default());
    }
}
