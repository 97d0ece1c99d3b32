//! Run files from outside: good ones open, bad ones are refused in words, and the work at hand stays.
use crate::desk::{BANNER, STAGE, event, fingerprint, futures, open, open_share, place, settle, until_kept, write};
use drift::engine::world::{ENGINE_VERSION, LIMITS};
use drift::lab::{BOUNDS, FILE_VERSION, Session, from_file, gallery, to_file};
use drift_browser::{Page, Screen, WebDriverResult, journey};
use serde_json::{Value, json};

/// A file with one run, some of its fields given.
fn run(fields: Value) -> String {
    let mut run = json!({ "end": "1s" });
    let given = fields.as_object().expect("fields").clone();
    run.as_object_mut().expect("fields").extend(given);
    json!({ "format": "drift-run", "version": FILE_VERSION, "engine": ENGINE_VERSION, "run": run }).to_string()
}

/// A file with a tree of branches, each with its parent.
fn tree(parents: impl Iterator<Item = Option<u32>>) -> String {
    let branch = |parent: Option<u32>| {
        let mut branch = json!({ "name": "b", "run": { "end": "1s" } });
        if let Some(parent) = parent {
            branch["parent"] = json!([parent, 0, "0s"]);
        }
        branch
    };
    let branches: Vec<Value> = parents.map(branch).collect();
    json!({ "format": "drift-run", "version": FILE_VERSION, "engine": ENGINE_VERSION,
        "branches": branches, "current": 0, "event": 0, "now": "0s" })
    .to_string()
}

fn command(fields: Value) -> String {
    run(json!({ "commands": [fields] }))
}

