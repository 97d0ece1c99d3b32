//! Runs for tests in a few words: a builder that writes a run file, and what came of playing it.
//!
//! The names of settings and the shape of a run file are known here and nowhere else among the tests.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use drift::engine::base::{Endpoint, Micros, NodeId};
use drift::engine::data::{Key, Row};
use drift::engine::node::{Message, Note};
use drift::engine::observe::Truth;
use drift::engine::world::{Event, EventKind};
use drift::lab::{Report, Script, Session, gallery, script_from_file};
use serde_json::{Value, json};

/// A shipped run.
pub fn shipped(slug: &str) -> Script {
    let (_, text) = gallery().iter().find(|(s, _)| *s == slug).expect("a shipped run");
    script_from_file(text).expect("the shipped runs are within bounds")
}

/// A key whose replicas are these, in this order, on an even ring of so many nodes: `key_on(5, "ABC")`.
pub fn key_on(nodes: u32, replicas: &str) -> String {
    let ring = drift::engine::place::Ring::even(nodes);
    let n = (replicas.len() as u32).into();
    let holds = |name: &String| ring.replicas(Key::new(name).token(), &n).iter().map(NodeId::to_string).collect::<String>() == replicas;
    (0..10_000).map(|i| format!("k{i}")).find(holds).expect("some key lies there")
}

/// A text of the tests as a span.
pub fn span(text: &str) -> Micros {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A value from its text: JSON if it is that, else the text itself.
fn value_of(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| json!(text))
}

/// The value of a setting from its text in a test: its JSON, and where it stands in `settings`. Beside the short names any place in a run
/// file's settings is a name: `hints.keeper coordinator`, `read.contact {"chance":{"all-ppm":100000,"zone-ppm":0}}`.
fn setting(name: &str, value: &str) -> (Vec<String>, Value) {
    let words: Vec<&str> = value.split_whitespace().collect();
    let (path, value) = match (name, words.as_slice()) {
        ("write-level", [_]) => ("write.level", value_of(value)),
        ("read-level", [_]) => ("read.level", value_of(value)),
        ("write-timeout", [t]) => ("write.timeout", json!(t)),
        ("read-timeout", [t]) => ("read.timeout", json!(t)),
        ("repair", [mode]) => ("read.repair", value_of(mode)),
        ("second-round", [who]) => ("read.second-round", json!(who)),
        ("digests", [on]) => ("read.digests", json!(*on == "on")),
        ("sync", ["every-write"]) => ("sync", json!("every-write")),
        ("sync", [t]) => ("sync", json!({ "every": t })),
        ("detector", ["none"]) => ("detector", json!("none")),
        ("detector", ["accrual"]) => ("detector", json!({"accrual": {}})),
        ("detector", [every, timeout]) => ("detector", json!({"heartbeat": {"every": every, "timeout": timeout}})),
        ("grace", [grace, every]) => ("tombstones", json!({"purge": {"grace": grace, "every": every}})),
        ("sweeps" | "integrity", _) => (name, serde_json::from_str(value).unwrap_or_else(|e| panic!("{value}: {e}"))),
        _ => (name, value_of(value)),
    };
    (path.split('.').map(str::to_owned).collect(), value)
}

/// One value of the network from its text: `latency 10ms`, `latency 10ms..30ms`, `latency 5ms+15ms` (floor and mean of the tail),
/// `loss-ppm 5000`, `in-order true`, `local 50us`.
fn network_value(name: &str, value: &str) -> Value {
    match name {
        "latency" => {
            if let Some((low, high)) = value.split_once("..") {
                json!({"uniform": {"low": low, "high": high}})
            } else if let Some((low, mean)) = value.split_once('+') {
                json!({"tail": {"low": low, "mean": mean}})
            } else {
                json!({ "fixed": value })
            }
        }
        "in-order" => json!(value == "true"),
        "reorder-by" | "local" => json!(value),
        _ => json!(value.parse::<u64>().expect("a number")),
    }
}

fn pairs(words: &[&str], value: impl Fn(&str, &str) -> Value) -> Value {
    words.chunks(2).map(|pair| (pair[0].to_owned(), value(pair[0], pair[1]))).collect::<serde_json::Map<_, _>>().into()
}

