//! Runs made from a seed over the whole foreground path: every setting of levels, placement, hints, stand-ins, writes, reads, clients,
//! detectors and tombstones may take part, with the faults of `random`.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use drift::engine::node::{StandIn, Tombstones};
use drift::engine::world::Command;
use serde_json::{Value, json};

use crate::decay;
use crate::random::{self, Dice, END_MS, FAULTS_MS, Features, Made, Maker, READS_MS, Rot, name};
use crate::rules::Rules;
use crate::run::Run;
use crate::sweeping;

/// Which parts of the foreground path a run has: each is in half of the runs.
struct Parts(u64);

impl Parts {
    fn has(&self, part: u32) -> bool {
        self.0 >> part & 1 == 1
    }
}

const HINTS: u32 = 0;
const STAND_INS: u32 = 1;
const ZONES: u32 = 2;
const TOKENS: u32 = 3;
const WRITES: u32 = 4;
const READS: u32 = 5;
const CLIENTS: u32 = 6;
const PURGE: u32 = 7;
const ACCRUAL: u32 = 8;
const WORKLOAD: u32 = 9;
const BACKUPS: u32 = 10;
const DIGESTS: u32 = 11;
const CHANGES: u32 = 12;
const WIDE_LEVELS: u32 = 13;
const SWEEPS: u32 = 14;
const ROT: u32 = 15;
const DISKS: u32 = 16;

/// A misbehaviour that a run may be given on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// None: the rule.
    Nothing,
    /// Hints never expire.
    Hints,
    /// Repairs overwrite without comparing versions.
    Repair,
    /// Reads ask a fixed prefix of the replicas.
    Prefix,
    /// Sweeps only send.
    OneWay,
    /// Hints are thrown away once they are sent.
    Hopeful,
}

struct Wide {
    maker: Maker,
    parts: Parts,
    broken: Broken,
    zones: u64,
    rot: Rot,
}

const ONE_ZONE: [&str; 9] = ["ONE", "QUORUM", "QUORUM", "ALL", "TWO", "THREE", "LOCAL_QUORUM", "LOCAL_ONE", "EACH_QUORUM"];

impl Wide {
    fn dice(&mut self) -> &mut Dice {
        &mut self.maker.dice
    }

    fn one_of(&mut self, from: &[Value]) -> Value {
        self.dice().choose(from)
    }

    fn ms(&mut self, least: u64, more: u64) -> Value {
        json!(format!("{}ms", least + self.dice().below(more)))
    }

    fn half(&mut self) -> bool {
        self.dice().once_in(2)
    }

    fn level(&mut self, writes: bool) -> Value {
        if !self.parts.has(WIDE_LEVELS) {
            return json!(self.dice().choose(&["ONE", "QUORUM", "QUORUM", "ALL"]));
        }
        match self.dice().below(8) {
            0 if writes => json!("ANY"),
            1 => self.count(),
            _ => json!(self.dice().choose(&ONE_ZONE)),
        }
    }

    /// A level that is a number.
    fn count(&mut self) -> Value {
        let least = self.maker.least;
        json!(1 + self.dice().below(least))
    }

    /// A level that some requirement beside the level has, or none.
    fn demand(&mut self) -> Value {
        let count = self.count();
        self.one_of(&[Value::Null, Value::Null, json!("ONE"), json!("QUORUM"), count, json!("ALL")])
    }

    fn writes(&mut self) -> Value {
        let mut made = json!({"level": self.level(true), "timeout": self.ms(150, 800)});
        if self.parts.has(WRITES) {
            made["durable"] = self.demand();
            made["primary"] = self.demand();
            let least = self.maker.least;
            made["confirms"] = json!(self.dice().below(least + 1));
            let patience = self.ms(20, 200);
            made["coordinate"] = self.one_of(&[json!("anyone"), json!("anyone"), json!({"replica": {"patience": patience}})]);
            made["local-first"] = json!(self.half());
            made["relay"] = json!(self.half());
            made["drop-late"] = json!(self.half());
        }
        made
    }

