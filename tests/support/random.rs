//! Runs made from a seed: which features and faults a run has is drawn first, then its settings, network and commands
//! (swarm testing: Groce and others, 2012: leaving features out of a run makes runs differ more).
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use drift::engine::base::{Draws, NodeId};
use drift::engine::place::Ring;
use drift::engine::world::Command;
use drift::lab::script_from_file;

use crate::rules::Rules;
use crate::run::Run;
use crate::sweeping;

/// Numbers from a seed (SplitMix64).
pub struct Dice(u64);

impl Dice {
    /// Numbers for this seed.
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// An even number below `of`.
    pub fn below(&mut self, of: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % of
    }

    /// Whether one of `of` equal chances came.
    pub fn once_in(&mut self, of: u64) -> bool {
        self.below(of) == 0
    }

    /// An even choice.
    pub fn choose<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }
}

/// A run made from a seed, and what it promises.
#[derive(Clone)]
pub struct Made {
    /// The run.
    pub run: Run,
    /// Commands before the healing begins.
    pub faults: usize,
    /// Keys that are read at ALL in the end.
    pub keys: usize,
    /// Replicas per key, at most all nodes.
    pub replicas: u64,
    /// No replica ever loses what it has confirmed, and N stays as it is: what is confirmed must be found again.
    pub keeps: bool,
    /// Repair is before the answer all the time: quorum reads never go back.
    pub blocking: bool,
    /// Sweeps alone make all replicas agree before the keys are read at ALL.
    pub swept: bool,
    /// Whether bytes change by themselves.
    pub rot: Rot,
}

/// What becomes of bytes that change by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rot {
    /// None do.
    Never,
    /// Checksums tell from the start, reads and scrubs check them, and what does not fit is given up: no rotten byte is told to anybody.
    Guarded,
    /// Whatever comes: in the end replicas agree, and be it on what nobody wrote.
    Free,
}

/// What a run may have besides reads and writes.
pub struct Features {
    pub on: u64,
}

impl Features {
    pub fn has(&self, feature: u32) -> bool {
        self.on >> feature & 1 == 1
    }
}

const LOSS: u32 = 0;
const TWICE: u32 = 1;
const REORDER: u32 = 2;
const IN_ORDER: u32 = 3;
const NARROW: u32 = 4;
const CUTS: u32 = 5;
const ODD_CUTS: u32 = 6;
const CRASHES: u32 = 7;
const PAUSES: u32 = 8;
const WIPES: u32 = 9;
const CLOCKS: u32 = 10;
const SLOW: u32 = 11;
const LINKS: u32 = 12;
const NETWORKS: u32 = 13;
const SETTINGS: u32 = 14;
const N_CHANGES: u32 = 15;
const PRELOAD: u32 = 16;
const BEATS: u32 = 17;
const LAZY_SYNC: u32 = 18;
const DELETES: u32 = 19;
/// Sweeps that are started by hand or by a schedule.
pub const SWEEPS: u32 = 20;
/// Ranges that are split, merged and moved.
const RANGES: u32 = 21;

/// Milliseconds of faults, of quiet after them, and of a whole run.
pub const FAULTS_MS: u64 = 4_000;
pub const READS_MS: u64 = 8_000;
pub const END_MS: u64 = 10_000;

/// A run in the making.
pub struct Maker {
    pub dice: Dice,
    pub features: Features,
    pub nodes: u64,
    pub clients: u64,
    pub keys: Vec<String>,
    pub cuts: u64,
    pub links: Vec<String>,
    /// The smallest N of the run: levels that are numbers may not exceed it.
    pub least: u64,
    /// Whether the ring may be redrawn.
    pub ranges: bool,
}

/// The name of a node.
pub fn name(n: u64) -> String {
    char::from(b'A' + n as u8).to_string()
}

impl Maker {
    pub fn node(&mut self) -> String {
        name(self.dice.below(self.nodes))
    }

    /// Some endpoints, each at most once.
    fn some(&mut self) -> String {
        let all: Vec<String> = (0..self.nodes).map(name).chain((0..self.clients).map(|c| format!("c{c}"))).collect();
        let picked: Vec<String> = all.iter().filter(|_| self.dice.once_in(3)).cloned().collect();
        if picked.is_empty() { self.node() } else { picked.join(" ") }
    }

