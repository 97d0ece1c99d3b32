//! Two timelines of hinted handoff, told apart: the beats t0 to t4 of an outage, and the life of one write that a hint was kept of.
//! Both are read off the log (the outage after Apache Cassandra 4.1: `StorageProxy.shouldHint`, `HintsDispatchTrigger`).

use crate::engine::base::{Endpoint, EventId, Micros, NodeId, OpId, arrange};
use crate::engine::node::{HintSettings, Keeper, Note, Outcome, Traffic, Verb};
use crate::engine::world::{Event, EventKind, Fault};
use crate::lab::Session;
use crate::view::format::span;
use crate::view::narrate::{Facts, Names};

/// One beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beat {
    /// Its short name: `t0` to `t4` of an outage, a verb of a write.
    pub name: &'static str,
    /// What happens, as a clause.
    pub what: String,
    /// What holds from then on, as a sentence.
    pub then: String,
    /// When.
    pub at: Micros,
    /// The event, if it is one and not a time that passes.
    pub event: Option<EventId>,
}

/// One time a node was down, with as many of its five beats as there were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// The node.
    pub node: NodeId,
    /// The beats, in order; `t0` is always there.
    pub beats: Vec<Beat>,
}

impl Outage {
    /// When it began, and its last beat.
    pub fn ends(&self) -> (Micros, Micros) {
        let at = |beat: Option<&Beat>| beat.map_or(Micros::ZERO, |b| b.at);
        (at(self.beats.first()), at(self.beats.last()))
    }
}

/// The life of one write that a hint was kept of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// The write, and its short name.
    pub op: OpId,
    /// `W2`.
    pub name: String,
    /// The replica that missed it.
    pub target: NodeId,
    /// `sent`, `acked`, `hinted`, `replayed`, in the order in which they happened.
    pub beats: Vec<Beat>,
}

/// A stretch in which a node did not run: its first event, and its last.
struct Down {
    node: NodeId,
    paused: bool,
    from: usize,
    back: Option<usize>,
    /// Where the next one of the same node begins, or the end of the log.
    until: usize,
}

fn stretches(log: &[Event]) -> Vec<Down> {
    let mut found: Vec<Down> = Vec::new();
    for (i, event) in log.iter().enumerate() {
        let (EventKind::Fault(fault), Some(node)) = (&event.kind, event.who.and_then(Endpoint::node)) else { continue };
        let open = found.iter_mut().rev().find(|d| d.node == node && d.back.is_none());
        match (fault, open) {
            (Fault::Crashed { .. } | Fault::Paused, None) => {
                if let Some(before) = found.iter_mut().rev().find(|d| d.node == node) {
                    before.until = i;
                }
                found.push(Down { node, paused: matches!(fault, Fault::Paused), from: i, back: None, until: log.len() });
            }
            // A paused node that crashes is down until it starts again.
            (Fault::Crashed { .. }, Some(open)) => open.paused = false,
            (Fault::Restarted, Some(open)) => open.back = Some(i),
            (Fault::Resumed { .. }, Some(open)) if open.paused => open.back = Some(i),
            _ => {}
        }
    }
    found
}

/// Every outage of a recording, in the order in which they began.
pub fn outages(session: &Session) -> Vec<Outage> {
    let log = session.log();
    let facts = Facts::of(session);
    stretches(log).iter().map(|down| outage(&facts, log, down)).collect()
}

