//! What the front page shows of each run, computed from the run itself: lanes filled with the version held, a small ring, and numbers.

use crate::engine::base::{Endpoint, Micros, NodeId};
use crate::engine::data::{Change, Key, Row};
use crate::engine::node::{Note, Repair, Setting, Traffic, Verb};
use crate::engine::observe::Truth;
use crate::engine::world::{Command, Event, EventKind, Fault, Host, Status};
use crate::lab::{LabError, Script, Session, script_from_file};
use crate::view::format::{bytes, counted, span};
use crate::view::geometry::ring::{Place, layout};
use crate::view::geometry::{Point, Profile, pt};

/// A stretch of time in which a replica held one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// From when.
    pub from: Micros,
    /// Until when.
    pub to: Micros,
    /// The version's place among those of its key, 0 for one older than the run; and whether it is a tombstone. Nothing held if none.
    pub version: Option<(u32, bool)>,
}

/// One replica's history of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// The replica.
    pub node: NodeId,
    /// What it held, without gaps.
    pub held: Vec<Held>,
    /// When it was down.
    pub down: Vec<(Micros, Micros)>,
    /// When a repair brought it a newer version, and which.
    pub repairs: Vec<(Micros, u32)>,
    /// When a version was made that it did not get in the ordinary way, and which.
    pub missed: Vec<(Micros, u32)>,
    /// When a crash or a wipe took the version it held, and which.
    pub lost: Vec<(Micros, u32)>,
    /// When it was cut off from at least one other replica.
    pub cut: Vec<(Micros, Micros)>,
}

/// The lanes of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ribbon {
    /// The key.
    pub key: String,
    /// The end of the run.
    pub end: Micros,
    /// Its replicas in preference order.
    pub lanes: Vec<Lane>,
}

/// A node of the small ring.
#[derive(Debug, Clone, PartialEq)]
pub struct Dot {
    /// Its place on a ring round (0, 0) with half axes of 1.
    pub at: Point,
    /// Whether it keeps a copy of the key.
    pub replica: bool,
    /// Whether it is down.
    pub down: bool,
    /// The version it holds.
    pub version: Option<u32>,
}

/// A run as the front page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Its title.
    pub title: String,
    /// What to look for.
    pub about: String,
    /// Its numbers in a few words.
    pub facts: String,
    /// The small ring at its end.
    pub dots: Vec<Dot>,
    /// The lanes of the key it is about; none if it is about no key.
    pub ribbon: Option<Ribbon>,
}

/// Runs a file to its end and looks at it.
pub fn picture(file: &str) -> Result<Picture, LabError> {
    let mut session = Session::open(script_from_file(file)?)?;
    session.seek_time(session.end());
    let key = focus(&session);
    let script = session.script();
    Ok(Picture {
        title: script.title.clone(),
        about: script.about.clone(),
        facts: facts(&session),
        dots: dots(&session, key.as_ref()),
        ribbon: key.map(|key| ribbon(&session, &key)),
    })
}

fn focus(session: &Session) -> Option<Key> {
    session.script().focus.clone().or_else(|| session.history().keys().next().map(|(key, _)| key.clone()))
}

fn facts(session: &Session) -> String {
    let operations = session.history().operations().len() as u64;
    let sent: u64 = Traffic::EVERY.iter().filter(|t| **t != Traffic::Gossip).map(|t| session.world().ledger().of(*t).messages).sum();
    let behind = session.truth().stale_copies();
    let end = if behind == 0 {
        "all copies agree at the end".to_owned()
    } else {
        format!("{} behind at the end", counted(behind, "copy", "copies"))
    };
    format!(
        "{} · {} · {} · {end}",
        span(session.end()),
        counted(operations, "operation", "operations"),
        counted(sent, "message", "messages")
    )
}

fn number(session: &Session, key: &Key, row: &Row) -> (u32, bool) {
    (row.versions().first().map_or(0, |v| session.history().ordinal(key, v)), row.is_deleted())
}