    fn reads(&mut self) -> Value {
        let (bound, after, more) = (self.ms(5, 60), self.ms(5, 100), self.ms(5, 100));
        let mut made = json!({"level": self.level(false), "timeout": self.ms(150, 800), "digests": self.half()});
        made["second-round"] = self.one_of(&[json!("differing"), json!("everyone")]);
        made["repair"] = self.one_of(&[json!("blocking"), json!("blocking"), json!("asynchronous"), json!("off"), json!("blocking-all")]);
        if self.parts.has(READS) {
            made["repair"] = self.one_of(&[json!("blocking"), json!("blocking-all"), json!({ "bounded": bound }), json!("asynchronous")]);
            let (all, zone) = (self.dice().below(600_000), self.dice().below(400_000));
            let chance = json!({"chance": {"all-ppm": all, "zone-ppm": zone}});
            let adaptive = json!({"adaptive": {"low-ppm": zone / 4, "high-ppm": zone / 4 + all}});
            made["contact"] = self.one_of(&[json!("level"), json!("everyone"), chance, adaptive]);
            made["proximity"] = self.one_of(&[json!("ring"), json!("latency")]);
            made["speculate"] = self.one_of(&[json!("never"), json!("always"), json!({ "after": after }), json!({"percentile": 500})]);
            made["additional-write"] = self.one_of(&[Value::Null, more]);
            made["primary"] = self.demand();
            made["absent-counts"] = json!(!self.dice().once_in(4));
            made["basic-quorum"] = json!(self.half());
            made["hint-repairs"] = json!(self.half());
        }
        if self.broken == Broken::Prefix {
            made["proximity"] = json!("prefix");
        }
        made
    }

    fn hints(&mut self) -> Value {
        let k = 1 + self.dice().below(3);
        let keepers = ["coordinator", "coordinator", "replica", "any", "proximity"].map(|k| json!(k));
        let keeper = if self.dice().once_in(6) { json!({ "consistent": k }) } else { self.one_of(&keepers) };
        let window = if self.half() { json!("3h") } else { self.ms(200, 1_500) };
        let lifetime = if self.half() { Value::Null } else { self.ms(300, 2_000) };
        let flush = if self.half() { json!("0s") } else { self.ms(10, 900) };
        let mut made = json!({"keeper": keeper, "window": window, "flush": flush, "lifetime": lifetime, "poll": self.ms(50, 800)});
        made["persistent-window"] = json!(self.half());
        made["replay"] = self.one_of(&[json!("poll"), json!("on-up")]);
        made["page"] = json!(self.dice().choose(&[1, 100, 500, 524_288]));
        made["throttle"] = json!(self.dice().choose(&[0, 0, 2_000, 20_000]));
        made["targets-at-once"] = json!(1 + self.dice().below(3));
        made["room"] = json!(self.dice().choose(&[0, 0, 100, 400]));
        made["full"] = self.one_of(&[json!("drop"), json!("compact"), json!("refuse")]);
        made["overload"] = json!(self.dice().choose(&[0, 0, 1, 3]));
        made["paused"] = json!(self.dice().once_in(8));
        made["never-expire"] = json!(self.broken == Broken::Hints);
        made
    }

    fn fallback(&mut self) -> Value {
        let who = self.one_of(&[json!("next-healthy"), json!("partition"), json!("nobody")]);
        json!({"stand-in": who, "tick": self.ms(50, 500), "idle": self.ms(0, 700), "at-once": 1 + self.dice().below(3)})
    }

    fn client(&mut self) -> Value {
        let policy = self.one_of(&[json!("refuse"), json!({"lower": "ONE"}), json!({"lower": "QUORUM"})]);
        let direct = self.one_of(&[json!("off"), json!("off"), json!("level"), json!("everyone")]);
        let mut made = json!({"read-your-writes": self.half(), "monotonic-reads": self.half(), "sticky": self.half()});
        made["retries"] = json!(self.dice().below(3));
        made["behind-retries"] = json!(self.dice().below(4));
        made["back-off"] = self.ms(0, 200);
        made["policy"] = policy;
        made["direct"] = direct;
        made
    }

    fn tombstones(&mut self) -> Value {
        if self.dice().once_in(4) { json!("keep") } else { json!({"purge": {"grace": self.ms(200, 2_000), "every": self.ms(50, 700)}}) }
    }

