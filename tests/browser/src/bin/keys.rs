//! What a million keys cost in the page: opening them, a sweep by descent, going back and forth, and loading the page again. Each is timed as
//! a whole, and the longest task of the main thread says how alive the page was meanwhile. Beside it the same natively, all at once.
use drift::engine::base::{ClientId, Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::{Method, SweepPolicy};
use drift::engine::sweep::{Depth, TreePolicy};
use drift::engine::world::{Command, Config, Preload};
use drift::lab::{Pace, Script, Session, Timed, View, to_link};
use drift_bench::{machine, write_section};
use drift_browser::{Key as Press, Page, Screen, WebDriverResult, journey};
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Keys of the run.
const KEYS: u64 = 1_000_000;
/// When the sweep begins.
const SWEEP: Micros = Micros::secs(2);

/// Put into the page before anything of it runs: keeps the spans of long tasks, and the memory of the engine.
const WATCH: &str = r"
    window.driftTasks = [];
    new PerformanceObserver(list => { for (const e of list.getEntries()) driftTasks.push(e.duration); }).observe({ type: 'longtask' });
    for (const name of ['instantiate', 'instantiateStreaming']) {
        const real = WebAssembly[name];
        WebAssembly[name] = (...given) => real(...given).then(made => {
            const all = Object.values((made.instance ?? made).exports);
            window.driftMemory = all.find(one => one instanceof WebAssembly.Memory) ?? window.driftMemory;
            return made;
        });
    }
";

/// What one of the moves took.
struct Took {
    what: &'static str,
    all: Duration,
    tasks: Vec<f64>,
    mebibytes: f64,
}

/// Six nodes, three copies of each of a million keys, and a replica that misses a hundred writes.
fn script(swept: bool) -> Script {
    let mut config = Config { nodes: 6, ..Config::default() };
    config.clients = vec!["c0".to_owned()];
    let at = |at: Micros, command: Command| Timed { at, command };
    let write = |n: u64| {
        let key = Key::new(&format!("key-{}", n * 7_919));
        at(Micros(600_000 + n), Command::Write { client: ClientId(0), via: NodeId(0), key, value: "new".to_owned(), level: None })
    };
    let mut commands = vec![
        at(Micros::ms(1), Command::Preload(Preload { count: KEYS, seed: 0, value_bytes: 16 })),
        at(Micros::ms(500), Command::Cut { islands: vec![vec![NodeId(2).into()]] }),
    ];
    commands.extend((0..100).map(write));
    commands.push(at(Micros::secs(1), Command::MendAll));
    if swept {
        let tree = TreePolicy { depth: Depth::Fixed(4), ..TreePolicy::default() };
        let policy = SweepPolicy { method: Method::Descent, tree, ..SweepPolicy::default() };
        commands.push(at(SWEEP, Command::Sweep { a: NodeId(2), b: NodeId(0), policy: Some(policy) }));
    }
    Script {
        title: "A million keys".to_owned(),
        about: String::new(),
        config,
        seed: 1,
        commands,
        end: Micros::secs(5),
        focus: None,
        start: None,
        view: View::Ring,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let took = RefCell::new(Vec::new());
    journey("keys", Screen::LAPTOP, async |page| {
        *took.borrow_mut() = walk(page).await?;
        Ok(())
    })
    .await;
    let mut table = String::from(
        "| | in all | longest task | tasks over 50 ms | memory of the engine | natively, all at once |\n|---|---|---|---|---|---|\n",
    );
    for (took, native) in took.into_inner().iter().zip(natively()) {
        let longest = took.tasks.iter().copied().fold(0.0, f64::max);
        let longest = if took.tasks.is_empty() { "below 50 ms".to_owned() } else { format!("{longest:.0} ms") };
        let native = native.map_or("-".to_owned(), |all| format!("{} ms", all.as_millis()));
        table.push_str(&format!(
            "| {} | {} ms | {longest} | {} | {:.0} MiB | {native} |\n",
            took.what,
            took.all.as_millis(),
            took.tasks.len(),
            took.mebibytes
        ));
    }
    println!("{table}");
    let body = format!(
        "{KEYS} keys with values of 16 bytes, three copies of each on six nodes; a sweep by descent of C with A, whose trees have 65536 leaves, over \
         the third of the ring that both hold. In headless Chromium on a screen of 1440x900; written by `cargo run --release -p drift-browser --bin keys`.\n\
         {}\n\n{table}",
        machine()
    );
    write_section("A million keys", &body)
}

/// The same moves natively: opening, the sweep, back, forth.
fn natively() -> [Option<Duration>; 6] {
    let clock = Instant::now();
    let mut session = Session::open(script(true)).expect("within bounds");
    session.seek_time(Micros(SWEEP.0 - 1));
    let opened = clock.elapsed();
    let timed = |session: &mut Session, go: fn(&mut Session)| {
        let clock = Instant::now();
        go(session);
        clock.elapsed()
    };
    let swept = timed(&mut session, |s| s.seek_time(s.end()));
    let back = timed(&mut session, |s| s.seek_event(0));
    let forth = timed(&mut session, |s| s.seek_time(s.end()));
    [None, Some(opened), Some(swept), Some(back), Some(forth), None]
}

/// Makes a move and waits until its work is done.
async fn timed(page: &Page, what: &'static str, make: impl AsyncFnOnce() -> WebDriverResult<()>, until: &str) -> WebDriverResult<Took> {
    page.run("window.driftTasks = []").await?;
    let clock = Instant::now();
    make().await?;
    page.until(what, &format!("return !document.querySelector('[data-testid=working]') && ({until})")).await?;
    let all = clock.elapsed();
    // Long tasks are told of a little later.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let tasks = page.run("return driftTasks").await?;
    let tasks = tasks.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(|task| task.as_f64()).collect();
    let bytes = page.run("return window.driftMemory?.buffer.byteLength ?? 0").await?.as_f64().unwrap_or_default();
    Ok(Took { what, all, tasks, mebibytes: bytes / f64::from(1 << 20) })
}

async fn walk(page: &Page) -> WebDriverResult<Vec<Took>> {
    let cdp = page.browser.cdp();
    cdp.send_raw("Page.enable", serde_json::json!({})).await?;
    cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": WATCH })).await?;
    let link = to_link(&Session::open_at(script(false), Pace::Slices(1)).expect("within bounds")).expect("short enough");
    page.open("#/lab").await?;
    let mut all = Vec::new();
    all.push(
        timed(page, "the page, with an empty ring", async || page.reload().await, "document.querySelector('[data-testid=lab]')").await?,
    );
    let opened = "document.querySelector('[data-testid=stage]')?.dataset.event > 200";
    let open = async || {
        page.open(&format!("#/run?r={link}")).await?;
        page.find("[data-testid=stage]").await?;
        page.keys(Press::End + "").await
    };
    all.push(timed(page, "opening the run and going to its end", open, opened).await?);
    let sweep = async || {
        page.click("[data-testid=sweep-open]").await?;
        page.choose("[data-testid=sweep-start] [data-testid=sweep-a]", "C").await?;
        page.choose("[data-testid=sweep-start] [data-testid=sweep-leaves]", "65").await?;
        page.click("[data-testid=sweep-start] [data-testid=sweep-go]").await?;
        page.find("[data-testid=sweep]").await?;
        page.keys(Press::End + "").await
    };
    let over = "/rows moved/.test(document.querySelector('[data-testid=sweep-bill] small')?.innerText)";
    all.push(timed(page, "a sweep, to its end", sweep, over).await?);
    let at = |css: &str| format!("document.querySelector('[data-testid=transport-start]')?.{css}");
    all.push(timed(page, "back to the start", async || page.keys(Press::Home + "").await, &at("disabled")).await?);
    all.push(timed(page, "and to the end again", async || page.keys(Press::End + "").await, over).await?);
    all.push(timed(page, "loading the page again, up to where it was", async || page.reload().await, over).await?);
    Ok(all)
}