/// The small ring: places as on the stage, brought to half axes of 1.
fn dots(session: &Session, key: Option<&Key>) -> Vec<Dot> {
    let world = session.world();
    let lay = layout(Profile::Desktop, world.hosts().len(), 0);
    let copies = key.map(|key| Truth::copies(world, key)).unwrap_or_default();
    let dot = |(host, place): (&Host, &Place)| {
        let copy = copies.iter().find(|c| c.node == host.node.id);
        Dot {
            at: pt((place.at.x - lay.centre.x) / lay.rx, (place.at.y - lay.centre.y) / lay.ry),
            replica: copy.is_some(),
            down: host.status == Status::Down,
            version: copy.and_then(|c| Some(number(session, key?, c.row.as_ref()?).0)),
        }
    };
    world.hosts().iter().zip(&lay.nodes).map(dot).collect()
}

/// The lanes of `key` over the whole known run.
pub fn ribbon(session: &Session, key: &Key) -> Ribbon {
    let (world, end) = (session.world(), session.end());
    let replicas = world.ring().replicas(key.token(), &session.script().config.settings.replicas);
    let mut lanes: Vec<Writing> = replicas.iter().map(|_| Writing::default()).collect();
    let mut made: Vec<(Micros, u32)> = Vec::new();
    for event in session.log() {
        if let EventKind::Note(Note::Stamped { key: k, version }) = &event.kind
            && k == key
        {
            made.push((event.at, session.history().ordinal(key, version)));
        }
        let node = event.who.and_then(Endpoint::node);
        if let Some(place) = node.and_then(|n| replicas.iter().position(|r| *r == n)) {
            lanes[place].take(session, key, event);
        }
    }
    let cuts = cut_off(session, &replicas);
    let finish = |(writing, node): (Writing, &NodeId)| {
        let mut lane = writing.finish(*node, end, &made);
        lane.cut = cuts.iter().filter(|(who, ..)| who == node).map(|(_, from, to)| (*from, *to)).collect();
        lane
    };
    Ribbon { key: key.name().to_owned(), end, lanes: lanes.into_iter().zip(&replicas).map(finish).collect() }
}

/// A lane being written.
#[derive(Debug, Default)]
struct Writing {
    /// Changes of what is held: when, what.
    changes: Vec<(Micros, Option<(u32, bool)>)>,
    /// Versions that came by an ordinary write.
    written: Vec<u32>,
    repairs: Vec<(Micros, u32)>,
    lost: Vec<(Micros, u32)>,
    down: Vec<(Micros, Micros)>,
    down_since: Option<Micros>,
}

impl Writing {
    fn take(&mut self, session: &Session, key: &Key, event: &Event) {
        match &event.kind {
            EventKind::Applied(a) if a.key == *key && a.stands_for.is_none() => {
                let is = number(session, key, &a.given);
                if a.by == Traffic::Write {
                    self.written.push(is.0);
                }
                if a.change == Change::Stored {
                    if self.changes.is_empty() {
                        // What it held before the first change it has held from the start.
                        self.changes.push((Micros::ZERO, a.before.as_ref().map(|row| number(session, key, row))));
                    }
                    self.changes.push((event.at, Some(is)));
                    if a.by == Traffic::Repair {
                        self.repairs.push((event.at, is.0));
                    }
                }
            }
            EventKind::Reverted { key: k, after, .. } if k == key => {
                self.lose(event.at, after.as_ref().map(|row| number(session, key, row)))
            }
            EventKind::Removed(removed) if removed.key == *key => self.changes.push((event.at, None)),
            EventKind::Fault(Fault::Wiped { .. }) => self.lose(event.at, None),
            EventKind::Fault(Fault::Crashed { .. }) => self.down_since = Some(event.at),
            EventKind::Fault(Fault::Restarted) => self.down.extend(self.down_since.take().map(|since| (since, event.at))),
            _ => {}
        }
    }