    fn two(&mut self) -> (String, String) {
        let a = self.dice.below(self.nodes);
        let b = (a + 1 + self.dice.below(self.nodes - 1)) % self.nodes;
        (name(a), name(b))
    }

    fn operation(&mut self) -> String {
        let (client, via, key) = (self.dice.below(self.clients), self.node(), self.dice.choose(&self.keys));
        let level = self.dice.choose(&["", " ONE", " QUORUM", " QUORUM", " ALL"]);
        match self.dice.below(10) {
            0..=4 => {
                let value = self.dice.below(1_000);
                format!("c{client} {via} write {key} {value}{level}")
            }
            5 if self.features.has(DELETES) => format!("c{client} {via} delete {key}{level}"),
            _ => format!("c{client} {via} read {key}{level}"),
        }
    }

    pub fn network(&mut self) -> Vec<(&'static str, String)> {
        let latency = match self.dice.below(3) {
            0 => format!("{}ms", 1 + self.dice.below(40)),
            1 => format!("{}ms..{}ms", 1 + self.dice.below(10), 10 + self.dice.below(60)),
            _ => format!("{}ms+{}ms", 1 + self.dice.below(10), 1 + self.dice.below(40)),
        };
        let mut values = vec![("latency", latency), ("local", format!("{}us", 1 + self.dice.below(2_000)))];
        for (feature, name, most) in [(LOSS, "loss-ppm", 150_000), (TWICE, "duplicate-ppm", 300_000), (REORDER, "reorder-ppm", 300_000)] {
            if self.features.has(feature) {
                values.push((name, self.dice.below(most).to_string()));
            }
        }
        if self.features.has(REORDER) {
            values.push(("reorder-by", format!("{}ms", self.dice.below(300))));
        }
        if self.features.has(IN_ORDER) {
            values.push(("in-order", "true".to_owned()));
        }
        if self.features.has(NARROW) {
            values.push(("bandwidth", (20_000 + self.dice.below(200_000)).to_string()));
        }
        values
    }

    fn setting(&mut self) -> String {
        match self.dice.below(8) {
            0 => format!("repair {}", self.dice.choose(&["blocking", "asynchronous", "off"])),
            1 => format!("second-round {}", self.dice.choose(&["differing", "everyone"])),
            2 => format!("digests {}", self.dice.choose(&["on", "off"])),
            3 => format!("read-level {}", self.dice.choose(&["ONE", "QUORUM", "ALL"])),
            4 => format!("write-level {}", self.dice.choose(&["ONE", "QUORUM", "ALL"])),
            5 => format!("write-timeout {}ms", 100 + self.dice.below(900)),
            6 => format!("read-timeout {}ms", 100 + self.dice.below(900)),
            _ if self.features.has(LAZY_SYNC) => self.sync(),
            _ => format!("client-timeout {}ms", 300 + self.dice.below(1_500)),
        }
    }

    fn sync(&mut self) -> String {
        if self.dice.once_in(3) { "sync every-write".to_owned() } else { format!("sync {}ms", 50 + self.dice.below(800)) }
    }

    fn detector(&mut self) -> String {
        let every = 50 + self.dice.below(200);
        format!("detector {every}ms {}ms", every + self.dice.below(500))
    }

    /// A command to compare two nodes.
    fn sweep(&mut self) -> String {
        let (a, b) = self.two();
        if self.dice.once_in(4) {
            return format!("repair {a} {}", sweeping::policy(&mut self.dice, false));
        }
        if self.dice.once_in(6) {
            return format!("stop-sweep {a}");
        }
        if self.dice.once_in(3) { format!("sweep {a} {b}") } else { format!("sweep {a} {b} {}", sweeping::policy(&mut self.dice, false)) }
    }

    /// A change of the ring.
    fn redraw(&mut self) -> String {
        let (key, node) = (self.dice.choose(&self.keys), self.node());
        match self.dice.below(6) {
            0..=2 => format!("split {key}"),
            3 => format!("merge {key}"),
            4 => format!("move {key} {node}"),
            _ => format!("cleanup {node}"),
        }
    }

