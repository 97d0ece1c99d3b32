//! What walkers do in the lab, and how they read it.
use drift::lab::{Session, from_link};
use drift_browser::{Page, Pointer, WebDriverResult};
use serde_json::json;

/// The stage of the lab.
pub const STAGE: &str = "[data-testid=stage]";
/// The banner that says what went wrong.
pub const BANNER: &str = "[data-testid=error]";
/// The sentence under the stage.
pub const WHY: &str = "[data-testid=why]";

/// The place in the run, and what every replica of the shown key holds: `12: A=v1 B=none …`.
pub async fn place(page: &Page) -> WebDriverResult<String> {
    Ok(format!("{}: {}", event(page).await?, copies(page).await?))
}

/// How many events have happened.
pub async fn event(page: &Page) -> WebDriverResult<u32> {
    let text = page.attribute(STAGE, "data-event").await?.unwrap_or_default();
    Ok(text.parse().expect("the stage says how many events have happened"))
}

/// What every node holds of the shown key.
pub async fn copies(page: &Page) -> WebDriverResult<String> {
    let script = "return [...document.querySelectorAll('[data-testid^=node-][data-version]')]
        .map(n => n.dataset.testid.slice(5) + '=' + n.dataset.version).sort().join(' ')";
    Ok(page.run(script).await?.as_str().unwrap_or_default().to_owned())
}

/// The nodes that hold a version of the shown key, by letter.
pub async fn holders(page: &Page) -> WebDriverResult<Vec<String>> {
    let all = copies(page).await?;
    Ok(all.split(' ').filter(|n| !n.ends_with("=none")).filter_map(|n| Some(n.split_once('=')?.0.to_owned())).collect())
}

/// What a node holds.
pub async fn held_by(page: &Page, node: &str) -> WebDriverResult<String> {
    Ok(page.attribute(&format!("[data-testid=node-{node}]"), "data-version").await?.unwrap_or_default())
}

/// How many futures the run has, as listed.
pub async fn futures(page: &Page) -> WebDriverResult<usize> {
    page.count("[data-testid=branch-list] button").await
}

/// Opens the run at an address and waits for its stage, also where a run opens on its sweep.
pub async fn open(page: &Page, path: &str) -> WebDriverResult<()> {
    page.open(path).await?;
    if page.count("[data-testid=view-sweep][aria-pressed=true]").await? > 0 {
        page.click("[data-testid=view-ring]").await?;
    }
    page.find(STAGE).await?;
    Ok(())
}

/// Opens the run with three answers, and goes from where a reader begins to its start.
pub async fn three_answers(page: &Page) -> WebDriverResult<()> {
    open(page, "#/lab/three-answers").await?;
    page.click("[data-testid=transport-start]").await?;
    page.attribute_becomes(STAGE, "data-event", "0").await
}

/// What time it is on the stage, in simulated microseconds.
pub async fn instant(page: &Page) -> WebDriverResult<String> {
    Ok(page.attribute(STAGE, "data-now").await?.unwrap_or_default())
}

/// Goes on with the mouse to where a condition of "run until" holds.
pub async fn run_until(page: &Page, words: &str) -> WebDriverResult<()> {
    let before = event(page).await?;
    page.choose("[data-testid=until]", words).await?;
    page.click("[data-testid=until-go]").await?;
    page.until("time has moved", &format!("return Number(document.querySelector('{STAGE}').dataset.event) > {before}")).await
}

/// Clicks a button again and again until a condition holds.
pub async fn click_until(page: &Page, css: &str, good: impl AsyncFn() -> WebDriverResult<bool>) -> WebDriverResult<()> {
    for _ in 0..200 {
        if good().await? {
            return Ok(());
        }
        page.click(css).await?;
    }
    panic!("{css} leads nowhere; at {}", place(page).await?)
}

/// Presses a key again and again until a condition holds.
pub async fn press_until(
    page: &Page,
    press: impl AsyncFn() -> WebDriverResult<()>,
    good: impl AsyncFn() -> WebDriverResult<bool>,
) -> WebDriverResult<()> {
    for _ in 0..200 {
        if good().await? {
            return Ok(());
        }
        press().await?;
    }
    panic!("the key leads nowhere; at {}", place(page).await?)
}

/// Sends a write with the mouse and the keyboard's letters.
pub async fn write(page: &Page, key: &str, value: &str) -> WebDriverResult<()> {
    page.click("[data-testid=console-write]").await?;
    for (field, text) in [("key", key), ("value", value)] {
        let field = page.find(&format!("[data-testid=console-{field}]")).await?;
        field.clear().await?;
        field.send_keys(text).await?;
    }
    page.click("[data-testid=console-send]").await
}

/// Whether no client waits and nothing is on its way.
pub async fn is_settled(page: &Page) -> WebDriverResult<bool> {
    Ok(page.count("[data-testid^=client-][data-waits=true], [data-testid=message]").await? == 0)
}

