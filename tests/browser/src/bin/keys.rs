//! What a million keys cost in the page: opening them, a sweep by descent, going back and forth, loading the page again, and every other way to
//! compare. Each is timed as a whole, and the longest task of the main thread says how alive the page was meanwhile. Beside it the same with a
//! thousand keys, whose long tasks have nothing to do with how many keys there are, and natively, all at once.
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

/// Keys of the run, and of the one beside it.
const KEYS: [u64; 2] = [1_000_000, 1_000];
/// When the sweep begins.
const SWEEP: Micros = Micros::secs(2);
/// When the run ends: no way to compare takes longer.
const END: Micros = Micros::secs(20);

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
    what: String,
    all: Duration,
    tasks: Vec<f64>,
    mebibytes: f64,
}

/// The other ways to compare two replicas, and a command that loads as much again.
const OTHERS: [(&str, Option<Method>); 10] = [
    ("every key", Some(Method::Full)),
    ("versions", Some(Method::Versions)),
    ("trees of segments", Some(Method::Segments)),
    ("tries", Some(Method::Trie)),
    ("whole trees", Some(Method::Validation)),
    ("ranges", Some(Method::Ranges)),
    ("coded symbols", Some(Method::Sketch)),
    ("logs", Some(Method::Log)),
    ("bitmaps", Some(Method::Bitmaps)),
    ("no sweep, but as many keys once more", None),
];

/// Trees as the form of the page makes them with 65,536 leaves.
fn descent() -> SweepPolicy {
    let tree = TreePolicy { depth: Depth::Fixed(4), ..TreePolicy::default() };
    SweepPolicy { method: Method::Descent, tree, ..SweepPolicy::default() }
}

fn sweep(policy: SweepPolicy) -> Command {
    Command::Sweep { a: NodeId(2), b: NodeId(0), policy: Some(policy) }
}