    fn lose(&mut self, at: Micros, left: Option<(u32, bool)>) {
        self.lost.extend(self.changes.last().and_then(|(_, held)| *held).map(|(n, _)| (at, n)));
        self.changes.push((at, left));
    }

    fn finish(mut self, node: NodeId, end: Micros, made: &[(Micros, u32)]) -> Lane {
        self.down.extend(self.down_since.map(|since| (since, end)));
        if self.changes.is_empty() {
            self.changes.push((Micros::ZERO, None));
        }
        let ends = self.changes.iter().skip(1).map(|(at, _)| *at).chain([end]);
        let held = self.changes.iter().zip(ends).map(|((from, version), to)| Held { from: *from, to, version: *version }).collect();
        let missed = made.iter().filter(|(_, n)| !self.written.contains(n)).copied().collect();
        Lane { node, held, down: self.down, repairs: self.repairs, missed, lost: self.lost, cut: Vec::new() }
    }
}

/// When each replica was on an island without all the others: from when to when.
fn cut_off(session: &Session, replicas: &[NodeId]) -> Vec<(NodeId, Micros, Micros)> {
    let mut open: Vec<(u32, NodeId, Micros)> = Vec::new();
    let mut done = Vec::new();
    let mut cuts = 0u32;
    for timed in &session.script().commands {
        match &timed.command {
            Command::Cut { islands } => {
                let on_island = |n: &&NodeId| islands.iter().any(|i| i.contains(&Endpoint::Node(**n)));
                open.extend(replicas.iter().filter(on_island).map(|n| (cuts, *n, timed.at)));
                cuts += 1;
            }
            Command::CutOneWay { .. } | Command::CutLink { .. } => cuts += 1,
            Command::Mend { .. } | Command::MendAll => {
                let mended = timed.command.mends().map(|c| c.0);
                open.retain(|(cut, node, since)| {
                    let over = mended.is_none_or(|m| m == *cut);
                    if over {
                        done.push((*node, *since, timed.at));
                    }
                    !over
                });
            }
            _ => {}
        }
    }
    done.extend(open.into_iter().map(|(_, node, since)| (node, since, session.end())));
    done
}

/// Round instants for the axis of a run that ends at `end`: at most eight after the first.
pub fn ticks(end: Micros) -> Vec<Micros> {
    const LONG: [u64; 12] = [10, 30, 60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800];
    let short = (0..6u32).flat_map(|k| [1, 2, 5].map(|n| n * 10u64.pow(k))).chain([1_000_000, 2_000_000, 5_000_000]);
    let steps = short.chain(LONG.map(|s| s * 1_000_000));
    let step = steps.into_iter().find(|step| end.0 / step <= 8).unwrap_or(end.0 / 8).max(1);
    (0..=end.0 / step).map(|i| Micros(i * step)).collect()
}

/// What one way of repairing does to a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healing {
    /// The setting.
    pub repair: Repair,
    /// How long the last read took; nothing if it did not end.
    pub read: Option<String>,
    /// Bytes sent to repair.
    pub bytes: String,
    /// Copies behind at the end of the run.
    pub behind: u64,
}

/// Executes a run once with each way of repairing.
pub fn healing(script: &Script) -> Result<Vec<Healing>, LabError> {
    [Repair::Blocking, Repair::Asynchronous, Repair::Off].into_iter().map(|repair| healed(script, repair)).collect()
}