/// Goes on step by step until no client waits and nothing is on its way.
pub async fn settle(page: &Page) -> WebDriverResult<()> {
    click_until(page, "[data-testid=transport-step]", async || is_settled(page).await).await
}

/// A line round a node, open towards the outside of the ring.
pub async fn line_round(page: &Page, node: &str) -> WebDriverResult<Vec<(i64, i64)>> {
    let script = "const boxes = [...document.querySelectorAll('[data-testid^=node-][data-version] .body')].map(b => {
            const r = b.getBoundingClientRect();
            return { x: r.x + r.width / 2, y: r.y + r.height / 2, r: r.width / 2, node: b.parentNode.dataset.testid.slice(5) }; });
        const it = boxes.find(b => b.node === arguments[0]), others = boxes.filter(b => b !== it);
        const middle = { x: boxes.reduce((s, b) => s + b.x, 0) / boxes.length, y: boxes.reduce((s, b) => s + b.y, 0) / boxes.length };
        const far = Math.hypot(it.x - middle.x, it.y - middle.y);
        const u = { x: (it.x - middle.x) / far, y: (it.y - middle.y) / far };
        const room = Math.min(...others.map(o => Math.hypot(o.x - it.x, o.y - it.y))) / 2;
        const at = (across, out) => [Math.round(it.x - u.y * across + u.x * out), Math.round(it.y + u.x * across + u.y * out)];
        return [at(-room, it.r * 1.4), at(-room * 0.8, -room * 0.5), at(0, -room * 0.8), at(room * 0.8, -room * 0.5), at(room, it.r * 1.4)]";
    let points = page.run_with(script, vec![json!(node)]).await?;
    let pairs = points.as_array().into_iter().flatten();
    Ok(pairs.filter_map(|p| Some((p.get(0)?.as_i64()?, p.get(1)?.as_i64()?))).collect())
}

/// Cuts a node off by drawing a line round it, and sees that only this node is cut off.
pub async fn cut_by_drag(page: &Page, pointer: Pointer, node: &str) -> WebDriverResult<()> {
    page.drag(pointer, &line_round(page, node).await?).await?;
    only_cut(page, node).await
}

/// Waits until one node is cut off and no other.
pub async fn only_cut(page: &Page, node: &str) -> WebDriverResult<()> {
    page.attribute_becomes(STAGE, "data-torn", "true").await?;
    let script = "return [...document.querySelectorAll('[data-testid^=node-][data-cut=true]')].map(n => n.dataset.testid).join(' ')";
    assert_eq!(page.run(script).await?, json!(format!("node-{node}")), "cut off");
    Ok(())
}

/// Opens the sheet for sharing.
pub async fn open_share(page: &Page) -> WebDriverResult<()> {
    page.click("[data-testid=share]").await?;
    page.until("the sheet is open", "return document.querySelector('[data-testid=share-sheet]')?.open === true").await
}

/// Closes it.
pub async fn close_share(page: &Page) -> WebDriverResult<()> {
    page.click("[data-testid=share-close]").await?;
    page.until("the sheet is gone", "return !document.querySelector('[data-testid=share-sheet]')").await
}

/// What the page says the run's fingerprint is, at the place it is at.
pub async fn fingerprint(page: &Page) -> WebDriverResult<String> {
    open_share(page).await?;
    page.click("[data-testid=share-print]").await?;
    page.text_becomes("[data-testid=share-print-is]", "After ").await?;
    let said = page.text("[data-testid=share-print-is]").await?;
    close_share(page).await?;
    Ok(said.rsplit(' ').next().unwrap_or_default().to_owned())
}

/// The payload of the link that the page offers.
pub async fn link(page: &Page) -> WebDriverResult<String> {
    open_share(page).await?;
    let script = "return document.querySelector('[data-testid=share-link]').value";
    let link = page.run(script).await?.as_str().unwrap_or_default().to_owned();
    close_share(page).await?;
    let (before, payload) = link.split_once("#/run?r=").unwrap_or_else(|| panic!("a strange link: {link}"));
    assert_eq!(before, page.site.url(), "the link leads to this page");
    Ok(payload.to_owned())
}

/// The run and the place that a link stands for, computed natively.
pub fn natively(payload: &str) -> Session {
    let (script, at) = from_link(payload).expect("a link that the page made");
    let mut session = Session::open(script).expect("within bounds");
    session.seek_event(at);
    session
}

/// Waits until this tab has kept the place it is at.
pub async fn until_kept(page: &Page) -> WebDriverResult<()> {
    let now = event(page).await?;
    let script = format!(
        "return Object.keys(sessionStorage).filter(k => k.startsWith('drift.work/'))
            .some(k => JSON.parse(sessionStorage[k]).event === {now})"
    );
    page.until("the work is kept", &script).await
}
