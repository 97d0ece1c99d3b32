//! The client console: what can be sent, what is wrong with it, and what became of what was sent before.

use crate::engine::base::{ClientId, EventId, Micros, NodeId, OpId};
use crate::engine::data::{Key, Row};
use crate::engine::node::coordinate::need;
use crate::engine::node::{Level, Outcome, Verb};
use crate::engine::observe::Operation;
use crate::engine::world::{Command, Config, LIMITS, Status, World};
use crate::lab::Session;
use crate::view::format::{clipped, count, moment, span};

/// Keys offered at most.
const KEYS: usize = 50;

/// What the console is about to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A write of this value.
    Write(String),
    /// A read.
    Read,
    /// A delete.
    Delete,
}

/// Which field of the console is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The key.
    Key,
    /// The value.
    Value,
    /// Anything else: the engine's check says what.
    Other,
}

/// The command for what is in the console, or the field at fault and its bound.
pub fn command(
    config: &Config,
    client: ClientId,
    via: NodeId,
    key: &str,
    ask: Ask,
    level: Option<Level>,
) -> Result<Command, (Field, String)> {
    if key.is_empty() || key.len() > LIMITS.key_bytes {
        return Err((Field::Key, format!("A key has 1 to {} bytes; this one has {}.", LIMITS.key_bytes, count(key.len() as u64))));
    }
    if let Ask::Write(value) = &ask
        && value.len() > LIMITS.value_bytes
    {
        let (limit, is) = (count(LIMITS.value_bytes as u64), count(value.len() as u64));
        return Err((Field::Value, format!("A value has at most {limit} bytes; this one has {is}.")));
    }
    let key = Key::new(key);
    let command = match ask {
        Ask::Write(value) => Command::Write { client, via, key, value, level },
        Ask::Read => Command::Read { client, via, key, level },
        Ask::Delete => Command::Delete { client, via, key, level },
    };
    command.check(config).map_err(|e| (Field::Other, e.to_string()))?;
    Ok(command)
}

/// A node as the console's client meets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The node.
    pub node: NodeId,
    /// Whether it runs.
    pub status: Status,
    /// Whether messages between the client and it stop at a cut.
    pub cut: bool,
}

impl Door {
    /// What a person should know before asking this node.
    pub fn words(&self) -> String {
        let state = match (self.status, self.cut) {
            (Status::Down, _) => ", down",
            (Status::Paused, _) => ", paused",
            (Status::Up, true) => ", cut off",
            (Status::Up, false) => "",
        };
        format!("{}{state}", self.node)
    }
}

/// Every node, in order.
pub fn doors(session: &Session, client: ClientId) -> Vec<Door> {
    let world = session.world();
    let cut = |node: NodeId| {
        let (a, b) = (client.into(), node.into());
        world.network().stopped_by(a, b).or_else(|| world.network().stopped_by(b, a)).is_some()
    };
    world.hosts().iter().map(|host| Door { node: host.node.id, status: host.status, cut: cut(host.node.id) }).collect()
}

/// Keys worth offering: the one shown, then those written so far.
pub fn keys(session: &Session, shown: Option<&Key>) -> Vec<String> {
    let mut names: Vec<String> = shown.map(|k| k.name().to_owned()).into_iter().collect();
    for (key, _) in session.history().keys().take(KEYS) {
        if !names.iter().any(|n| n == key.name()) {
            names.push(key.name().to_owned());
        }
    }
    names
}

/// The levels on offer where `usual` is what the settings say: a read cannot wait for a hint.
pub fn levels(usual: Level, reads: bool) -> Vec<Level> {
    let offered = Level::EVERY.into_iter().filter(|level| !(reads && *level == Level::Any));
    offered.chain(matches!(usual, Level::Count(_)).then_some(usual)).collect()
}

/// How many replicas a level waits for at this coordinator, whose zone decides for local levels.
pub fn level_needs(world: &World, level: Level, via: NodeId) -> u32 {
    need(level, &world.settings().replicas, world.ring().zone_of(via).0).required()
}

/// How a choice of level reads: `QUORUM`, and how many of how many replicas it waits for.
pub fn level_words(level: Level, needs: u32, replicas: u32) -> String {
    format!("{}, {needs} of {replicas}", level.name())
}