/// Files that are no run files of this version, and a word of what the page must say.
fn foreign() -> Vec<(&'static str, String, &'static str)> {
    let (_, good) = gallery()[0];
    let with = |field: &str, value: Value| {
        let mut file: Value = serde_json::from_str(good).expect("a shipped run");
        file[field] = value;
        file.to_string()
    };
    let shortened: String = good.chars().take(good.len() / 2).collect();
    vec![
        ("empty", String::new(), "cannot be read"),
        ("a-picture", "\u{89}PNG\r\n\u{1a}\n\0\0".to_owned(), "cannot be read"),
        ("cut-short", shortened, "cannot be read"),
        ("damaged", good.replace("\"nodes\": 6", "\"nodes\": six"), "cannot be read"),
        ("other-json", r#"{"name":"left-pad","version":"1"}"#.to_owned(), "cannot be read"),
        ("foreign", r#"{"hello":"there"}"#.to_owned(), "no known format"),
        ("other-format", with("format", json!("drift-report")), "drift-report"),
        ("newer-file", with("version", json!(FILE_VERSION + 1)), "the run file is of format version"),
        ("newer-engine", with("engine", json!(77)), "engine version 77"),
        ("unknown-field", run(json!({ "colour": "blue" })), "colour"),
        ("unknown-command", command(json!({ "at": "0s", "do": "explode" })), "explode"),
        ("no-such-client", command(json!({ "at": "0s", "do": "read", "client": "c9", "via": "A", "key": "k" })), "client"),
        ("lost-parent", tree([None, Some(7)].into_iter()), "parent"),
    ]
}

/// Files just beyond each bound, and the word for what is too much.
fn too_much() -> Vec<(&'static str, String, &'static str)> {
    let write = |key: usize, value: usize| {
        let (key, value) = ("k".repeat(key), "v".repeat(value));
        command(json!({ "at": "0s", "do": "write", "client": "c0", "via": "A", "key": key, "value": value }))
    };
    let preload = |count: u64| json!({ "at": "0s", "do": "preload", "count": count });
    let half = LIMITS.keys / 2 + 1;
    let names: Vec<String> = (0..=LIMITS.clients).map(|n| format!("n{n}")).collect();
    let read = json!({ "at": "0s", "do": "read", "client": "c0", "via": "A", "key": "k" });
    let line = (0..=BOUNDS.depth as u32).map(|n| n.checked_sub(1));
    vec![
        ("nodes", run(json!({ "config": { "nodes": LIMITS.nodes + 1 } })), "nodes"),
        ("no-nodes", run(json!({ "config": { "nodes": 0 } })), "nodes"),
        ("clients", run(json!({ "config": { "clients": names } })), "clients"),
        ("key", write(LIMITS.key_bytes + 1, 1), "key"),
        ("value", write(1, LIMITS.value_bytes + 1), "value"),
        ("keys", command(preload(LIMITS.keys + 1)), "count"),
        ("keys-together", run(json!({ "commands": [preload(half), preload(half)] })), "count"),
        ("end", run(json!({ "end": LIMITS.span.0 + 1 })), "end"),
        ("commands", run(json!({ "commands": vec![read; BOUNDS.commands + 1] })), "commands"),
        ("title", run(json!({ "title": "t".repeat(BOUNDS.title + 1) })), "title"),
        ("focus", run(json!({ "focus": "k".repeat(LIMITS.key_bytes + 1) })), "focus"),
        ("about", run(json!({ "about": "a".repeat(BOUNDS.about + 1) })), "description"),
        ("branches", tree((0..=BOUNDS.branches).map(|_| None)), "branches"),
        ("depth", tree(line), "branches deep"),
        ("bytes", " ".repeat(BOUNDS.file_bytes + 1), "bytes"),
    ]
}

/// Opens a file by the share sheet.
async fn give(page: &Page, name: &str, text: &str) -> WebDriverResult<()> {
    open_share(page).await?;
    page.give_file("[data-testid=share-open]", &format!("{name}.json"), text.as_bytes()).await
}

/// Gives each file: it is refused as natively, and the work at hand stays.
async fn all_refused(page: &Page, files: Vec<(&'static str, String, &'static str)>) -> WebDriverResult<()> {
    open(page, "#/lab").await?;
    write(page, "cart", "tea").await?;
    settle(page).await?;
    let (before, print) = (place(page).await?, fingerprint(page).await?);
    for (name, text, word) in files {
        let why = from_file(&text).err().unwrap_or_else(|| panic!("{name} is accepted")).to_string();
        assert!(why.contains(word), "{name}: {why}");
        give(page, name, &text).await?;
        // Sentences begin with a capital; the rest is what the lab says.
        page.text_becomes(BANNER, &why[1..]).await?;
        page.click("[data-testid=error-close]").await?;
        page.until("the banner is gone", &format!("return !document.querySelector('{BANNER}')")).await?;
        assert_eq!((place(page).await?, futures(page).await?), (before.clone(), 0), "after {name}");
    }
    assert_eq!(fingerprint(page).await?, print, "the work at hand is as it was");
    until_kept(page).await?;
    page.reload().await?;
    page.find(STAGE).await?;
    assert_eq!(fingerprint(page).await?, print);
    Ok(())
}

#[tokio::test]
async fn foreign_and_damaged_files_are_refused_in_words() {
    journey("files-foreign", Screen::LAPTOP, async |page| all_refused(page, foreign()).await).await;
}

#[tokio::test]
async fn files_beyond_a_bound_are_refused_in_words() {
    journey("files-bounds", Screen::LAPTOP, async |page| all_refused(page, too_much()).await).await;
}

#[tokio::test]
async fn a_file_opens_with_its_branches_at_its_place() {
    let (_, text) = gallery()[0];
    let mut session: Session = from_file(text).expect("a shipped run");
    session.seek_event(100);
    let command = session.script().commands[0].command.clone();
    session.act(command).expect("what was possible once is possible again");
    let (at, branches) = (session.cursor(), session.branches().len());
    journey("files-open", Screen::LAPTOP, async |page| {
        open(page, "#/lab").await?;
        give(page, "tree", &to_file(&session)).await?;
        page.said("Opened tree.json").await?;
        assert_eq!((event(page).await?, futures(page).await?), (at, branches));
        assert_eq!(fingerprint(page).await?, session.world().fingerprint().to_string());
        drop_file(page, text).await?;
        page.said("Opened dropped.json").await?;
        let dropped = from_file(text).expect("a shipped run");
        assert_eq!((event(page).await?, futures(page).await?), (dropped.cursor(), 0));
        Ok(())
    })
    .await;
}

/// Drops a file on the lab.
async fn drop_file(page: &Page, text: &str) -> WebDriverResult<()> {
    let script = "const data = new DataTransfer();
        data.items.add(new File([arguments[0]], 'dropped.json', { type: 'application/json' }));
        document.querySelector('[data-testid=stage]').dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }))";
    page.run_with(script, vec![json!(text)]).await?;
    Ok(())
}
