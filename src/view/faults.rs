//! Faults in words: what is broken at the cursor, since when, and the command that undoes it.

use crate::engine::base::{Endpoint, Micros, NodeId};
use crate::engine::data::Key;
use crate::engine::world::{Command, Cut, CutShape, LinkRule, NetworkConfig, Status};
use crate::lab::Session;
use crate::view::format::{count, list, moment, offset, per_cent, span};
use crate::view::glyph::Icon;

/// Something that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Active {
    /// A name that no other fault of this moment has, for lists and tests: `cut-0`, `down-C`.
    pub id: String,
    /// Its picture.
    pub icon: Icon,
    /// What is broken, and since when.
    pub text: String,
    /// Undoes it.
    pub undo: Command,
    /// What undoing is called.
    pub verb: &'static str,
}

/// The name of an endpoint: a node's letter, a client's name.
pub fn name(session: &Session, end: Endpoint) -> String {
    match end {
        Endpoint::Node(node) => node.to_string(),
        Endpoint::Client(client) => session.script().config.clients.get(client.0 as usize).cloned().unwrap_or_else(|| client.to_string()),
    }
}

fn names(session: &Session, ends: &[Endpoint]) -> String {
    list(ends.iter().map(|end| name(session, *end)))
}

/// Everything that is broken at the cursor.
pub fn active(session: &Session) -> Vec<Active> {
    let world = session.world();
    let mut all: Vec<Active> = world.network().cuts().iter().map(|cut| of_cut(session, cut)).collect();
    for host in world.hosts() {
        let node = host.node.id;
        all.extend(of_status(session, node, host.status, host.held()));
        if host.node.clock.offset != 0 {
            let text = format!("{node}'s clock is {}", offset(host.node.clock.offset));
            all.push(Active {
                id: format!("clock-{node}"),
                icon: Icon::Clock,
                text,
                undo: Command::Clock { node, offset_us: 0 },
                verb: "Set right",
            });
        }
        let by = world.network().slow(node);
        if by > Micros::ZERO {
            let text = format!("{node} is slow: {} more each way", span(by));
            all.push(Active {
                id: format!("slow-{node}"),
                icon: Icon::Slow,
                text,
                undo: Command::Slow { node, by: Micros::ZERO },
                verb: "Undo",
            });
        }
    }
    for (node, key, written) in world.rotten() {
        let value = String::from_utf8_lossy(written.value().unwrap_or_default()).into_owned();
        all.push(Active {
            id: format!("rot-{node}-{key}"),
            icon: Icon::Crack,
            text: format!("{node}'s copy of {key} is rotten"),
            undo: Command::Rot { node, key: key.clone(), sum: true, value: Some(value) },
            verb: "Undo",
        });
    }
    for ((from, to), rule) in world.network().links().filter(|(_, rule)| **rule != LinkRule::default()) {
        let text = format!("{} to {}: {}", name(session, *from), name(session, *to), rule_words(rule));
        let undo = Command::Link { from: *from, to: *to, rule: LinkRule::default() };
        all.push(Active { id: format!("link-{from}-{to}"), icon: Icon::Drop, text, undo, verb: "Undo" });
    }
    all.extend(of_network(session));
    all
}

fn of_cut(session: &Session, cut: &Cut) -> Active {
    let since = moment(cut.since);
    let (icon, text) = match &cut.shape {
        CutShape::Islands(islands) => match islands.as_slice() {
            [one] if one.len() == 1 => (Icon::Scissors, format!("{} is cut off", names(session, one))),
            [one] => (Icon::Scissors, format!("{} are cut off", names(session, one))),
            many => {
                let parts: Vec<String> = many.iter().map(|island| names(session, island)).collect();
                (Icon::Scissors, format!("The network is in {} parts: {} | the rest", many.len() + 1, parts.join(" | ")))
            }
        },
        CutShape::OneWay(from, to) => {
            let everyone = from.len() + to.len() == session.world().hosts().len() + session.script().config.clients.len();
            let (from, all) = (names(session, from), names(session, to));
            (Icon::OneWay, if everyone { format!("Nobody hears {from}") } else { format!("{all} cannot hear {from}") })
        }
        CutShape::Link(a, b) => (Icon::Snip, format!("The link {}\u{2013}{} is cut", name(session, *a), name(session, *b))),
    };
    Active {
        id: format!("cut-{}", cut.id.0),
        icon,
        text: format!("{text} since {since}"),
        undo: Command::Mend { cut: cut.id.0 },
        verb: "Mend",
    }
}