/// One earlier operation of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Which.
    pub op: OpId,
    /// A short name: `R4`.
    pub name: String,
    /// What it asked.
    pub verb: Verb,
    /// The key.
    pub key: String,
    /// The version read or written and whether it is a tombstone, if there is one to show.
    pub version: Option<(u32, bool)>,
    /// What came of it, in a few words.
    pub what: String,
    /// How long it took, if it is over.
    pub took: Option<String>,
    /// Whether the client got what it wanted.
    pub well: bool,
}

/// A short name for an operation: its kind and its number in the run.
pub fn op_name(verb: &Verb, op: OpId) -> String {
    let letter = match verb {
        Verb::Write(_) => 'W',
        Verb::Read => 'R',
        Verb::Delete => 'X',
    };
    format!("{letter}{}", op.number)
}

/// The last operations of a client that have begun at the cursor, newest first.
pub fn past(session: &Session, client: ClientId, most: usize) -> Vec<Past> {
    let begun = session.history().operations().iter().rev().filter(|o| o.began.0 < session.cursor() && o.client == client);
    begun.take(most).map(|o| one(session, o)).collect()
}

fn one(session: &Session, operation: &Operation) -> Past {
    let key = &operation.request.key;
    let number = |row: &Row| row.versions().first().map(|v| (session.history().ordinal(key, v), row.is_deleted()));
    let ended = operation.ended.as_ref().filter(|(event, _, _)| event.0 < session.cursor());
    let made = operation.version.as_ref().map(|v| session.history().ordinal(key, v)).filter(|n| *n > 0);
    let (version, what, well) = match ended.map(|(_, _, outcome)| outcome) {
        None => (None, format!("waits since {}", moment(operation.began_at)), true),
        Some(Outcome::Written { acks, .. }) => {
            (made.map(|n| (n, operation.request.verb == Verb::Delete)), format!("confirmed by {acks}"), true)
        }
        Some(Outcome::Found(Some(row))) => (number(row), value_words(row), true),
        Some(Outcome::Found(None)) => (None, "nothing there".to_owned(), true),
        Some(outcome) => (None, failure(outcome, operation.via_at(EventId(session.cursor()))), false),
    };
    Past {
        op: operation.id,
        name: op_name(&operation.request.verb, operation.id),
        verb: operation.request.verb.clone(),
        key: key.name().to_owned(),
        version,
        what,
        took: ended.map(|(_, at, _)| span(at.since(operation.began_at).max(Micros(1)))),
        well,
    }
}

fn value_words(row: &Row) -> String {
    match row.value() {
        Some(bytes) => clipped(&String::from_utf8_lossy(bytes), 24),
        None if row.is_deleted() => "deleted".to_owned(),
        None => format!("{} versions", row.versions().len()),
    }
}