    /// A fault of a kind that this run has; `None` if the drawn kind is left out.
    pub fn fault(&mut self) -> Option<String> {
        if self.features.has(SWEEPS) && self.dice.once_in(6) {
            return Some(self.sweep());
        }
        if self.ranges && self.features.has(RANGES) && self.dice.once_in(6) {
            return Some(self.redraw());
        }
        let kind = 5 + self.dice.below(14) as u32;
        if !self.features.has(kind) {
            return None;
        }
        let node = self.node();
        Some(match kind {
            CUTS | ODD_CUTS if self.dice.once_in(3) => {
                let which = self.dice.below(self.cuts + 1);
                self.dice.choose(&["mend-all".to_owned(), format!("mend {which}")])
            }
            CUTS => {
                self.cuts += 1;
                format!("cut {}", self.some())
            }
            ODD_CUTS => {
                self.cuts += 1;
                let (a, b) = self.two();
                match self.dice.below(3) {
                    0 => format!("cut {a} | {b}"),
                    1 => format!("cut-one-way {} > {}", self.some(), self.some()),
                    _ => format!("cut-link {a} {b}"),
                }
            }
            CRASHES => format!("{} {node}", self.dice.choose(&["crash", "restart", "restart"])),
            PAUSES => format!("{} {node}", self.dice.choose(&["pause", "resume", "resume"])),
            WIPES => format!("{} {node}", self.dice.choose(&["wipe", "restart", "restart"])),
            CLOCKS => format!("clock {node} {}", self.dice.below(4_000_000) as i64 - 2_000_000),
            SLOW => format!("slow {node} {}ms", self.dice.below(3) * 100),
            LINKS => {
                let (a, b) = self.two();
                self.links.push(format!("link {a} > {b}"));
                format!("link {a} > {b} slower {}ms loss-ppm {}", self.dice.below(200), self.dice.below(2) * self.dice.below(1_000_000))
            }
            NETWORKS => {
                let values: Vec<String> = self.network().into_iter().map(|(name, value)| format!("{name} {value}")).collect();
                format!("network {}", values.join(" "))
            }
            SETTINGS => format!("set {}", self.setting()),
            N_CHANGES => format!("set replicas {}", self.least + self.dice.below(6 - self.least)),
            BEATS if self.dice.once_in(4) => "set detector none".to_owned(),
            BEATS => format!("set {}", self.detector()),
            LAZY_SYNC => format!("set {}", self.sync()),
            _ => return None,
        })
    }

    /// The settings and the network at the start.
    fn start(&mut self, seed: u64) -> Run {
        let mut run = Run::of(self.nodes as u32).seed(seed).clients(self.clients as u32).end(&format!("{END_MS}ms"));
        run = run.with("replicas", &(1 + self.dice.below(5)).to_string());
        let mut settings = vec![self.setting(), self.setting(), self.setting()];
        settings.push(format!("write-timeout {}ms", 200 + self.dice.below(800)));
        settings.push(format!("read-timeout {}ms", 200 + self.dice.below(800)));
        settings.push(format!("client-timeout {}ms", 500 + self.dice.below(1_500)));
        if self.features.has(LAZY_SYNC) {
            settings.push(self.sync());
        }
        if self.features.has(BEATS) {
            settings.push(self.detector());
        }
        if self.features.has(SWEEPS) {
            settings.push(format!("sweeps {}", sweeping::settings(&mut self.dice)));
        }
        for setting in settings {
            let (name, value) = setting.split_once(' ').expect("a name and a value");
            run = run.with(name, value);
        }
        for (name, value) in self.network() {
            run = run.network(name, &value);
        }
        if self.dice.once_in(3) { run.chatter("counted") } else { run }
    }