fn of_status(session: &Session, node: NodeId, status: Status, held: usize) -> Option<Active> {
    let since =
        |is: fn(&Command) -> Option<(NodeId, bool)>| since(session, node, is).map_or(String::new(), |at| format!(" since {}", moment(at)));
    match status {
        Status::Up => None,
        Status::Down => {
            let since = since(|c| match c {
                Command::Crash { node } | Command::Wipe { node } | Command::Restore { node } => Some((*node, true)),
                Command::Restart { node } => Some((*node, false)),
                _ => None,
            });
            Some(Active {
                id: format!("down-{node}"),
                icon: Icon::Crash,
                text: format!("{node} is down{since}"),
                undo: Command::Restart { node },
                verb: "Restart",
            })
        }
        Status::Paused => {
            let since = since(|c| match c {
                Command::Pause { node } => Some((*node, true)),
                Command::Resume { node } | Command::Crash { node } | Command::Wipe { node } | Command::Restore { node } => {
                    Some((*node, false))
                }
                _ => None,
            });
            let waiting = if held == 0 { String::new() } else { format!(", {} waiting", count(held as u64)) };
            Some(Active {
                id: format!("paused-{node}"),
                icon: Icon::Hand,
                text: format!("{node} is paused{since}{waiting}"),
                undo: Command::Resume { node },
                verb: "Resume",
            })
        }
    }
}

/// When the state began that commands switch on and off: the first one that switched it on after the last that switched it off.
fn since(session: &Session, node: NodeId, is: fn(&Command) -> Option<(NodeId, bool)>) -> Option<Micros> {
    let done = session.script().commands.iter().take_while(|t| t.at <= session.now());
    done.fold(None, |began, timed| match is(&timed.command) {
        Some((n, on)) if n == node => on.then(|| began.unwrap_or(timed.at)),
        _ => began,
    })
}

fn rule_words(rule: &LinkRule) -> String {
    let mut parts = Vec::new();
    if rule.slower > Micros::ZERO {
        parts.push(format!("{} slower", span(rule.slower)));
    }
    if rule.loss_ppm > 0 {
        parts.push(format!("{} lost", per_cent(rule.loss_ppm)));
    }
    parts.join(", ")
}

/// What of the network's behaviour is a fault, next to how the run began.
fn of_network(session: &Session) -> Option<Active> {
    let (now, began) = (session.world().network().config, session.script().config.network);
    let same = NetworkConfig { latency: began.latency, ..now };
    if same == began {
        return None;
    }
    let mut parts = Vec::new();
    if now.loss_ppm != began.loss_ppm {
        parts.push(format!("{} lost", per_cent(now.loss_ppm)));
    }
    if now.duplicate_ppm != began.duplicate_ppm {
        parts.push(format!("{} sent twice", per_cent(now.duplicate_ppm)));
    }
    if (now.reorder_ppm, now.reorder_by) != (began.reorder_ppm, began.reorder_by) {
        parts.push(format!("{} held back up to {}", per_cent(now.reorder_ppm), span(now.reorder_by)));
    }
    if now.bandwidth != began.bandwidth {
        parts.push(if now.bandwidth == 0 { "no limit on bandwidth".to_owned() } else { format!("{} B/s each way", count(now.bandwidth)) });
    }
    if now.in_order != began.in_order {
        parts.push(if now.in_order { "in order".to_owned() } else { "in any order".to_owned() });
    }
    let text = format!("Messages: {}", if parts.is_empty() { "another rule".to_owned() } else { parts.join(", ") });
    // Travel times are a setting of their own and stay.
    let undo = Command::Network { network: NetworkConfig { latency: now.latency, ..began } };
    Some(Active { id: "network".to_owned(), icon: Icon::Drop, text, undo, verb: "Undo" })
}

/// The command that makes a node's copy of a key rot, or why there is nothing to rot. `value` is what it becomes; nothing changes one bit.
pub fn rot(session: &Session, node: NodeId, key: Option<&Key>, value: &str) -> Result<Command, String> {
    let Some(key) = key else { return Err("choose a key first: write one, or name it in the console".to_owned()) };
    let held = session.world().host(node).and_then(|host| host.node.store.get(key)).and_then(|row| row.value());
    match held {
        None => Err(format!("{node} holds no value of {key}")),
        Some(bytes) if bytes == value.as_bytes() && !bytes.is_empty() => Err(format!("{node} holds that already")),
        Some(_) => Ok(Command::Rot { node, key: key.clone(), sum: false, value: Some(value.to_owned()).filter(|v| !v.is_empty()) }),
    }
}

