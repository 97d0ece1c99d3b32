//! A sweep with a peer that says what makes no sense: it ends or goes on, and no row is lost or overwritten by an older one.

use std::sync::Arc;

use drift::engine::base::{DigestFunction, Draws, Endpoint, Micros, NodeId};
use drift::engine::data::{Key, Payload, Row, Rule, Version};
use drift::engine::node::sweeps::{Page, Place, Refusal, Say, SessionId, SweepOutcome, SweepStep, common_ranges};
use drift::engine::node::{Body, Ctx, Input, Message, Node, Note, Out, Settings, SweepPolicy};
use drift::engine::place::Ring;
use drift::engine::sweep::{Depth, TokenRange, TreePolicy};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);

/// Node A, which holds one row, in a cluster of three that all hold everything.
struct Alone {
    node: Node,
    ring: Ring,
    settings: Settings,
}

fn row(micros: u64) -> Arc<Row> {
    let clock = Rule::LastWriteWins.mint(A, micros);
    Arc::new(Row::single(Version { clock, payload: Payload::Value(b"v".as_slice().into()) }))
}

impl Alone {
    fn new() -> Alone {
        let (mut node, settings) = (Node::new(A), Settings::default());
        node.store.apply(settings.rule, &Key::new("k"), &row(5), true);
        Alone { node, ring: Ring::even(3), settings }
    }

    fn handle(&mut self, input: Input<'_>) -> Vec<Out> {
        let mut out = Vec::new();
        let mut ctx =
            Ctx { now: Micros::secs(1), settings: &self.settings, ring: &self.ring, draws: Draws::new(1), backlog: 0, out: &mut out };
        self.node.handle(input, &mut ctx);
        out
    }

    fn hear(&mut self, from: NodeId, session: SessionId, say: Say) -> Vec<Out> {
        let body = Body::Sweep { session, say: Box::new(say) };
        let (from, to) = (Endpoint::from(from), Endpoint::from(A));
        let message = Message { id: 1, from, to, op: None, owner: None, cause: None, sent_at: Micros::ZERO, size: 0, body };
        self.handle(Input::Message(&message))
    }

    /// Starts a sweep with B by this policy.
    fn start(&mut self, policy: SweepPolicy) -> SessionId {
        let out = self.handle(Input::Sweep(B, policy));
        let open = said(&out).into_iter().find_map(|(session, say)| matches!(say, Say::Open { .. }).then_some(session));
        open.expect("it asks")
    }

    fn held(&self) -> Option<&Arc<Row>> {
        self.node.store.get(&Key::new("k"))
    }
}

fn said(out: &[Out]) -> Vec<(SessionId, &Say)> {
    let one = |out| match out {
        &Out::Send { body: Body::Sweep { session, ref say }, .. } => Some((session, &**say)),
        _ => None,
    };
    out.iter().filter_map(one).collect()
}

fn ended(out: &[Out]) -> Option<SweepOutcome> {
    out.iter().find_map(|out| match out {
        Out::Note { note: Note::Sweep { step: SweepStep::Ended { outcome, .. }, .. }, .. } => Some(*outcome),
        _ => None,
    })
}

fn small() -> SweepPolicy {
    SweepPolicy { tree: TreePolicy { fan_out: 2, depth: Depth::Fixed(2), ..TreePolicy::default() }, ..SweepPolicy::default() }
}

#[test]
fn an_answer_that_does_not_fit_ends_the_sweep() {
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    let mut alone = Alone::new();
    let session = alone.start(small());
    let out = alone.hear(B, session, Say::Roots([(2, hash)].into()));
    assert_eq!(ended(&out), Some(SweepOutcome::Nonsense), "three ranges and one root");
    let session = alone.start(small());
    let out = alone.hear(B, session, Say::Roots([(2, hash); 3].into()));
    assert!(matches!(said(&out).as_slice(), [(_, Say::Children { nodes, .. })] if nodes.len() == 3), "every root is a lie: {out:?}");
    let out = alone.hear(B, session, Say::Hashes { part: 0, level: 0, hashes: [hash; 5].into() });
    assert_eq!(ended(&out), Some(SweepOutcome::Nonsense), "six children and five hashes");
    assert!(alone.node.sweeps.asking().is_empty());
    assert_eq!(alone.held(), Some(&row(5)));
}

