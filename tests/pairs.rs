//! Laws of sweeps between two nodes that hear each other in any order, some things twice: whatever the two held, in the end each has what the method
//! promises, and nothing has gone back in time.
#![cfg(not(target_arch = "wasm32"))]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use drift::engine::base::{Draws, Endpoint, Micros, NodeId};
use drift::engine::data::{Key, Payload, Row, Rule, Version};
use drift::engine::node::desk::Desk;
use drift::engine::node::sweeps::{SweepOutcome, SweepStep};
use drift::engine::node::{Ctx, Input, Message, Method, Node, Note, Out, Radix, Segments, Settings, SweepPolicy, Timer};
use drift::engine::place::Ring;
use proptest::prelude::*;

/// A timestamp for each key number: it stands for a row with a value of its own.
type Held = BTreeMap<u32, u64>;

fn key(n: u32) -> Key {
    Key::new(&format!("key-{n}"))
}

fn row(micros: u64) -> Arc<Row> {
    let clock = Rule::LastWriteWins.mint(NodeId(0), micros);
    Arc::new(Row::single(Version { clock, payload: Payload::Value(micros.to_be_bytes().as_slice().into()) }))
}

/// Two nodes that both hold everything, and what is under way between them.
struct Pair {
    nodes: Vec<Node>,
    ring: Ring,
    settings: Settings,
    post: Vec<Message>,
    timers: Vec<(Micros, NodeId, Timer)>,
    now: Micros,
    outcomes: Vec<SweepOutcome>,
    read: BTreeSet<Key>,
}

impl Pair {
    fn new(a: &Held, b: &Held) -> Pair {
        let mut settings = Settings { replicas: 2.into(), ..Settings::default() };
        settings.sweeps.rows_at_once = 3;
        let mut nodes = vec![Node::new(NodeId(0)), Node::new(NodeId(1))];
        for (node, held) in nodes.iter_mut().zip([a, b]) {
            for (n, micros) in held {
                node.store.apply(settings.rule, &key(*n), &row(*micros), true);
            }
        }
        let (post, timers, outcomes) = (Vec::new(), Vec::new(), Vec::new());
        Pair { nodes, ring: Ring::even(2), settings, post, timers, now: Micros::secs(1), outcomes, read: BTreeSet::new() }
    }

    fn handle(&mut self, at: NodeId, input: Input<'_>) {
        let mut out = Vec::new();
        let mut ctx = Ctx {
            now: self.now,
            settings: &self.settings,
            ring: &self.ring,
            draws: Draws::new(1),
            backlog: 0,
            out: &mut out,
            desk: &mut Desk::default(),
        };
        self.nodes[at.index()].handle(input, &mut ctx);
        for done in out {
            match done {
                Out::Send { to, owner, op, body } => {
                    let from = Endpoint::from(at);
                    self.post.push(Message { id: 1, from, to, op, owner, cause: None, sent_at: self.now, size: 0, body });
                }
                Out::Timer { after, timer } => self.timers.push((self.now.plus(after), at, timer)),
                Out::Note { note: Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }, .. } => self.outcomes.push(outcome),
                Out::Note { note: Note::SweepRead { key, .. }, .. } => _ = self.read.insert(key),
                _ => {}
            }
        }
    }

    /// A write that reaches one node only.
    fn write(&mut self, at: NodeId, n: u32, micros: u64) {
        let body = drift::engine::node::Body::Write { key: key(n), row: row(micros) };
        let message = Message {
            id: 1,
            from: Endpoint::from(at),
            to: at.into(),
            op: None,
            owner: None,
            cause: None,
            sent_at: self.now,
            size: 0,
            body,
        };
        self.handle(at, Input::Message(&message));
    }

    /// So much time that whoever waits for somebody no longer does: a question that came twice may have opened a sweep again that is over.
    fn rest(&mut self) {
        self.now = self.now.plus(Micros::secs(60));
        for (_, node, timer) in std::mem::take(&mut self.timers) {
            if matches!(timer, Timer::SweepIdle(_)) && self.nodes[node.index()].expects(timer) {
                self.handle(node, Input::Timer(timer));
            }
        }
    }

    /// One sweep to its end: what is under way comes in the order that `order` says, now and then twice.
    fn sweep(&mut self, from: NodeId, to: NodeId, policy: SweepPolicy, order: &[u8]) {
        self.handle(from, Input::Sweep(to, policy));
        let mut picks = order.iter().cycle().map(|pick| usize::from(*pick));
        let mut twice = 20;
        for _ in 0..20_000 {
            if self.post.is_empty() {
                // Only what belongs to the work itself: nobody is impatient here.
                let work = |timer: &Timer| matches!(timer, Timer::SweepNext(_) | Timer::SegmentsBuilt | Timer::TrieWork);
                let next = self.timers.iter().enumerate().filter(|(_, (.., timer))| work(timer)).min_by_key(|(_, (at, ..))| *at);
                let Some((i, _)) = next else { return };
                let (at, node, timer) = self.timers.remove(i);
                self.now = self.now.max(at);
                if self.nodes[node.index()].expects(timer) {
                    self.handle(node, Input::Timer(timer));
                }
                continue;
            }
            let pick = picks.next().unwrap_or(0);
            let message = self.post[pick % self.post.len()].clone();
            twice -= usize::from(twice > 0 && pick % 7 == 0);
            if twice == 0 || pick % 7 != 0 {
                self.post.remove(pick % self.post.len());
            }
            if let Endpoint::Node(node) = message.to {
                self.handle(node, Input::Message(&message));
            }
        }
        panic!("it never ends");
    }

    fn held(&self, node: usize) -> BTreeMap<Key, Arc<Row>> {
        self.nodes[node].store.rows().iter().cloned().collect()
    }
}