/// Why an operation failed, in a few words.
pub fn failure(outcome: &Outcome, via: NodeId) -> String {
    match outcome {
        Outcome::Unavailable { required, alive } => format!("refused: needs {required}, {via} sees {alive} up"),
        Outcome::TimedOut { received, required } => format!("timed out: {received} of {required}"),
        Outcome::NoAnswer => format!("no answer from {via}"),
        Outcome::Overloaded { target } => format!("refused: no room for hints for {target}"),
        Outcome::Behind { .. } => "only older than seen before".to_owned(),
        Outcome::Written { .. } | Outcome::Found(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Script;

    fn session(commands: &str) -> Session {
        let text = format!(r#"{{"seed": 3, "end": "9s", "commands": {commands}}}"#);
        let script: Script = serde_json::from_str(&text).expect("a script");
        let mut session = Session::open(script).expect("within bounds");
        session.seek_time(Micros::secs(9));
        session
    }

    #[test]
    fn fields_at_fault_are_named_with_their_bound() {
        let config = Config::default();
        let send = |key: &str, ask| command(&config, ClientId(0), NodeId(1), key, ask, None);
        assert!(matches!(send("", Ask::Read), Err((Field::Key, why)) if why.contains("1 to 256")));
        assert!(matches!(send(&"k".repeat(257), Ask::Delete), Err((Field::Key, why)) if why.contains("257")));
        let long = Ask::Write("x".repeat(65_537));
        assert!(matches!(send("k", long), Err((Field::Value, why)) if why.contains("65\u{202f}536")));
        assert!(matches!(command(&config, ClientId(0), NodeId(9), "k", Ask::Read, None), Err((Field::Other, why)) if why.contains("via")));
        assert!(matches!(send("k", Ask::Write(String::new())), Ok(Command::Write { .. })));
    }

    #[test]
    fn the_past_says_what_came_of_each_operation() {
        let s = session(
            r#"[
            {"at": "0s", "do": "write", "client": "c0", "via": "A", "key": "k", "value": "tea"},
            {"at": "1s", "do": "read", "client": "c0", "via": "A", "key": "k"},
            {"at": "1s", "do": "read", "client": "c1", "via": "A", "key": "k"},
            {"at": "2s", "do": "read", "client": "c0", "via": "A", "key": "none"},
            {"at": "3s", "do": "delete", "client": "c0", "via": "B", "key": "k"},
            {"at": "4s", "do": "cut", "islands": [["A"]]},
            {"at": "4s", "do": "write", "client": "c0", "via": "B", "key": "k", "value": "milk", "level": "ALL"}]"#,
        );
        let all = past(&s, ClientId(0), 9);
        let words: Vec<_> = all.iter().map(|p| (p.name.as_str(), p.version, p.what.as_str())).collect();
        // Whether A keeps a copy of k decides how the last write ends.
        let last = if s.world().ring().is_replica(Key::new("k").token(), &3.into(), NodeId(0)) {
            ("W6", None, "timed out: 2 of 3")
        } else {
            ("W6", Some((3, false)), "confirmed by 3")
        };
        assert_eq!(
            words,
            [
                last,
                ("X5", Some((2, true)), "confirmed by 2"),
                ("R4", None, "nothing there"),
                ("R2", Some((1, false)), "tea"),
                ("W1", Some((1, false)), "confirmed by 2")
            ]
        );
        assert_eq!(past(&s, ClientId(0), 2).len(), 2);
        assert!(all.iter().all(|p| p.took.is_some()));
    }

    #[test]
    fn what_has_not_ended_at_the_cursor_waits() {
        let mut s = session(r#"[{"at": "1s", "do": "write", "client": "c0", "via": "A", "key": "k", "value": "tea"}]"#);
        assert!(past(&s, ClientId(0), 9)[0].took.is_some());
        s.seek_time(Micros(1_001_000));
        let waiting = &past(&s, ClientId(0), 9)[0];
        assert_eq!((waiting.what.as_str(), &waiting.took, waiting.version), ("waits since 1.000 s", &None, None));
        s.seek_time(Micros::ms(500));
        assert!(past(&s, ClientId(0), 9).is_empty(), "the future is not shown");
    }

    #[test]
    fn doors_say_who_cannot_be_reached() {
        let s = session(
            r#"[{"at": "0s", "do": "cut", "islands": [["D"]]}, {"at": "0s", "do": "crash", "node": "C"}, {"at": "0s", "do": "pause", "node": "B"}]"#,
        );
        let words: Vec<String> = doors(&s, ClientId(0)).iter().map(Door::words).collect();
        assert_eq!(words, ["A", "B, paused", "C, down", "D, cut off", "E", "F"]);
    }

    #[test]
    fn keys_offered_begin_with_the_one_shown() {
        let s = session(
            r#"[{"at": "0s", "do": "write", "client": "c0", "via": "A", "key": "b", "value": ""}, {"at": "0s", "do": "write", "client": "c0", "via": "A", "key": "a", "value": ""}]"#,
        );
        let mut all = keys(&s, None);
        all.sort();
        assert_eq!(all, ["a", "b"]);
        assert_eq!(keys(&s, Some(&Key::new("b")))[0], "b");
        assert_eq!(keys(&s, Some(&Key::new("b"))).len(), 2);
        assert_eq!(level_words(Level::Quorum, 3, 5), "QUORUM, 3 of 5");
    }
}