/// One command from its words, each apart by one space, as in `c0 A write k v ALL`, `cut D | E c1`, `cut-one-way A > B C`, `link A > B slower 5ms`.
fn command(what: &str) -> Value {
    let words: Vec<&str> = what.split(' ').collect();
    let sides = |separator: &str| -> Vec<Vec<&str>> { words[1..].split(|w| *w == separator).map(<[&str]>::to_vec).collect() };
    match words.as_slice() {
        [client, via, verb @ ("write" | "read" | "delete"), key, rest @ ..] => {
            let mut made = json!({"do": verb, "client": client, "via": via, "key": key});
            let level = if *verb == "write" { rest.get(1) } else { rest.first() };
            if *verb == "write" {
                made["value"] = json!(rest[0]);
            }
            if let Some(level) = level {
                made["level"] = value_of(level);
            }
            made
        }
        ["cut", ..] => json!({"do": "cut", "islands": sides("|")}),
        ["cut-one-way", ..] => json!({"do": "cut-one-way", "from": sides(">")[0], "to": sides(">")[1]}),
        ["cut-link", a, b] => json!({"do": "cut-link", "a": a, "b": b}),
        ["mend", cut] => json!({"do": "mend", "cut": cut.parse::<u32>().expect("a number")}),
        ["mend-all"] => json!({"do": "mend-all"}),
        [verb @ ("crash" | "restart" | "pause" | "resume" | "wipe" | "backup" | "restore" | "cleanup"), node] => {
            json!({"do": verb, "node": node})
        }
        ["clock", node, offset] => json!({"do": "clock", "node": node, "offset-us": offset.parse::<i64>().expect("a number")}),
        ["slow", node, by] => json!({"do": "slow", "node": node, "by": by}),
        ["link", from, ">", to, rest @ ..] => {
            let rule = pairs(rest, |name, value| if name == "slower" { json!(value) } else { network_value(name, value) });
            json!({"do": "link", "from": from, "to": to, "rule": rule})
        }
        ["network", rest @ ..] => json!({"do": "network", "network": pairs(rest, network_value)}),
        [verb @ ("rot" | "rot-sum"), node, key, value @ ..] => {
            let mut made = json!({"do": "rot", "node": node, "key": key});
            if let Some(value) = value.first() {
                made["value"] = json!(value);
            }
            if *verb == "rot-sum" {
                made["sum"] = json!(true);
            }
            made
        }
        [verb @ ("split" | "merge"), key] => json!({"do": verb, "range": {"key": key}}),
        ["move", key, to] => json!({"do": "move", "range": {"key": key}, "to": to}),
        ["stop-sweep", node] => json!({"do": "stop-sweep", "node": node}),
        ["stop-sweep", node, number] => json!({"do": "stop-sweep", "node": node, "number": number.parse::<u32>().expect("a number")}),
        ["sweep", a, b] => json!({"do": "sweep", "a": a, "b": b}),
        ["sweep", a, b, policy @ ..] => {
            let policy: Value = serde_json::from_str(&policy.join(" ")).unwrap_or_else(|e| panic!("{what}: {e}"));
            json!({"do": "sweep", "a": a, "b": b, "policy": policy})
        }
        ["repair", node] => json!({"do": "repair", "node": node}),
        ["repair", node, policy @ ..] => {
            let policy: Value = serde_json::from_str(&policy.join(" ")).unwrap_or_else(|e| panic!("{what}: {e}"));
            json!({"do": "repair", "node": node, "policy": policy})
        }
        ["set", name, value @ ..] => json!({"do": "set", "setting": {*name: setting(name, &value.join(" ")).1}}),
        ["preload", count, rest @ ..] => {
            let mut made = pairs(rest, |_, value| json!(value.parse::<u64>().expect("a number")));
            made["do"] = json!("preload");
            made["count"] = json!(count.parse::<u64>().expect("a number"));
            made
        }
        _ => panic!("no command {what}"),
    }
}

/// A run in the making.
#[derive(Debug, Clone)]
pub struct Run {
    config: Value,
    seed: u64,
    end: String,
    commands: Vec<Value>,
    beside: Value,
    envelope: Value,
}

impl Run {
    /// So many nodes and two clients; every message takes 10 ms; 20 s.
    pub fn of(nodes: u32) -> Run {
        let config = json!({"nodes": nodes, "settings": {}, "network": {"latency": {"fixed": "10ms"}}});
        let envelope = json!({"format": "drift-run", "version": 1, "engine": drift::engine::world::ENGINE_VERSION});
        Run { config, seed: 1, end: "20s".to_owned(), commands: Vec::new(), beside: json!({}), envelope }
    }

    /// Another seed.
    pub fn seed(mut self, seed: u64) -> Run {
        self.seed = seed;
        self
    }

    /// Another end.
    pub fn end(mut self, end: &str) -> Run {
        self.end = end.to_owned();
        self
    }

    /// More clients, c0 first.
    pub fn clients(self, count: u32) -> Run {
        self.named((0..count).map(|i| format!("client {i}")).collect())
    }

    /// Clients of these names.
    pub fn named(mut self, names: Vec<String>) -> Run {
        self.config["clients"] = json!(names);
        self
    }

    /// Something beside the configuration and the commands: `title`, `about`, `focus`, or a field that does not exist.
    pub fn also(mut self, field: &str, value: &str) -> Run {
        self.beside[field] = json!(value);
        self
    }