    fn detector(&mut self) -> Value {
        let every = 40 + self.dice().below(150);
        if !self.parts.has(ACCRUAL) {
            return json!({"heartbeat": {"every": format!("{every}ms"), "timeout": format!("{}ms", every + self.dice().below(400))}});
        }
        let (initial, phi) = (self.ms(50, 300), 1 + self.dice().below(4));
        json!({"accrual": {"every": format!("{every}ms"), "initial": initial, "max-interval": "400ms", "window": 1 + self.dice().below(40),
               "threshold": phi, "pause": format!("{}ms", every + self.dice().below(400))}})
    }

    fn digest(&mut self) -> Value {
        self.one_of(&["xxh64", "siphash-1-3", "xxh3", "md5", "sha-256"].map(|f| json!(f)))
    }

    fn sync(&mut self) -> Value {
        if self.half() { json!("every-write") } else { json!({ "every": self.ms(50, 700) }) }
    }

    fn replicas(&mut self) -> Value {
        if self.zones < 2 || self.dice().once_in(4) {
            let least = self.maker.least;
            return json!(least + self.dice().below(6 - least));
        }
        let mut counts: Vec<u64> = (0..self.zones).map(|_| self.dice().below(4)).collect();
        counts[0] += self.maker.least.saturating_sub(counts.iter().sum());
        json!(counts)
    }

    /// The settings of the parts that this run has.
    fn settings(&mut self) -> Vec<(&'static str, Value)> {
        let mut made = vec![("replicas", self.replicas()), ("write", self.writes()), ("read", self.reads())];
        made.push(("client-timeout", self.ms(500, 1_000)));
        for part in [HINTS, STAND_INS, CLIENTS, PURGE, DIGESTS, SWEEPS, DISKS] {
            if self.parts.has(part) || part == HINTS && matches!(self.broken, Broken::Hints | Broken::Hopeful) {
                made.push(match part {
                    HINTS => ("hints", self.hints()),
                    STAND_INS => ("fallback", self.fallback()),
                    CLIENTS => ("client", self.client()),
                    PURGE => ("tombstones", self.tombstones()),
                    SWEEPS => ("sweeps", sweeping::settings(self.dice())),
                    DISKS => ("disk", sweeping::disk(self.dice())),
                    _ => ("digest", self.digest()),
                });
            }
        }
        // Without a detector nobody is ever believed down; it is a part of most runs.
        if !self.dice().once_in(5) {
            made.push(("detector", self.detector()));
        }
        if self.dice().once_in(3) {
            made.push(("sync", self.sync()));
        }
        if self.rot == Rot::Free {
            made.push(("integrity", decay::settings(self.rot, self.dice())));
        }
        if self.broken == Broken::Repair {
            made.push(("misbehave", json!({"blind-repair": true})));
        }
        if self.broken == Broken::OneWay {
            made.push(("misbehave", json!({"one-way-sweeps": true})));
        }
        if self.broken == Broken::Hopeful {
            made.push(("misbehave", json!({"hopeful-hints": true})));
        }
        made
    }

    fn topology(&mut self) -> Value {
        let zones: Vec<Value> = (0..self.zones)
            .map(|z| json!({"name": format!("z{z}"), "racks": (0..self.dice().below(3)).map(|r| format!("r{r}")).collect::<Vec<_>>()}))
            .collect();
        let style = match self.dice().below(3) {
            _ if !self.parts.has(TOKENS) => json!({"tokens": 1}),
            0 => json!({"partitions": self.dice().choose(&[16, 32])}),
            _ => json!({"tokens": 2 + self.dice().below(6)}),
        };
        let nobody = self.parts.has(TOKENS) && self.maker.nodes > 3 && self.half();
        let coordinators: Vec<String> = nobody.then(|| name(self.maker.nodes - 1)).into_iter().collect();
        json!({"zones": zones, "style": style, "coordinators": coordinators})
    }

    fn operation(&mut self) -> Value {
        let (client, via) = (format!("c{}", self.maker.dice.below(self.maker.clients)), self.maker.node());
        let key = {
            let keys = self.maker.keys.clone();
            self.dice().choose(&keys)
        };
        let verb = self.dice().choose(&["write", "write", "write", "write", "delete", "read", "read", "read", "read"]);
        let mut made = json!({"do": verb, "client": client, "via": via, "key": key});
        if verb == "write" {
            made["value"] = json!(self.dice().below(1_000).to_string());
        }
        if self.half() {
            made["level"] = self.level(verb != "read");
        }
        made
    }

