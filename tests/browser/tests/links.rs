//! Links: whoever opens one sees the same run; a bad one is refused in words, and the work at hand stays.
use crate::desk::{BANNER, STAGE, event, fingerprint, open, place, settle, write};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use drift::engine::world::ENGINE_VERSION;
use drift::lab::{BOUNDS, FILE_VERSION, from_file, from_link, gallery, to_link};
use drift_browser::{Page, Screen, WebDriverResult, journey};
use serde_json::{Value, json};

/// A payload with this inside, in one deflate block that is stored as it is.
fn payload(inside: &Value) -> String {
    let text = inside.to_string();
    let size = u16::try_from(text.len()).expect("small").to_le_bytes();
    let mut packed = vec![1, size[0], size[1], !size[0], !size[1]];
    packed.extend(text.bytes());
    format!("1.{}", URL_SAFE_NO_PAD.encode(packed))
}

fn bad() -> Vec<(&'static str, String, &'static str)> {
    let inside = |format: &str, engine: u32, run: Value| json!({ "f": format, "v": FILE_VERSION, "e": engine, "run": run, "at": 0 });
    let good = to_link(&from_file(gallery()[0].1).expect("a shipped run")).expect("short enough");
    vec![
        ("nothing", String::new(), "unknown link version"),
        ("another version", good.replacen("1.", "2.", 1), "unknown link version"),
        ("cut off", good[..good.len() / 2].to_owned(), "damaged or cut off"),
        ("no base64", "1.!!!".to_owned(), "damaged or cut off"),
        ("no deflate", "1.AAAA".to_owned(), "damaged or cut off"),
        ("too long", format!("1.{}", "A".repeat(BOUNDS.link_bytes)), "too large"),
        ("another format", payload(&inside("other", ENGINE_VERSION, json!({ "end": "1s" }))), "format \"other\""),
        ("another engine", payload(&inside("drift-run", 77, json!({ "end": "1s" }))), "engine version 77"),
        ("too many nodes", payload(&inside("drift-run", ENGINE_VERSION, json!({ "end": "1s", "config": { "nodes": 101 } }))), "nodes"),
        ("no run", payload(&json!({ "f": "drift-run", "v": FILE_VERSION, "e": ENGINE_VERSION })), "cannot be read"),
    ]
}

#[tokio::test]
async fn a_bad_link_is_refused_in_words_over_the_work_at_hand() {
    journey("links-bad", Screen::LAPTOP, async |page| {
        open(page, "#/lab").await?;
        write(page, "cart", "tea").await?;
        settle(page).await?;
        let (before, print) = (place(page).await?, fingerprint(page).await?);
        for (name, payload, word) in bad() {
            let why = from_link(&payload).err().unwrap_or_else(|| panic!("{name} is accepted")).to_string();
            assert!(why.contains(word), "{name}: {why}");
            page.run_with("location.hash = '#/run?r=' + arguments[0]", vec![json!(payload)]).await?;
            page.text_becomes(BANNER, &why[1..]).await?;
            page.find(STAGE).await?;
            assert_eq!(place(page).await?, before, "after {name}");
            page.run("location.hash = '#/lab'").await?;
            page.until("the banner is gone", &format!("return !document.querySelector('{BANNER}')")).await?;
        }
        assert_eq!(fingerprint(page).await?, print);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_bad_link_in_a_fresh_browser_opens_an_empty_ring() {
    journey("links-fresh", Screen::PHONE, async |page| {
        open(page, "#/run?r=1.damaged").await?;
        page.text_becomes(BANNER, "cannot be read").await?;
        assert_eq!(event(page).await?, 0);
        open(page, "#/lab/no-such-run").await?;
        page.text_becomes(BANNER, "no-such-run").await?;
        open(page, "#/new?nodes=101").await?;
        page.text_becomes(BANNER, "must be 1 to 100, is 101").await?;
        page.open("#/nowhere/at/all").await?;
        page.find("[data-testid=not-found]").await?;
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_link_opens_the_same_run_at_the_same_event() {
    journey("links-good", Screen::LAPTOP, async |page| {
        for (slug, file) in gallery() {
            let mut session = from_file(file).expect("a shipped run");
            while !session.pump(100_000) {}
            for place in [1, 2, 3] {
                session.seek_event(session.log().len() as u32 * place / 4);
                let print = session.world().fingerprint().to_string();
                follow(page, &to_link(&session).expect("short enough")).await?;
                assert_eq!((event(page).await?, fingerprint(page).await?), (session.cursor(), print), "{slug}");
            }
        }
        Ok(())
    })
    .await;
}

async fn follow(page: &Page, payload: &str) -> WebDriverResult<()> {
    open(page, &format!("#/run?r={payload}")).await?;
    assert_eq!(page.count(BANNER).await?, 0);
    Ok(())
}