    /// What the envelope says: `format`, `version` or `engine`.
    pub fn envelope(mut self, field: &str, value: Value) -> Run {
        self.envelope[field] = value;
        self
    }

    /// A setting of the protocol: `with("repair", "off")`, `with("sync", "400ms")`, `with("detector", "100ms 300ms")`.
    pub fn with(mut self, name: &str, value: &str) -> Run {
        let (path, value) = setting(name, value);
        *path.iter().fold(&mut self.config["settings"], |place, step| &mut place[step.as_str()]) = value;
        self
    }

    /// Zones of these names, which nodes fill in equal blocks, each with so many copies of a key.
    pub fn zones(mut self, zones: &[(&str, u32)]) -> Run {
        self.config["topology"]["zones"] = zones.iter().map(|(name, _)| json!({ "name": name })).collect();
        self.config["settings"]["replicas"] = zones.iter().map(|(_, copies)| json!(copies)).collect();
        self
    }

    /// One token for each node, evenly spaced, whatever a preset says.
    pub fn even(mut self) -> Run {
        self.config["topology"]["style"] = json!({"tokens": 1});
        self
    }

    /// So many equal partitions instead of a token for each node.
    pub fn partitions(mut self, count: u32) -> Run {
        self.config["topology"]["style"] = json!({ "partitions": count });
        self
    }

    /// The settings of a preset, and how it divides the ring.
    pub fn like(mut self, preset: &str) -> Run {
        let mut config = drift::engine::world::Config::default();
        drift::lab::preset(preset).expect("a preset").apply(&mut config);
        self.config["settings"] = serde_json::to_value(&config.settings).expect("settings are written");
        self.config["topology"] = serde_json::to_value(&config.topology).expect("a topology is written");
        self
    }

    /// A part of the settings, as it stands in a run file: `whole("hints", json!({"keeper": "coordinator"}))`.
    pub fn whole(mut self, name: &str, value: Value) -> Run {
        self.config["settings"][name] = value;
        self
    }

    /// Zones, racks and how the ring is divided.
    pub fn topology(mut self, value: Value) -> Run {
        self.config["topology"] = value;
        self
    }

    /// A command as it stands in a run file.
    pub fn then(mut self, when: &str, mut command: Value) -> Run {
        command["at"] = json!(when);
        self.commands.push(command);
        self
    }

    /// What becomes of heartbeats in the log: `kept` or `counted`.
    pub fn chatter(mut self, what: &str) -> Run {
        self.config["chatter"] = json!(what);
        self
    }

    /// A value of the network: `network("loss-ppm", "50000")`, `network("latency", "10ms..30ms")`.
    pub fn network(mut self, name: &str, value: &str) -> Run {
        self.config["network"][name] = network_value(name, value);
        self
    }

    /// A command. Times never decrease.
    pub fn at(mut self, when: &str, what: &str) -> Run {
        let mut made = command(what);
        made["at"] = json!(when);
        self.commands.push(made);
        self
    }

    /// How many commands it has.
    pub fn commands(&self) -> usize {
        self.commands.len()
    }

    /// The same without one of its commands.
    pub fn without(mut self, command: usize) -> Run {
        self.commands.remove(command);
        self
    }

    /// N at the start.
    pub fn replicas(&self) -> u64 {
        self.config["settings"]["replicas"].as_u64().unwrap_or(3)
    }

    /// The run file.
    pub fn text(&self) -> String {
        let mut run = json!({"seed": self.seed, "end": self.end, "config": self.config, "commands": self.commands});
        for (field, value) in self.beside.as_object().into_iter().flatten() {
            run[field] = value.clone();
        }
        let mut file = self.envelope.clone();
        file["run"] = run;
        file.to_string()
    }

    /// The script, which must be within bounds.
    pub fn script(&self) -> Script {
        script_from_file(&self.text()).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// Why it is refused.
    pub fn refused(&self) -> String {
        script_from_file(&self.text()).expect_err("it is out of bounds").to_string()
    }

    /// Plays it to its end.
    pub fn play(&self) -> Played {
        Played::of(self.script())
    }
}

/// A run that has been played.
pub struct Played {
    pub report: Report,
    pub log: Vec<Event>,
    pub session: Session,
}

fn text(row: Option<&Row>) -> String {
    match row {
        None => "-".to_owned(),
        Some(row) if row.is_deleted() => "x".to_owned(),
        Some(row) => String::from_utf8_lossy(row.value().unwrap_or_default()).into_owned(),
    }
}

impl Played {
    /// Plays a script.
    pub fn of(script: Script) -> Played {
        let (report, log) = Report::of(&script);
        let mut session = Session::open(script).expect("within bounds");
        session.seek_time(session.end());
        Played { report, log, session }
    }