/// The command that cuts off `chosen`, or that keeps everyone else from hearing them. Clients stay with the mainland.
pub fn cut(session: &Session, chosen: &[NodeId], one_way: bool) -> Command {
    let island: Vec<Endpoint> = chosen.iter().map(|n| (*n).into()).collect();
    if !one_way {
        return Command::Cut { islands: vec![island] };
    }
    let config = &session.script().config;
    let nodes = (0..config.nodes).map(|n| Endpoint::from(NodeId(n)));
    let clients = (0..config.clients.len() as u32).map(|c| Endpoint::Client(crate::engine::base::ClientId(c)));
    let to = nodes.chain(clients).filter(|end| !island.contains(end)).collect();
    Command::CutOneWay { from: island, to }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Script;

    fn session(commands: &str) -> Session {
        let text = format!(r#"{{"seed": 3, "end": "9s", "commands": {commands}}}"#);
        let script: Script = serde_json::from_str(&text).expect("a script");
        Session::open(script).expect("within bounds")
    }

    fn words(session: &Session) -> Vec<String> {
        active(session).iter().map(|a| a.text.clone()).collect()
    }

    #[test]
    fn every_fault_is_said_and_its_undo_undoes_it() {
        let cases = [
            (r#"{"at": "80ms", "do": "cut", "islands": [["D"]]}"#, "D is cut off since 0.080 s"),
            (r#"{"at": "80ms", "do": "cut", "islands": [["D", "E"]]}"#, "D and E are cut off since 0.080 s"),
            (
                r#"{"at": "80ms", "do": "cut", "islands": [["D", "E"], ["A", "c0"]]}"#,
                "The network is in 3 parts: D and E | A and ada | the rest since 0.080 s",
            ),
            (r#"{"at": "80ms", "do": "cut-one-way", "from": ["D"], "to": ["A", "B"]}"#, "A and B cannot hear D since 0.080 s"),
            (r#"{"at": "80ms", "do": "cut-link", "a": "A", "b": "c1"}"#, "The link A\u{2013}bob is cut since 0.080 s"),
            (r#"{"at": "722ms", "do": "crash", "node": "C"}, {"at": "1s", "do": "wipe", "node": "C"}"#, "C is down since 0.722 s"),
            (r#"{"at": "722ms", "do": "pause", "node": "B"}"#, "B is paused since 0.722 s"),
            (r#"{"at": "0s", "do": "clock", "node": "B", "offset-us": -80000}"#, "B's clock is 80 ms behind"),
            (r#"{"at": "0s", "do": "slow", "node": "B", "by": "200ms"}"#, "B is slow: 200 ms more each way"),
            (
                r#"{"at": "0s", "do": "link", "from": "A", "to": "B", "rule": {"slower": "5ms", "loss-ppm": 20000}}"#,
                "A to B: 5 ms slower, 2 % lost",
            ),
            (
                r#"{"at": "0s", "do": "network", "network": {"loss-ppm": 50000, "bandwidth": 20000}}"#,
                "Messages: 5 % lost, 20\u{202f}000 B/s each way",
            ),
            (
                r#"{"at": "0s", "do": "preload", "count": 1}, {"at": "1s", "do": "rot", "node": "B", "key": "key-0"}"#,
                "B's copy of key-0 is rotten",
            ),
        ];
        for (command, text) in cases {
            let mut s = session(&format!("[{command}]"));
            s.seek_time(Micros::secs(2));
            let found = active(&s);
            assert_eq!(found.len(), 1, "{command}");
            assert_eq!(found[0].text, text);
            s.act(found[0].undo.clone()).expect("the undo is accepted");
            assert_eq!(words(&s), Vec::<String>::new(), "after undoing {command}");
        }
    }

    #[test]
    fn what_has_not_happened_yet_is_not_said() {
        let mut s = session(
            r#"[{"at": "1s", "do": "crash", "node": "C"}, {"at": "2s", "do": "restart", "node": "C"}, {"at": "3s", "do": "crash", "node": "C"}]"#,
        );
        let mut said = Vec::new();
        for t in [0, 1, 2, 4] {
            s.seek_time(Micros(t * 1_000_000 + 500_000));
            said.push(words(&s).join(";"));
        }
        assert_eq!(said, ["", "C is down since 1.000 s", "", "C is down since 3.000 s"]);
    }

    #[test]
    fn a_one_way_cut_silences_the_chosen_for_everyone() {
        let mut s = session("[]");
        let command = cut(&s, &[NodeId(3)], true);
        s.act(command).expect("accepted");
        assert!(words(&s)[0].starts_with("Nobody hears D since"));
        let stopped = |a: u32, b: u32| s.world().network().stopped_by(NodeId(a).into(), NodeId(b).into()).is_some();
        assert!(stopped(3, 0) && !stopped(0, 3) && !stopped(0, 1));
    }
}