    /// Something that happens beside operations: a fault in the words of `random`, or a command.
    fn fault(&mut self) -> Option<Result<String, Value>> {
        if self.rot != Rot::Never && self.dice().once_in(6) {
            let (node, keys) = (self.maker.node(), self.maker.keys.clone());
            let key = self.dice().choose(&keys);
            return Some(Ok(decay::rot(self.rot, self.dice(), &node, &key)));
        }
        match self.dice().below(12) {
            0 if self.parts.has(CHANGES) => {
                let all = self.settings();
                let (name, value) = self.dice().choose(&all);
                Some(Err(json!({"do": "set", "setting": {name: value}})))
            }
            1 if self.parts.has(BACKUPS) => {
                let (verb, node) = (self.dice().choose(&["backup", "restore"]), self.maker.node());
                Some(Ok(format!("{verb} {node}")))
            }
            2 if self.parts.has(WORKLOAD) => {
                let mut made = json!({"do": "workload", "every": self.ms(10, 60), "duration": self.ms(50, 400), "keys": 4});
                made["seed"] = json!(self.dice().below(1_000));
                Some(Err(made))
            }
            _ => self.maker.fault().map(Ok),
        }
    }

    /// Everything is made whole, hints and guests are given time to go home, and each key is read at ALL, perhaps after replicas have
    /// compared by themselves. Returns whether they have.
    fn heal(&mut self, mut run: Run, replicas: Value) -> (Run, bool) {
        let swept = self.parts.has(SWEEPS) && !self.dice().once_in(3);
        let at = format!("{FAULTS_MS}ms");
        let nodes: Vec<String> = (0..self.maker.nodes).map(name).collect();
        let mut words = vec!["mend-all".to_owned(), "network latency 10ms".to_owned()];
        words.append(&mut self.maker.links);
        words.extend(nodes.iter().flat_map(|n| ["resume", "restart"].map(|verb| format!("{verb} {n}"))));
        words.extend(nodes.iter().flat_map(|n| [format!("slow {n} 0s"), format!("clock {n} 0")]));
        words.push("set sync every-write".to_owned());
        words.push("set client-timeout 2s".to_owned());
        words.push("set detector 100ms 300ms".to_owned());
        for what in words {
            run = run.at(&at, &what);
        }
        let page = self.dice().choose(&[1, 300, 524_288]);
        let hints = json!({"poll": "100ms", "flush": "50ms", "page": page, "throttle": 0, "targets-at-once": 100});
        let given_up = self.rot != Rot::Never;
        let sweeps = if swept { sweeping::whole(self.dice(), given_up) } else { sweeping::over() };
        let whole = [
            ("sweeps", sweeps),
            ("write", json!({"timeout": "1s"})),
            ("read", json!({"timeout": "1s"})),
            ("replicas", replicas),
            ("hints", hints),
            ("fallback", json!({"tick": "100ms", "idle": "200ms", "at-once": 100})),
            ("client", json!({})),
            ("tombstones", json!("keep")),
            ("misbehave", json!({})),
            ("disk", Value::Null),
        ];
        for (name, value) in whole {
            run = run.then(&at, json!({"do": "set", "setting": {name: value}}));
        }
        if self.rot == Rot::Free {
            run = run.then(&at, json!({"do": "set", "setting": {"integrity": {}}}));
        }
        if swept {
            run = run.then(&format!("{READS_MS}ms"), json!({"do": "set", "setting": {"sweeps": sweeping::over()}}));
        }
        for (i, key) in self.maker.keys.iter().enumerate() {
            run = run.at(&format!("{}ms", READS_MS + i as u64), &format!("c0 {} read {key} ALL", name(i as u64 % self.maker.nodes)));
        }
        (run, swept)
    }
}