fn outage(facts: &Facts<'_>, log: &[Event], down: &Down) -> Outage {
    let node = down.node;
    let notes = |from: usize, to: usize| {
        let part = log.get(from..to).unwrap_or_default().iter().enumerate();
        part.filter_map(move |(i, e)| if let EventKind::Note(note) = &e.kind { Some((from + i, e, note)) } else { None })
    };
    let hints = facts.settings_before(EventId(down.from as u32)).hints;
    let mut beats = vec![dies(down, &log[down.from], &hints)];
    // The one whose view counts: who keeps hints for the node, else who first believed it down.
    let gives_up = |n: &Note| matches!(n, Note::Suspected(peer) | Note::Convicted { peer, .. } if *peer == node);
    let keeper = notes(down.from, down.until)
        .find(|(.., n)| matches!(n, Note::HintKept { target, .. } if *target == node))
        .and_then(|(_, e, _)| e.who);
    let convictions = || notes(down.from, down.until).filter(|(.., n)| gives_up(n));
    let t1 = convictions().find(|(_, e, _)| e.who == keeper).or_else(|| convictions().next());
    let trusts = |n: &Note| matches!(n, Note::Trusted(peer) | Note::Revived { peer, .. } if *peer == node);
    let back = down.back.unwrap_or(down.until);
    let t3 = match t1 {
        Some((_, by, _)) => notes(back, down.until).find(|(_, e, n)| e.who == by.who && trusts(n)).map(|(i, e, _)| (i, e)),
        None => down.back.map(|i| (i, &log[i])),
    };
    if let Some((i, event, _)) = t1 {
        let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
        beats.push(convicted(node, &who, &hints, event.at, i));
        let ends = event.at.plus(hints.window);
        let over = t3.map_or(log.last().map_or(Micros::ZERO, |e| e.at), |(_, e)| e.at);
        if hints.keeper != Keeper::Nobody && ends <= over {
            let refused = notes(i, down.until).find(|(.., n)| matches!(n, Note::HintRefused { target, .. } if *target == node));
            beats.push(window_ends(node, &who, ends, refused.map(|(i, ..)| i)));
        }
    }
    if let Some((i, event)) = t3 {
        let who = event.who.filter(|w| *w != node.into()).map(|w| facts.names.end(w));
        beats.push(is_back(node, who.as_deref(), event.at, i));
        let mut delivered = notes(i, down.until).filter(|(.., n)| match n {
            Note::ReplayDone { target, .. } => *target == node,
            Note::HandoffDone { owner } => *owner == node,
            _ => false,
        });
        beats.extend(delivered.next_back().map(|(i, e, _)| Beat {
            name: "t4",
            what: "the last page is confirmed".to_owned(),
            then: format!(
                "{node} has what was kept for it. Anything else only a read that finds it or a comparison of all rows brings back."
            ),
            at: e.at,
            event: Some(EventId(i as u32)),
        }));
    }
    Outage { node, beats }
}

fn dies(down: &Down, event: &Event, hints: &HintSettings) -> Beat {
    let node = down.node;
    let kept = if hints.keeper == Keeper::Nobody { "." } else { ", and only then gets its hint." };
    Beat {
        name: "t0",
        what: if down.paused { format!("{node} stands still") } else { format!("{node} dies") },
        then: format!("Everyone still believes it up: a write waits for it until the timeout{kept}"),
        at: event.at,
        event: Some(EventId(down.from as u32)),
    }
}

fn convicted(node: NodeId, who: &str, hints: &HintSettings, at: Micros, event: usize) -> Beat {
    let then = if hints.keeper == Keeper::Nobody {
        format!("It is asked no more: writes go on without {node}.")
    } else {
        format!("Writes for {node} get their hint at once. The window of {} begins.", span(hints.window))
    };
    Beat { name: "t1", what: format!("{who} believes {node} down"), then, at, event: Some(EventId(event as u32)) }
}

fn window_ends(node: NodeId, who: &str, at: Micros, refused: Option<usize>) -> Beat {
    Beat {
        name: "t2",
        what: "the window ends".to_owned(),
        then: format!("{who} keeps no new hints: what {node} misses from now on, no hint brings back."),
        at,
        event: refused.map(|i| EventId(i as u32)),
    }
}

fn is_back(node: NodeId, who: Option<&str>, at: Micros, event: usize) -> Beat {
    let what = who.map_or_else(|| format!("{node} is back"), |who| format!("{node} is back, and {who} knows"));
    let then = format!("{node} answers with what it has, old as that is. Replay begins at the keeper's next look.");
    Beat { name: "t3", what, then, at, event: Some(EventId(event as u32)) }
}

