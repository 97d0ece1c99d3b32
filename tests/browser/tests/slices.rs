//! A million keys in the page: it stays alive while it works, says how far it has come, can be stopped, and comes to the end.
use crate::desk::event;
use drift::engine::base::{ClientId, Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::world::{Command, Config, Preload};
use drift::lab::{Pace, Script, Session, Timed, View, to_link};
use drift_browser::{Key as Press, Page, Screen, WebDriverResult, journey};
use serde_json::{Value, json};

const BAR: &str = "[data-testid=working-progress]";
const WORKING: &str = "[data-testid=working]";

/// Three nodes with a million keys, of which one misses a few writes.
fn link() -> String {
    let mut config = Config { nodes: 3, ..Config::default() };
    config.clients = vec!["c0".to_owned()];
    let write = |n: u64| Command::Write {
        client: ClientId(0),
        via: NodeId(0),
        key: Key::new(&format!("key-{}", n * 7_919)),
        value: "new".to_owned(),
        level: None,
    };
    let mut commands = vec![
        Timed { at: Micros::ms(1), command: Command::Preload(Preload { count: 1_000_000, seed: 0, value_bytes: 16 }) },
        Timed { at: Micros::ms(500), command: Command::Cut { islands: vec![vec![NodeId(2).into()]] } },
    ];
    commands.extend((0..5).map(|n| Timed { at: Micros::ms(600 + n), command: write(n) }));
    commands.push(Timed { at: Micros::secs(1), command: Command::MendAll });
    let script = Script {
        title: "A million keys".to_owned(),
        about: String::new(),
        config,
        seed: 1,
        commands,
        end: Micros::secs(3),
        focus: None,
        start: None,
        view: View::Ring,
    };
    // In slices, so that nothing is loaded here.
    to_link(&Session::open_at(script, Pace::Slices(1)).expect("within bounds")).expect("short enough")
}

/// Makes the page's processor so many times slower.
async fn slow(page: &Page, times: u32) -> WebDriverResult<()> {
    page.browser.cdp().send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await?;
    Ok(())
}

/// How far the bar has come, if there is one.
async fn percent(page: &Page) -> WebDriverResult<Option<u64>> {
    let value = page.run(&format!("return document.querySelector('{BAR}')?.value ?? null")).await?;
    Ok(value.as_f64().map(|value| value as u64))
}

#[tokio::test]
async fn a_million_keys_are_loaded_and_compared() {
    journey("slices", Screen::LAPTOP, async |page| {
        let address = format!("#/run?r={}", link());
        // On a slow machine, so that there is time to click; nothing here is timed.
        slow(page, 6).await?;
        page.open(&address).await?;
        page.find(BAR).await?;
        let first = percent(page).await?.expect("it is loading");
        // A click elsewhere is answered while it loads, and the loading goes on.
        page.click("[data-testid=view-sweep]").await?;
        page.find("[data-testid=sweep-empty]").await?;
        let then = percent(page).await?.expect("it is loading still");
        assert!(first <= then && then < 100, "{first} and then {then}");
        page.until("it has come further", &format!("return (document.querySelector('{BAR}')?.value ?? 100) > {then}")).await?;
        page.click("[data-testid=view-ring]").await?;

        page.click("[data-testid=working-cancel]").await?;
        page.said("Stopped").await?;
        page.until("the bar is gone", &format!("return !document.querySelector('{WORKING}')")).await?;
        assert_eq!(event(page).await?, 0, "it stands where it stood");
        slow(page, 1).await?;

        page.keys(Press::End + "").await?;
        page.find(BAR).await?;
        page.until("all is known", &format!("return !document.querySelector('{WORKING}')")).await?;
        assert!(event(page).await? > 20, "it has gone to the end of the run");

        page.click("[data-testid=sweep-open]").await?;
        page.choose("[data-testid=sweep-start] [data-testid=sweep-a]", "C").await?;
        page.click("[data-testid=sweep-start] [data-testid=sweep-go]").await?;
        page.find("[data-testid=sweep]").await?;
        page.keys(Press::End + "").await?;
        page.until("it is over", "return /rows moved/.test(document.querySelector('[data-testid=sweep-bill] small')?.innerText)").await?;
        let told = page.text("[data-testid=sweep-bill] small").await?;
        assert_eq!(told, "5 rows moved");
        assert_eq!(page.run("return document.querySelectorAll('[data-testid=error]').length").await?, Value::from(0));
        Ok(())
    })
    .await;
}