fn rows(held: &Held) -> BTreeMap<Key, Arc<Row>> {
    held.iter().map(|(n, micros)| (key(*n), row(*micros))).collect()
}

/// The newest of both.
fn newest(a: &Held, b: &Held) -> Held {
    a.keys().chain(b.keys()).map(|n| (*n, a.get(n).max(b.get(n)).copied().unwrap_or_default())).collect()
}

fn held(most: usize) -> impl Strategy<Value = Held> {
    prop::collection::btree_map(0..40u32, 1..4u64, 0..most)
}

/// What comes next of what is under way.
fn order() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 1..40)
}

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// An exchange by segments reads exactly the keys that differ, and then both sides hold the newest of both.
    #[test]
    fn an_exchange_by_segments_reads_what_differs(a in held(40), b in held(8), same in any::<bool>(), width in 1..6u32, digest in 0..3usize, order in order()) {
        let b = if same { a.iter().map(|(k, v)| (*k, *v)).chain(b).collect() } else { b };
        let mut policy = SweepPolicy { method: Method::Segments, segments: Some(Segments { width: 1 << width, ..Segments::default() }), ..SweepPolicy::default() };
        policy.tree.digest = [drift::engine::base::DigestFunction::Xxh64, drift::engine::base::DigestFunction::Sha256, drift::engine::base::DigestFunction::Md5][digest];
        let mut pair = Pair::new(&a, &b);
        pair.sweep(A, B, policy, &order);
        let differ: BTreeSet<Key> = newest(&a, &b).keys().filter(|n| a.get(n) != b.get(n)).map(|n| key(*n)).collect();
        prop_assert_eq!(&pair.read, &differ);
        let wanted = if differ.is_empty() { SweepOutcome::Equal } else { SweepOutcome::Read { keys: differ.len() as u32, failed: 0 } };
        prop_assert_eq!(&pair.outcomes, &[wanted]);
        let all = rows(&newest(&a, &b));
        prop_assert_eq!((pair.held(0), pair.held(1)), (all.clone(), all));
        pair.rest();
        // And from the other side, with the trees that were kept, there is nothing left to find.
        pair.sweep(B, A, policy, &order);
        prop_assert_eq!(pair.outcomes.last(), Some(&SweepOutcome::Equal));
    }

    /// Trees of segments that have followed writes lead to what trees read anew lead to.
    #[test]
    fn segments_follow_writes(a in held(40), writes in prop::collection::vec((any::<bool>(), 0..40u32, 4..9u64), 0..30), order in order()) {
        let policy = SweepPolicy { method: Method::Segments, segments: Some(Segments { width: 4, ..Segments::default() }), ..SweepPolicy::default() };
        let mut pair = Pair::new(&a, &a);
        pair.sweep(A, B, policy, &order);
        pair.rest();
        let (mut x, mut y) = (a.clone(), a);
        for (first, n, micros) in writes {
            let (at, held) = if first { (A, &mut x) } else { (B, &mut y) };
            pair.write(at, n, micros);
            let newest = held.get(&n).copied().unwrap_or_default().max(micros);
            held.insert(n, newest);
        }
        pair.sweep(B, A, policy, &order);
        let differ: BTreeSet<Key> = newest(&x, &y).keys().filter(|n| x.get(n) != y.get(n)).map(|n| key(*n)).collect();
        prop_assert_eq!(&pair.read, &differ);
        let all = rows(&newest(&x, &y));
        prop_assert_eq!((pair.held(0), pair.held(1)), (all.clone(), all));
    }

    /// A walk through tries brings the driver's rows to the other side and nothing back; two walks, one from each side, make both agree.
    #[test]
    fn a_walk_through_tries_pushes_and_two_agree(a in held(40), b in held(8), same in any::<bool>(), writes in prop::collection::vec((any::<bool>(), 0..40u32, 4..9u64), 0..20), order in order()) {
        let b: Held = if same { a.iter().map(|(k, v)| (*k, *v)).chain(b).collect() } else { b };
        let policy = SweepPolicy { method: Method::Trie, trie: Some(Radix::default()), ..SweepPolicy::default() };
        let mut pair = Pair::new(&a, &b);
        pair.sweep(A, B, policy, &order);
        let (mut x, mut y) = (a.clone(), b.clone());
        x.keys().for_each(|n| _ = y.insert(*n, x[n].max(b.get(n).copied().unwrap_or_default())));
        prop_assert_eq!((pair.held(0), pair.held(1)), (rows(&x), rows(&y)), "the driver stays as it was");
        prop_assert_eq!(pair.outcomes[0] == SweepOutcome::Equal, a == b);
        // Writes come between; the queue is worked off before the next walk.
        for (first, n, micros) in writes {
            let (at, held) = if first { (A, &mut x) } else { (B, &mut y) };
            pair.write(at, n, micros);
            let newest = held.get(&n).copied().unwrap_or_default().max(micros);
            held.insert(n, newest);
        }
        let due: Vec<(Micros, NodeId, Timer)> = pair.timers.drain(..).filter(|(.., timer)| *timer == Timer::TrieWork).collect();
        due.into_iter().for_each(|(_, node, timer)| pair.handle(node, Input::Timer(timer)));
        pair.sweep(B, A, policy, &order);
        pair.sweep(A, B, policy, &order);
        let all = rows(&newest(&x, &y));
        prop_assert_eq!((pair.held(0), pair.held(1)), (all.clone(), all));
        pair.sweep(B, A, policy, &order);
        prop_assert_eq!(pair.outcomes.last(), Some(&SweepOutcome::Equal));
    }
}