/// The life of a write that a hint was kept of; `None` for anything else.
pub fn life(session: &Session, op: OpId) -> Option<Life> {
    let operation = session.history().operation(op).filter(|o| o.request.verb != Verb::Read)?;
    let names = Names::of(session);
    let log = session.log();
    let own = || log.iter().enumerate().skip(operation.began.0 as usize).filter(|(_, e)| e.op.map(OpId::first) == Some(operation.id));
    let (hinted, target, late) = own().find_map(|(i, e)| match &e.kind {
        EventKind::Note(Note::HintKept { target, late, .. }) => Some(((i, e), *target, *late)),
        _ => None,
    })?;
    let beat = |name, what: String, then: &str, (i, e): (usize, &Event)| Beat {
        name,
        what,
        then: then.to_owned(),
        at: e.at,
        event: Some(EventId(i as u32)),
    };
    let (client, keeper) = (names.end(operation.client), hinted.1.who.map_or_else(String::new, |w| names.end(w)));
    let began = (operation.began.0 as usize, &log[operation.began.0 as usize]);
    let mut beats = vec![beat(
        "sent",
        format!("{client} sends it to {}", operation.via),
        "The coordinator sends it to all replicas it believes up.",
        began,
    )];
    if let Some((i, _, Outcome::Written { .. })) = &operation.ended {
        let end = (i.0 as usize, &log[i.0 as usize]);
        beats.push(beat(
            "acked",
            format!("{client} is told that it is written"),
            "The level is met without the replica that misses it.",
            end,
        ));
    }
    let why = if late { "It did not confirm in time." } else { "It is believed down, so nobody waits for it." };
    beats.push(beat("hinted", format!("{keeper} keeps a hint for {target}"), why, hinted));
    let stored = own().find(|(_, e)| e.who == Some(target.into()) && matches!(&e.kind, EventKind::Applied(a) if a.by == Traffic::Hint));
    beats.extend(stored.map(|at| beat("replayed", format!("{target} has it"), "The hint is deleted once the page is confirmed.", at)));
    arrange(&mut beats, |a, b| (a.at, a.event).cmp(&(b.at, b.event)));
    Some(Life { op: operation.id, name: names.op(operation.id), target, beats })
}

/// The outage that a write's hint belongs to: the last one of its target that began before the hint was kept.
pub fn outage_of(session: &Session, life: &Life) -> Option<Outage> {
    let hinted = life.beats.iter().find(|b| b.name == "hinted")?;
    outages(session).into_iter().rev().find(|o| o.node == life.target && o.ends().0 <= hinted.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{gallery, script_from_file};

    fn played(slug: &str) -> Session {
        let (_, file) = gallery().iter().find(|(s, _)| *s == slug).expect("it is in the gallery");
        let mut session = Session::open(script_from_file(file).expect("it reads")).expect("it is within bounds");
        session.seek_time(session.end());
        session
    }

    fn names(beats: &[Beat]) -> Vec<&'static str> {
        beats.iter().map(|b| b.name).collect()
    }

    #[test]
    fn an_outage_has_five_beats_in_order() {
        let session = played("hinted-handoff");
        let all = outages(&session);
        let [outage] = all.as_slice() else { panic!("one outage") };
        assert_eq!((outage.node, names(&outage.beats)), (NodeId(2), vec!["t0", "t1", "t2", "t3", "t4"]));
        assert!(outage.beats.windows(2).all(|w| w[0].at < w[1].at));
        assert_eq!(outage.beats[0].at, Micros::secs(1));
        assert_eq!(outage.beats[2].at, outage.beats[1].at.plus(Micros::secs(2)), "the window is counted from the conviction");
        assert_eq!(outage.beats[1].what, "A believes C down", "the keeper's view, not that of whoever was first");
        for beat in &outage.beats {
            let event = beat.event.expect("each is an event here");
            assert!(beat.name == "t2" || session.log()[event.0 as usize].at == beat.at, "{beat:?}");
        }
    }

    #[test]
    fn a_write_lives_through_four_beats_of_its_own() {
        let session = played("hinted-handoff");
        let writes: Vec<OpId> = session.history().operations().iter().filter(|o| o.request.verb != Verb::Read).map(|o| o.id).collect();
        let lives: Vec<Option<Life>> = writes.iter().map(|op| life(&session, *op)).collect();
        let told: Vec<_> = lives.iter().map(|l| l.as_ref().map(|l| names(&l.beats))).collect();
        let early = Some(vec!["sent", "acked", "hinted", "replayed"]);
        let at_once = Some(vec!["sent", "hinted", "acked", "replayed"]);
        assert_eq!(
            told,
            [None, early, at_once.clone(), at_once, None],
            "before the timeout is over the client is told first; later the hint comes first"
        );
        let second = lives[1].as_ref().expect("a hint was kept of W2");
        assert_eq!((second.name.as_str(), second.target), ("W2", NodeId(2)));
        assert_eq!(outage_of(&session, second), outages(&session).first().cloned());
    }

    #[test]
    fn without_an_outage_or_a_hint_there_is_nothing_to_tell() {
        let session = played("sloppy-quorum");
        assert!(outages(&session).is_empty(), "a cut is no outage");
        assert!(session.history().operations().iter().all(|o| life(&session, o.id).is_none()));
        let session = played("three-answers");
        assert_eq!(outages(&session).iter().map(|o| names(&o.beats)).collect::<Vec<_>>(), [["t0", "t3"]], "back before anybody noticed");
    }
}