/// Six nodes, three copies of each of so many keys, a replica that misses a hundred writes, and one more command.
fn script(keys: u64, last: Option<Command>) -> Script {
    let mut config = Config { nodes: 6, ..Config::default() };
    config.clients = vec!["c0".to_owned()];
    let at = |at: Micros, command: Command| Timed { at, command };
    let write = |n: u64| {
        let key = Key::new(&format!("key-{}", n * 7_919 % keys));
        at(Micros(600_000 + n), Command::Write { client: ClientId(0), via: NodeId(0), key, value: "new".to_owned(), level: None })
    };
    let mut commands = vec![
        at(Micros::ms(1), Command::Preload(Preload { count: keys, seed: 0, value_bytes: 16 })),
        at(Micros::ms(500), Command::Cut { islands: vec![vec![NodeId(2).into()]] }),
    ];
    commands.extend((0..100).map(write));
    commands.push(at(Micros::secs(1), Command::MendAll));
    commands.extend(last.map(|command| at(SWEEP, command)));
    Script {
        title: "A million keys".to_owned(),
        about: String::new(),
        config,
        seed: 1,
        commands,
        end: END,
        focus: None,
        start: None,
        view: View::Ring,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut both = Vec::new();
    for keys in KEYS {
        let took = RefCell::new(Vec::new());
        journey("keys", Screen::LAPTOP, async |page| {
            *took.borrow_mut() = walk(page, keys).await?;
            Ok(())
        })
        .await;
        both.push(took.into_inner());
    }
    let mut table = String::from(
        "| | in all | longest task | tasks over 50 ms | the same with 1000 keys: longest task | memory of the engine | natively, all at once |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let natively = natively();
    for (i, (took, few)) in both[0].iter().zip(&both[1]).enumerate() {
        let native = natively.get(i).copied().flatten().map_or("-".to_owned(), |all| format!("{} ms", all.as_millis()));
        table.push_str(&format!(
            "| {} | {} ms | {} | {} | {} | {:.0} MiB | {native} |\n",
            took.what,
            took.all.as_millis(),
            longest(&took.tasks),
            took.tasks.len(),
            longest(&few.tasks),
            took.mebibytes
        ));
    }
    println!("{table}");
    let body = format!(
        "{} keys with values of 16 bytes, three copies of each on six nodes, a hundred writes of which one replica misses its share, and sweeps of C\n\
         with A over the third of the ring that both hold; the trees of the descent have 65536 leaves. In headless Chromium on a screen of 1440x900;\n\
         written by `cargo run --release -p drift-browser --bin keys`. A row by another method is a run that is opened and played to its end.\n\
         {}\n\n{table}",
        KEYS[0],
        machine()
    );
    write_section("A million keys", &body)
}

fn longest(tasks: &[f64]) -> String {
    let longest = tasks.iter().copied().fold(0.0, f64::max);
    if tasks.is_empty() { "below 50 ms".to_owned() } else { format!("{longest:.0} ms") }
}

/// The same moves natively, in the order of [`walk`].
fn natively() -> Vec<Option<Duration>> {
    fn timed<R>(go: impl FnOnce() -> R) -> (Duration, R) {
        let clock = Instant::now();
        let made = go();
        (clock.elapsed(), made)
    }
    let open = |last: Option<Command>, until: Micros| {
        let mut session = Session::open(script(KEYS[0], last)).expect("within bounds");
        session.seek_time(until);
        session
    };
    let (opened, mut session) = timed(|| open(Some(sweep(descent())), Micros(SWEEP.0 - 1)));
    let swept = timed(|| session.seek_time(END)).0;
    let back = timed(|| session.seek_event(0)).0;
    let forth = timed(|| session.seek_time(END)).0;
    let others = OTHERS.iter().map(|(_, method)| Some(timed(|| open(Some(last(KEYS[0], *method)), END)).0));
    [None, Some(opened), Some(swept), Some(back), Some(forth), None].into_iter().chain(others).collect()
}

/// The command that ends a run by another method.
fn last(keys: u64, method: Option<Method>) -> Command {
    match method {
        Some(method) => sweep(SweepPolicy { method, ..SweepPolicy::default() }),
        None => Command::Preload(Preload { count: keys, seed: 1, value_bytes: 16 }),
    }
}

/// Makes a move and waits until its work is done.
async fn timed(page: &Page, what: &str, make: impl AsyncFnOnce() -> WebDriverResult<()>, until: &str) -> WebDriverResult<Took> {
    page.run("window.driftTasks = []").await?;
    let clock = Instant::now();
    make().await?;
    page.until(what, &format!("return !document.querySelector('[data-testid=working]') && !!({until})")).await?;
    let all = clock.elapsed();
    // Long tasks are told of a little later.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let tasks = page.run("return driftTasks").await?;
    let tasks = tasks.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(|task| task.as_f64()).collect();
    let bytes = page.run("return window.driftMemory?.buffer.byteLength ?? 0").await?.as_f64().unwrap_or_default();
    Ok(Took { what: what.to_owned(), all, tasks, mebibytes: bytes / f64::from(1 << 20) })
}

fn link(keys: u64, last: Option<Command>) -> String {
    to_link(&Session::open_at(script(keys, last), Pace::Slices(1)).expect("within bounds")).expect("short enough")
}

async fn walk(page: &Page, keys: u64) -> WebDriverResult<Vec<Took>> {
    let cdp = page.browser.cdp();
    cdp.send_raw("Page.enable", serde_json::json!({})).await?;
    cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", serde_json::json!({ "source": WATCH })).await?;
    page.open("#/lab").await?;
    let lab = "document.querySelector('[data-testid=lab]')";
    let mut all = vec![timed(page, "the page, with an empty ring", async || page.reload().await, lab).await?];
    let open = async |last: Option<Command>| {
        page.open(&format!("#/run?r={}", link(keys, last))).await?;
        page.find("[data-testid=stage]").await?;
        page.keys(Press::End + "").await
    };
    let at_end = format!("document.querySelector('[data-testid=stage]')?.dataset.now == {}", END.0);
    all.push(timed(page, "opening the run and going to its end", async || open(None).await, &at_end).await?);
    let sweep = async || {
        page.click("[data-testid=sweep-open]").await?;
        page.choose("[data-testid=sweep-start] [data-testid=sweep-a]", "C").await?;
        page.choose("[data-testid=sweep-start] [data-testid=sweep-leaves]", "65").await?;
        page.click("[data-testid=sweep-start] [data-testid=sweep-go]").await?;
        page.find("[data-testid=sweep]").await?;
        page.keys(Press::End + "").await
    };
    let over = "/rows moved/.test(document.querySelector('[data-testid=sweep-bill] small')?.innerText)";
    all.push(timed(page, "a sweep by descent, to its end", sweep, over).await?);
    let start = "document.querySelector('[data-testid=transport-start]')?.getAttribute('aria-disabled') === 'true'";
    all.push(timed(page, "back to the start", async || page.keys(Press::Home + "").await, start).await?);
    all.push(timed(page, "and to the end again", async || page.keys(Press::End + "").await, over).await?);
    all.push(timed(page, "loading the page again, up to where it was", async || page.reload().await, over).await?);
    for (name, method) in OTHERS {
        // What was open before is freed here, and not while the next one is timed.
        page.open("#/lab").await?;
        let what = if method.is_some() { format!("a sweep by {name}") } else { name.to_owned() };
        all.push(timed(page, &what, async || open(Some(last(keys, method))).await, &at_end).await?);
    }
    Ok(all)
}