    /// How each operation ended: `written`, `value v`, `timed-out 2/3`, `unavailable 1/2`, ….
    pub fn outcomes(&self) -> Vec<String> {
        let each = self.report.operations.iter();
        each.map(|o| match (o.outcome.as_str(), &o.value, o.received, o.required) {
            ("value", Some(value), ..) => format!("value {value}"),
            ("written", ..) => "written".to_owned(),
            (outcome, _, Some(received), Some(required)) => format!("{outcome} {received}/{required}"),
            (outcome, ..) => outcome.to_owned(),
        })
        .collect()
    }

    /// Milliseconds from the beginning to the end of an operation, counted from 0.
    pub fn took_ms(&self, operation: usize) -> u64 {
        let o = &self.report.operations[operation];
        (o.ended_us.expect("the operation ended") - o.began_us) / 1_000
    }

    /// What the replicas of a key hold at the end, in the order of their names: `A=v B=- C=x` (- none, x a tombstone).
    pub fn held(&self, key: &str) -> String {
        let mut copies: Vec<(NodeId, String)> =
            Truth::copies(self.session.world(), &Key::new(key)).iter().map(|c| (c.node, text(c.row.as_deref()))).collect();
        copies.sort();
        copies.iter().map(|(node, value)| format!("{node}={value}")).collect::<Vec<_>>().join(" ")
    }

    /// The same at an instant.
    pub fn held_at(&mut self, when: &str, key: &str) -> String {
        self.session.seek_time(span(when));
        let held = self.held(key);
        self.session.seek_time(self.session.end());
        held
    }

    /// Copies that lack something at an instant.
    pub fn stale_at(&mut self, when: &str) -> u64 {
        self.session.seek_time(span(when));
        let stale = self.session.truth().stale_copies();
        self.session.seek_time(self.session.end());
        stale
    }

    /// When the first note that is so was made, in milliseconds, and by whom.
    pub fn note_at(&self, test: impl Fn(&Note) -> bool) -> Option<(u64, String)> {
        let found = self.log.iter().find(|e| matches!(&e.kind, EventKind::Note(note) if test(note)))?;
        Some((found.at.0 / 1_000, found.who?.to_string()))
    }

    /// How many notes are so.
    pub fn notes(&self, test: impl Fn(&Note) -> bool) -> usize {
        self.count(|k| matches!(k, EventKind::Note(note) if test(note)))
    }

    /// Copies held for others at the end: `D for B=v`, in the order of the holders.
    pub fn guests(&self, key: &str) -> String {
        let key = Key::new(key);
        let each = self.session.world().hosts().iter().flat_map(|host| {
            let held = host.node.guests.all().iter();
            held.filter_map(|(owner, guest)| Some(format!("{} for {owner}={}", host.node.id, text(Some(guest.store.get(&key)?)))))
        });
        each.collect::<Vec<_>>().join(", ")
    }

    /// Hints kept by a node at the end.
    pub fn hints(&self, node: &str) -> usize {
        let id: NodeId = node.parse().expect("a node");
        self.session.world().host(id).map_or(0, |host| host.node.hints.count())
    }

    /// How many events are so.
    pub fn count(&self, test: impl Fn(&EventKind) -> bool) -> usize {
        self.log.iter().filter(|e| test(&e.kind)).count()
    }

    /// Whether some event is so.
    pub fn has(&self, test: impl Fn(&EventKind) -> bool) -> bool {
        self.count(test) > 0
    }

    /// Whether some rule said so.
    pub fn noted(&self, test: impl Fn(&Note) -> bool) -> bool {
        self.has(|k| matches!(k, EventKind::Note(note) if test(note)))
    }

    /// The place of the first event that is so.
    pub fn place(&self, test: impl Fn(&EventKind) -> bool) -> usize {
        self.log.iter().position(|e| test(&e.kind)).expect("it happens")
    }

    /// Messages that arrived, with when, from one endpoint to another.
    pub fn arrivals(&self, from: &str, to: &str) -> Vec<(Micros, &Message)> {
        let link: (Endpoint, Endpoint) = (from.parse().expect("an endpoint"), to.parse().expect("an endpoint"));
        let arrived = |e: &'_ Event| matches!(&e.kind, EventKind::Delivered(m) if (m.from, m.to) == link);
        self.log.iter().filter(|e| arrived(e)).filter_map(|e| Some((e.at, &**e.message()?))).collect()
    }

    /// Messages that were sent, in order.
    pub fn sent(&self, test: impl Fn(&Message) -> bool) -> Vec<&Message> {
        let sent = |e: &'_ Event| matches!(&e.kind, EventKind::Sent(m) if test(m));
        self.log.iter().filter(|e| sent(e)).filter_map(|e| e.message().map(|m| &**m)).collect()
    }
}
