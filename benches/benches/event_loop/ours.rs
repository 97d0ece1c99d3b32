//! Our world doing the nearest it has to a ping, and what it is built for: the whole protocol of the store.
use crate::work::Draw;
use drift::engine::base::{ClientId, Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::{Detector, Level};
use drift::engine::world::{Command, Config, Event, EventKind, Latency, World};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Time between two heartbeats of one node in the ping.
const BEAT: u64 = 200_000;
/// Clients that share the operations.
const CLIENTS: u32 = 16;
/// Keys that the operations touch.
const KEYS: u64 = 1_000;

/// Heartbeats between as many nodes as keep `pending` messages in flight. Each handled message is handled as all messages are:
/// queue, network, ledger, node, fingerprint, and two events with their causes in the log (sent and delivered).
pub fn ping(pending: usize, events: u64) -> Duration {
    let config = chatty(pending);
    let mut log = Vec::new();
    let mut world = World::new(&config, 1, &mut log);
    // One interval passes before the count begins, so that all nodes beat and as many messages are on their way as shall be.
    while world.now() < Micros(2 * BEAT) {
        world.step(&mut log);
    }
    log.clear();
    let (mut handled, mut seen) = (0, 0);
    let start = Instant::now();
    while handled < events {
        assert!(world.step(&mut log), "heartbeats never end");
        // A delivery is the first event of its step.
        handled += u64::from(matches!(log.get(seen).map(|e| &e.kind), Some(EventKind::Delivered(_))));
        seen = log.len();
    }
    let time = start.elapsed();
    black_box((world.running_mix(), log.len()));
    time
}

/// A cluster in which about `pending` heartbeats are always on their way: the number of nodes follows from it, then the latency.
pub fn chatty(pending: usize) -> Config {
    // 100 nodes is the most; each sends to all others once an interval.
    let nodes = (2..=100_u32).find(|n| u64::from(n * (n - 1)) >= 2 * pending as u64).unwrap_or(100);
    let each = u64::from(nodes * (nodes - 1));
    let mean = BEAT * pending as u64 / each;
    let mut config = Config { nodes, ..Config::default() };
    config.settings.detector = Detector::Heartbeat { every: Micros(BEAT), timeout: Micros::secs(3_600) };
    config.network.latency = Latency::Uniform { low: Micros(mean / 2), high: Micros(mean + mean / 2) };
    config
}

/// Reads and writes at QUORUM of three copies on six nodes, `pending` of them open at any time, until `events` events are in the log.
pub fn store(pending: usize, events: u64) -> Duration {
    let mut log = Vec::with_capacity(events as usize);
    let start = Instant::now();
    let world = served(pending, events, &mut log);
    let time = start.elapsed();
    black_box((world.running_mix(), log.len()));
    time
}

/// The world after that, its log in `log`.
pub fn served(pending: usize, events: u64, log: &mut Vec<Event>) -> World {
    let clients = (0..CLIENTS).map(|n| format!("client {n}")).collect();
    let config = Config { clients, ..Config::default() };
    let keys: Vec<Key> = (0..KEYS).map(|n| Key::new(&format!("key{n:05}"))).collect();
    let mut world = World::new(&config, 1, log);
    let mut draw = Draw::new();
    for n in 0..pending {
        let (delay, _) = draw.message();
        let at = world.now().plus(Micros(delay % 8));
        world.apply(at, &operation(&mut draw, n as u64, &keys), log);
    }
    let (mut seen, mut begun) = (0, pending as u64);
    while (log.len() as u64) < events {
        let ended = log[seen..].iter().filter(|e| matches!(e.kind, EventKind::Ended(_))).count();
        seen = log.len();
        // Each operation that ends is followed by another one.
        for _ in 0..ended {
            let now = world.now();
            world.apply(now, &operation(&mut draw, begun, &keys), log);
            begun += 1;
        }
        assert!(world.step(log), "somebody is always waiting");
    }
    world
}

/// One in two is a write.
fn operation(draw: &mut Draw, number: u64, keys: &[Key]) -> Command {
    let (bits, via) = draw.message();
    let client = ClientId((number % u64::from(CLIENTS)) as u32);
    let (via, key) = (NodeId(via % 6), keys[(bits % KEYS) as usize].clone());
    let level = Some(Level::Quorum);
    if bits & 1 == 0 {
        Command::Read { client, via, key, level }
    } else {
        Command::Write { client, via, key, value: format!("value {number}"), level }
    }
}
