//! What a frame of the lab costs: many messages on their way among many nodes, in headless Chromium without a graphics card.
//!
//! The page is opened by a link to a generated run and plays. Each callback of the page is timed from inside, so the figure is the
//! script's own; how often frames come is counted apart.
use drift::engine::base::{ClientId, Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::Level;
use drift::engine::world::{Command, Config, Latency};
use drift::lab::{Script, Session, Timed, View, to_link};
use drift_bench::{machine, write_section};
use drift_browser::{Page, Screen, WebDriverResult, journey};
use serde_json::{Value, json};
use std::cell::RefCell;

/// Seconds of playing that are measured.
const SECONDS: u64 = 5;

/// Put into the page before it plays: times each animation callback, and the time between frames.
const WATCH: &str = r"
    const real = window.requestAnimationFrame.bind(window);
    const seen = window.driftFrames = { on: false, gaps: [], script: [], last: 0, spent: 0 };
    window.requestAnimationFrame = callback => real(now => {
        const start = performance.now();
        try { callback(now); } finally { seen.spent += performance.now() - start; }
    });
    // Runs in each frame before the page's own callbacks of that frame: what has been spent since belongs to the frame before.
    const tick = now => {
        if (seen.on && seen.last) { seen.gaps.push(now - seen.last); seen.script.push(seen.spent); }
        seen.spent = 0;
        seen.last = now;
        real(tick);
    };
    real(tick);
    seen.tasks = [];
    new PerformanceObserver(list => { if (seen.on) for (const e of list.getEntries()) seen.tasks.push(e.duration); })
        .observe({ type: 'longtask' });
";

/// A run and how many nodes are in it.
struct Load {
    nodes: u32,
    script: Script,
}

/// What was seen of one load.
struct Seen {
    nodes: u32,
    flying: usize,
    gaps: Vec<f64>,
    script: Vec<f64>,
    tasks: Vec<f64>,
    busy: [f64; 4],
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let mut rows = Vec::new();
    for load in [operations(6, 3, 30), operations(64, 16, 1_000), operations(100, 48, 3_000)] {
        rows.push(watched(load).await);
    }
    let table = table(&rows);
    println!("{table}");
    let body = format!(
        "{SECONDS} s of playing at 1x on a screen of 1440x900, the frame rate capped at 60, in headless Chromium that paints on the processor.\n{}\n\n{table}\n\
         Aims with 1,000 messages and 64 nodes: median 58 frames a second or more, 95 of 100 frames within 17 ms, at most 4 ms of script a frame.",
        machine()
    );
    write_section("Frames", &body)
}

/// Opens, plays and counts.
async fn watched(load: Load) -> Seen {
    let seen = RefCell::new(None);
    journey("frames", Screen::LAPTOP, async |page| {
        *seen.borrow_mut() = Some(watch(page, &load).await?);
        Ok(())
    })
    .await;
    seen.into_inner().expect("a walk that ends has counted")
}

async fn watch(page: &Page, load: &Load) -> WebDriverResult<Seen> {
    let mut session = Session::open(load.script.clone()).expect("a run within bounds");
    // In the middle of the run as many are on their way as ever.
    session.seek_time(Micros(load.script.end.0 / 3));
    let flying = session.world().in_flight().count();
    let link = to_link(&session).expect("a run short enough for a link");
    page.open(&format!("#/run?r={link}")).await?;
    page.find("[data-testid=transport-play]").await?;
    page.run(WATCH).await?;
    page.click("[data-testid=transport-play]").await?;
    let before = busy(page).await?;
    page.run("driftFrames.on = true").await?;
    tokio::time::sleep(std::time::Duration::from_secs(SECONDS)).await;
    let result = page.run("driftFrames.on = false; return driftFrames").await?;
    let after = busy(page).await?;
    let count = result["gaps"].as_array().map_or(1, Vec::len).max(1) as f64;
    let busy = std::array::from_fn(|n| (after[n] - before[n]) * 1_000.0 / count);
    if std::env::var_os("DRIFT_SHOT").is_some() {
        page.shot(&format!("frames-{flying}")).await?;
    }
    let numbers = |name: &str| -> Vec<f64> {
        let list = result[name].as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(Value::as_f64).collect()
    };
    let (gaps, script, tasks) = (numbers("gaps"), numbers("script"), numbers("tasks"));
    assert!(gaps.len() > 5, "{flying}: the page painted {} frames", gaps.len());
    let playing = page.attribute("[data-testid=transport-play]", "aria-label").await?;
    assert_eq!(playing.as_deref(), Some("Pause"), "{flying}: it plays to the end of what is measured");
    Ok(Seen { nodes: load.nodes, flying, gaps, script, tasks, busy })
}

/// What the browser itself counts of the main thread.
const COUNTS: [&str; 4] = ["TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration"];

/// Seconds of each of [`COUNTS`] so far.
async fn busy(page: &Page) -> WebDriverResult<[f64; 4]> {
    let cdp = page.browser.cdp();
    cdp.send_raw("Performance.enable", json!({})).await?;
    let all = cdp.send_raw("Performance.getMetrics", json!({})).await?;
    let metrics = all["metrics"].as_array().map(Vec::as_slice).unwrap_or_default();
    let value = |name: &str| metrics.iter().find(|m| m["name"] == name).and_then(|m| m["value"].as_f64());
    Ok(COUNTS.map(|name| value(name).unwrap_or_default()))
}

/// Writes to all of `copies`, begun so often that about `flying` messages are on their way.
fn operations(nodes: u32, copies: u32, flying: u64) -> Load {
    let mut config = Config { nodes, ..Config::default() };
    config.settings.replicas = copies.into();
    let travel = Micros::ms(40);
    config.network.latency = spread(travel);
    // Each write sends a message to every copy and one back, and two between client and coordinator; each is on its way for `travel`.
    let every = u64::from(2 * copies + 2) * travel.0 / flying;
    let end = END.0;
    let commands = (0..end / every).map(|n| {
        let value = format!("{n}");
        let (client, via) = (ClientId((n % 2) as u32), NodeId((n * 7 % u64::from(nodes)) as u32));
        let command = Command::Write { client, via, key: Key::new("cart"), value, level: Some(Level::All) };
        Timed { at: Micros(n * every), command }
    });
    let commands = commands.collect();
    Load { nodes, script: script(config, commands) }
}

/// At 1x the median message travels 0.9 s, so this is enough for the seconds measured, from a third of it on.
const END: Micros = Micros::ms(450);

fn spread(travel: Micros) -> Latency {
    Latency::Uniform { low: Micros(travel.0 / 2), high: Micros(travel.0 * 3 / 2) }
}

fn script(config: Config, commands: Vec<Timed>) -> Script {
    Script {
        title: "Frames".to_owned(),
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

/// One row for each load.
fn table(rows: &[Seen]) -> String {
    let mut out = String::from(
        "| messages on their way | nodes | frames a second: median | mean | 95 of 100 frames within | script in animation callbacks: median | 95 of 100 | \
         main thread, mean of a frame: all | script | layout | style | tasks over 50 ms |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for seen in rows {
        let mean = seen.gaps.len() as f64 * 1_000.0 / seen.gaps.iter().sum::<f64>();
        out.push_str(&format!("| {} | {} | {:.0} | {mean:.0} |", seen.flying, seen.nodes, 1_000.0 / share(&seen.gaps, 50)));
        let spans = [share(&seen.gaps, 95), share(&seen.script, 50), share(&seen.script, 95)];
        for span in spans.iter().chain(&seen.busy) {
            out.push_str(&format!(" {span:.1} ms |"));
        }
        out.push_str(&format!(" {} |\n", seen.tasks.len()));
    }
    out
}

/// The value that this many of a hundred do not exceed.
fn share(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}