#[test]
fn what_nobody_waits_for_changes_nothing() {
    let mut alone = Alone::new();
    let session = alone.start(small());
    let old = SessionId { number: session.number + 7, ..session };
    let before = SessionId { generation: 9, ..session };
    let rows = || Say::Rows { page: Page { part: 0, page: 0, pages: 1 }, rows: [(Key::new("x"), row(9))].into() };
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    for (from, session, say) in [
        (B, old, Say::Refused(Refusal::Busy)),
        (B, before, Say::Roots([(2, hash); 3].into())),
        (NodeId(2), session, Say::Refused(Refusal::Busy)),
        (B, session, rows()),
        (B, session, Say::Stored { page: 0 }),
        (B, session, Say::Hashes { part: 0, level: 0, hashes: [hash; 2].into() }),
        (B, session, Say::Keys { page: Page { part: 0, page: 3, pages: 1 }, entries: Box::new([]) }),
    ] {
        assert!(alone.hear(from, session, say).is_empty());
    }
    assert_eq!(alone.node.store.rows().len(), 1);
    assert!(alone.node.sweeps.asking().contains_key(&session.number), "and the sweep still waits");
}

#[test]
fn a_lie_about_a_hash_costs_work_and_no_data() {
    let mut alone = Alone::new();
    let session =
        alone.start(SweepPolicy { tree: TreePolicy { depth: Depth::Fixed(0), ..TreePolicy::default() }, ..SweepPolicy::default() });
    let hash = DigestFunction::Xxh64.of_bytes(b"a lie");
    alone.hear(B, session, Say::Roots([(0, hash); 3].into()));
    let entries = [(Key::new("k"), hash)].into();
    let out = alone.hear(B, session, Say::Keys { page: Page { part: 0, page: 0, pages: 1 }, entries });
    assert!(matches!(said(&out).as_slice(), [(_, Say::FetchRows { keys, .. })] if keys.len() == 1));
    let out = alone.hear(B, session, Say::Rows { page: Page { part: 0, page: 0, pages: 1 }, rows: [(Key::new("k"), row(3))].into() });
    assert_eq!(alone.held(), Some(&row(5)), "what comes is older");
    assert!(said(&out).iter().any(|(_, say)| matches!(say, Say::Rows { .. })), "so the newer goes back");
}

#[test]
fn a_question_for_what_is_not_there_is_answered_or_refused() {
    let mut alone = Alone::new();
    let session = SessionId { by: B, generation: 1, number: 1 };
    let ask = |level, index| Say::Children { part: 0, level, nodes: [Place { range: 0, level, index }].into() };
    let out = alone.hear(B, session, ask(0, 0));
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Unknown))]);
    let odd = |left, right| Say::Open { policy: small(), ranges: [TokenRange { left, right }].into() };
    let common = common_ranges(&alone.ring, &3.into(), A, B);
    let out = alone.hear(B, session, odd(common[0].left, common[1].right));
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::NotMine))], "not one of the ring's ranges");
    let deep = SweepPolicy { tree: TreePolicy { fan_out: 3, ..TreePolicy::default() }, ..small() };
    let out = alone.hear(B, session, Say::Open { policy: deep, ranges: common.clone().into() });
    assert_eq!(said(&out), [(session, &Say::Refused(Refusal::Bounds))]);
    alone.hear(B, session, Say::Open { policy: small(), ranges: common.into() });
    for (level, index) in [(0, 1), (2, 0), (3, 0), (u32::MAX, u64::MAX), (1, u64::MAX)] {
        let out = alone.hear(B, session, ask(level, index));
        assert!(matches!(said(&out).as_slice(), [(_, Say::Hashes { hashes, .. })] if hashes.is_empty()), "{level} {index}: {out:?}");
        let leaves = [Place { range: 0, level, index }, Place { range: 99, level: 0, index: 0 }].into();
        let out = alone.hear(B, session, Say::ListKeys { part: 0, leaves });
        assert!(matches!(said(&out).as_slice(), [(_, Say::Keys { .. })]));
    }
}