/// As many replicas as there are nodes to hold them: with more nothing can be read at ALL.
fn fitting(topology: &Value, replicas: &Value, nodes: u64) -> Value {
    let zones = topology["zones"].as_array().map_or(1, |z| z.len().max(1)) as u64;
    let idle = topology["coordinators"].as_array().map_or(0, Vec::len) as u64;
    match replicas {
        Value::Array(counts) => {
            let own = |z: u64| nodes / zones + u64::from(z < nodes % zones) - if z + 1 == zones { idle } else { 0 };
            let counts: Vec<u64> = counts.iter().enumerate().map(|(z, n)| n.as_u64().unwrap_or(0).min(own(z as u64))).collect();
            if counts.iter().sum::<u64>() == 0 { json!(1) } else { json!(counts) }
        }
        n => json!(n.as_u64().unwrap_or(1).min(nodes - idle)),
    }
}

/// The run of this seed, with up to `commands` commands before it is made whole.
pub fn run(seed: u64, commands: u64, broken: Broken) -> Made {
    let mut dice = Dice::new(seed ^ 0x5eed_f0e5);
    let on = if dice.once_in(10) { u64::MAX } else { dice.below(u64::MAX) };
    let parts = Parts(if dice.once_in(10) { u64::MAX } else { dice.below(u64::MAX) });
    let on = if parts.has(SWEEPS) { on | 1 << random::SWEEPS } else { on & !(1 << random::SWEEPS) };
    let zones = if parts.has(ZONES) { 1 + dice.below(3) } else { 0 };
    let (nodes, clients) = (2 + dice.below(7).max(zones), 1 + dice.below(3));
    let mut keys: Vec<String> = ["k", "cart", "m"][..1 + dice.below(3) as usize].iter().map(|k| (*k).to_owned()).collect();
    let preload = dice.once_in(3);
    if preload || parts.has(WORKLOAD) {
        keys.extend((0..4).map(|i| format!("key-{i}")));
    }
    let least = 1 + dice.below(3);
    let mut maker = Maker { dice, features: Features { on }, nodes, clients, keys, cuts: 0, links: Vec::new(), least, ranges: false };
    let rot = if parts.has(ROT) && broken == Broken::Nothing { decay::kind(&mut maker.dice) } else { Rot::Never };
    let mut wide = Wide { maker, parts, broken, zones, rot };
    let mut run = Run::of(nodes as u32).seed(seed).clients(clients as u32).end(&format!("{END_MS}ms"));
    let topology = wide.topology();
    run = run.topology(topology.clone());
    for (name, value) in wide.settings() {
        run = run.whole(name, value);
    }
    if rot == Rot::Guarded {
        run = run.whole("integrity", decay::settings(rot, wide.dice()));
    }
    for (name, value) in wide.maker.network() {
        run = run.network(name, &value);
    }
    if wide.dice().once_in(3) {
        run = run.chatter("counted");
    }
    if preload {
        run = run.at("0s", "preload 4");
    }
    let mut at = 0;
    for _ in 0..commands {
        at += wide.dice().below(2 * (FAULTS_MS - 500) / commands.max(1));
        let when = format!("{}ms", at.min(FAULTS_MS - 400));
        let fault = if wide.half() { wide.fault() } else { None };
        run = match fault {
            Some(Ok(words)) => run.at(&when, &words),
            Some(Err(command)) => run.then(&when, command),
            None => {
                let operation = wide.operation();
                run.then(&when, operation)
            }
        };
    }
    let faults = run.commands();
    let script = run.script();
    let rules = Rules::in_turn(&script, faults);
    let lost = |c: &Command| matches!(c, Command::Wipe { .. } | Command::Restore { .. });
    let strict = |r: &Rules| {
        let all = &r.all;
        r.lazy_sync.is_none()
            && all.replicas == rules[0].all.replicas
            && all.fallback.stand_in == StandIn::Nobody
            && all.tombstones == Tombstones::Keep
            && !all.sweeps.forgets_deletes()
            && all.read.absent_counts
            && !all.misbehave.blind_repair
    };
    let keeps = rot == Rot::Never && !script.commands.iter().any(|timed| lost(&timed.command)) && rules.iter().all(strict);
    let blocking = rules.iter().all(|r| r.blocking);
    let replicas = u64::from(rules[0].replicas);
    let last = rules.last().map_or(Value::Null, |r| serde_json::to_value(r.all.replicas).unwrap_or_default());
    let (run, swept) = wide.heal(run, fitting(&topology, &last, nodes));
    Made { keys: wide.maker.keys.len(), replicas, run, faults, keeps, blocking, swept, rot }
}