    /// Everything is made whole, and each key is read at ALL, perhaps after replicas have compared by themselves. Returns whether they have.
    fn heal(&mut self, mut run: Run, replicas: u64) -> (Run, bool) {
        let swept = self.features.has(SWEEPS) && !self.dice.once_in(3);
        let mut commands = vec!["mend-all".to_owned(), "network latency 10ms".to_owned(), "set repair blocking".to_owned()];
        commands.append(&mut self.links);
        commands.extend((0..self.nodes).map(name).flat_map(|n| ["resume", "restart"].map(|verb| format!("{verb} {n}"))));
        commands.extend((0..self.nodes).map(|n| format!("slow {} 0s", name(n))));
        commands.push("set write-timeout 1s".to_owned());
        commands.push("set read-timeout 1s".to_owned());
        commands.push("set client-timeout 2s".to_owned());
        // With more replicas than nodes nothing can be read at ALL.
        commands.push(format!("set replicas {}", replicas.min(self.nodes)));
        if self.features.has(SWEEPS) {
            commands.push(format!("set sweeps {}", if swept { sweeping::whole(&mut self.dice, false) } else { sweeping::over() }));
        }
        for what in commands {
            run = run.at(&format!("{FAULTS_MS}ms"), &what);
        }
        if swept {
            run = run.at(&format!("{READS_MS}ms"), &format!("set sweeps {}", sweeping::over()));
        }
        for (i, key) in self.keys.iter().enumerate() {
            run = run.at(&format!("{}ms", READS_MS + i as u64), &format!("c0 {} read {key} ALL", name(i as u64 % self.nodes)));
        }
        (run, swept)
    }
}

/// The run of this seed, with up to `commands` commands before it is made whole.
pub fn run(seed: u64, commands: u64) -> Made {
    let mut dice = Dice::new(seed);
    // Each feature is in half of the runs; one run in ten has them all.
    let on = if dice.once_in(10) { u64::MAX } else { dice.below(u64::MAX) };
    let (nodes, clients) = (2 + dice.below(7), 1 + dice.below(3));
    let mut keys: Vec<String> = ["k", "cart", "m"][..1 + dice.below(3) as usize].iter().map(|k| (*k).to_owned()).collect();
    let features = Features { on };
    if features.has(PRELOAD) {
        keys.extend((0..4).map(|i| format!("key-{i}")));
    }
    let mut maker = Maker { dice, features, nodes, clients, keys, cuts: 0, links: Vec::new(), least: 1, ranges: true };
    let mut run = maker.start(seed);
    if maker.features.has(PRELOAD) {
        run = run.at("0s", "preload 4");
    }
    let mut at = 0;
    for _ in 0..commands {
        at += maker.dice.below(2 * (FAULTS_MS - 100) / commands.max(1));
        let what = if maker.dice.once_in(2) { maker.fault() } else { None };
        let what = what.unwrap_or_else(|| maker.operation());
        let when = format!("{}ms", at.min(FAULTS_MS));
        let next = run.clone().at(&when, &what);
        // What the ring cannot be is left out.
        let possible = !["split", "merge", "move"].iter().any(|verb| what.starts_with(verb)) || script_from_file(&next.text()).is_ok();
        run = if possible { next } else { run.at(&when, &maker.operation()) };
    }
    let faults = run.commands();
    let script = run.script();
    let rules = Rules::in_turn(&script, faults);
    let wiped = script.commands.iter().any(|timed| matches!(timed.command, Command::Wipe { .. }));
    // A delete that everybody has seen may be forgotten: then nothing is found where it was.
    let kept = |r: &Rules| r.lazy_sync.is_none() && r.replicas == rules[0].replicas && !r.all.sweeps.forgets_deletes();
    // A replica that joins has not confirmed what others have: quorums before and after need not meet.
    let moved = script.commands.iter().any(|timed| matches!(timed.command, Command::Move { .. }));
    let keeps = !wiped && !moved && rules.iter().all(kept);
    let blocking = !moved && rules.iter().all(|r| r.blocking);
    let replicas = run.replicas().min(nodes);
    let last = rules.last().map_or(0, |r| u64::from(r.replicas));
    // Who has given all its ranges away is no replica of anything.
    let mut ring = Ring::of(&script.config.topology, script.config.nodes, Draws::new(script.seed));
    script.commands.iter().filter_map(|timed| timed.command.redraws()).for_each(|redraw| _ = ring.redraw(&redraw));
    let owners = (0..nodes as u32).filter(|n| ring.owns(NodeId(*n))).count() as u64;
    let (run, swept) = maker.heal(run, last.min(owners));
    Made { keys: maker.keys.len(), replicas, run, faults, keeps, blocking, swept, rot: Rot::Never }
}