fn healed(script: &Script, repair: Repair) -> Result<Healing, LabError> {
    let mut script = script.clone();
    script.config.settings.set(Setting::Repair(repair));
    let mut session = Session::open(script)?;
    session.seek_time(session.end());
    let last = session.history().operations().iter().rev().find(|o| o.request.verb == Verb::Read);
    let read = last.and_then(|o| Some(span(o.ended.as_ref()?.1.since(o.began_at))));
    Ok(Healing { repair, read, bytes: bytes(session.world().ledger().of(Traffic::Repair).bytes), behind: session.truth().stale_copies() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::gallery;

    fn three() -> Session {
        let (_, file) = gallery().iter().find(|(slug, _)| *slug == "three-answers").expect("it is in the gallery");
        let mut session = Session::open(script_from_file(file).expect("it reads")).expect("it is within bounds");
        session.seek_time(session.end());
        session
    }

    #[test]
    fn lanes_have_no_gaps_and_end_as_the_world_does() {
        let session = three();
        let key = focus(&session).expect("a key");
        let ribbon = ribbon(&session, &key);
        assert_eq!(ribbon.lanes.len(), 3);
        for (lane, copy) in ribbon.lanes.iter().zip(Truth::copies(session.world(), &key)) {
            assert_eq!(lane.node, copy.node);
            assert_eq!((lane.held[0].from, lane.held.last().map(|h| h.to)), (Micros::ZERO, Some(session.end())));
            assert!(lane.held.windows(2).all(|w| w[0].to == w[1].from));
            assert_eq!(lane.held.last().and_then(|h| h.version), copy.row.as_ref().map(|row| number(&session, &key, row)));
        }
    }

    #[test]
    fn lanes_know_what_was_missed_lost_and_mended() {
        let session = three();
        let ribbon = ribbon(&session, &focus(&session).expect("a key"));
        let at = |wanted: fn(&Command) -> bool| {
            session.script().commands.iter().find(|t| wanted(&t.command)).map(|t| t.at).expect("it is in the script")
        };
        let lane = |letter: &str| ribbon.lanes.iter().find(|l| l.node.to_string() == letter).expect("a replica");
        assert_eq!(lane("D").missed.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [2, 3], "D was cut off when v2 and v3 were made");
        assert_eq!(lane("D").cut, [(at(|c| matches!(c, Command::Cut { .. })), at(|c| matches!(c, Command::MendAll)))]);
        let crash = at(|c| matches!(c, Command::Crash { .. }));
        assert_eq!(lane("C").down, [(crash, at(|c| matches!(c, Command::Restart { .. })))]);
        assert_eq!(lane("C").lost, [(crash, 3)], "its log had not reached the disk");
        assert_eq!(lane("C").repairs.iter().map(|(_, n)| *n).collect::<Vec<_>>(), [3], "the read repairs C");
        assert!(lane("B").missed.is_empty() && lane("B").down.is_empty() && lane("B").lost.is_empty());
    }

    #[test]
    fn every_run_of_the_gallery_has_a_picture() {
        for (slug, file) in gallery() {
            let picture = picture(file).expect(slug);
            assert!(!picture.title.is_empty() && picture.facts.contains("operation"), "{slug}");
            assert!(picture.dots.iter().any(|d| d.replica), "{slug}");
            assert!(picture.dots.iter().all(|d| d.at.len() < 1.01 && d.at.len() > 0.99 || d.at.x.abs() <= 1.01));
        }
    }

    #[test]
    fn ticks_are_few_and_round() {
        let last = |end| ticks(end).last().copied();
        assert_eq!((ticks(Micros::secs(7 * 86_400)).len(), last(Micros::secs(7 * 86_400))), (8, Some(Micros::secs(7 * 86_400))));
        assert_eq!(ticks(Micros::ms(2_600))[1], Micros::ms(500));
        for end in [0, 1, 999, 123_456, 7_000_000, 90_000_000, 34_560_000_000_000] {
            assert!((1..=9).contains(&ticks(Micros(end)).len()), "{end}");
        }
    }

    #[test]
    fn repair_costs_bytes_and_leaves_fewer_copies_behind() {
        let all = healing(three().script()).expect("it runs");
        let [blocking, asynchronous, off] = all.as_slice() else { panic!("three ways") };
        assert!(blocking.behind < off.behind && asynchronous.behind < off.behind);
        assert_eq!(off.bytes, "0 B");
        assert_ne!(blocking.bytes, "0 B");
        assert!(all.iter().all(|h| h.read.is_some()));
    }
}
