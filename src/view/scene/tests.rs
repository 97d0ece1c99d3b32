//! Tests of the stage: which marks are there, and which must not be.

use super::*;
use crate::engine::base::{Endpoint, Micros};
use crate::engine::node::{Note, Sync};
use crate::engine::world::{Command, Config, EventKind, LostWhy, Status};
use crate::lab::{Script, Session, Stride, Timed, View};
use crate::view::geometry::inside;

fn at(ms: u64, command: Command) -> Timed {
    Timed { at: Micros::ms(ms), command }
}

fn cart() -> Key {
    Key::new("cart:ada")
}

fn write(ms: u64, value: &str) -> Timed {
    write_via(5, ms, value)
}

fn write_via(via: u32, ms: u64, value: &str) -> Timed {
    at(ms, Command::Write { client: ClientId(0), via: NodeId(via), key: cart(), value: value.to_owned(), level: None })
}

fn session(nodes: u32, commands: Vec<Timed>) -> Session {
    let mut config = Config { nodes, ..Config::default() };
    config.settings.sync = Sync::Every(Micros::secs(10));
    let end = Micros::secs(3);
    Session::open(Script {
        title: String::new(),
        about: String::new(),
        config,
        seed: 4,
        commands,
        end,
        focus: None,
        start: None,
        view: View::Ring,
    })
    .expect("a sound script")
}

/// Replicas in preference order of the key used here.
fn replicas(session: &Session) -> Vec<NodeId> {
    session.world().ring().replicas(cart().token(), &3.into())
}

/// Three writes; the last replica is cut off before the second, and a read by another client after them all.
fn three_answers() -> Session {
    let probe = session(6, Vec::new());
    let last = replicas(&probe)[2];
    session(
        6,
        vec![
            write(20, "tea"),
            at(200, Command::Cut { islands: vec![vec![last.into()]] }),
            write(300, "tea, milk"),
            at(600, Command::MendAll),
            at(700, Command::Crash { node: replicas(&probe)[0] }),
            at(1000, Command::Read { client: ClientId(1), via: NodeId(5), key: cart(), level: None }),
        ],
    )
}

fn look(key: &Key) -> Look<'_> {
    Look { key: Some(key), ..Look::default() }
}

fn draw(session: &Session) -> (Ground, Scene) {
    let mut ground = Ground::of(session, Profile::Desktop);
    let key = cart();
    let scene = scene(session, &mut ground, &look(&key));
    (ground, scene)
}

/// Goes to just after the first event for which this holds.
fn go(session: &mut Session, wanted: impl Fn(&EventKind) -> bool) {
    let found = session.log().iter().position(|e| wanted(&e.kind)).expect("it happens in this run");
    session.seek_event(found as u32 + 1);
}

#[test]
fn an_untouched_ring_shows_replicas_and_nothing_that_has_not_happened() {
    let session = session(6, vec![write(20, "tea")]);
    let (ground, scene) = draw(&session);
    assert_eq!(scene.nodes.iter().filter(|n| n.rank.is_some()).count(), 3);
    assert!(scene.nodes.iter().all(|n| !n.cut_off && !n.coordinator && n.status == Status::Up && n.notes.is_empty()));
    assert!(scene.chips.iter().all(|c| c.standing == Standing::Nothing && c.versions.is_empty() && c.note.is_none()));
    assert!(scene.legend.is_empty() && scene.trails.is_empty() && scene.stops.is_empty());
    assert_eq!((scene.tally, scene.card, scene.shown, ground.tear), (None, None, None, None));
    assert_eq!(scene.table.len(), 6);
}

#[test]
fn a_cut_tears_the_paper_counts_what_it_stops_and_leaves_a_copy_behind() {
    let mut session = three_answers();
    session.seek_time(Micros::ms(550));
    let (ground, scene) = draw(&session);
    let last = replicas(&session)[2];
    let torn = ground.tear.as_ref().expect("torn");
    assert_eq!(torn.pieces.len(), 1);
    let node = &scene.nodes[last.index()];
    assert!(node.cut_off && node.piece == Some(0) && node.status == Status::Up, "a cut-off node looks alive");
    assert_eq!(node.notes.iter().map(|n| n.text.as_str()).collect::<Vec<_>>(), ["cut off", "since 0.200 s"]);
    assert_eq!(scene.nodes.iter().filter(|n| n.cut_off).count(), 1);
    assert_eq!(scene.chips[2].standing, Standing::Behind(1));
    assert_eq!(scene.chips[0].standing, Standing::Newest);
    assert_eq!(scene.chips[2].label(), "v1");
    assert_eq!(scene.legend.iter().map(|r| r.text.text.as_str()).collect::<Vec<_>>(), ["tea", "tea, milk"]);
    let tally = scene.tally.expect("one write was stopped");
    assert_eq!(tally.counts.iter().map(|c| (c.0, c.1)).collect::<Vec<_>>(), [(crate::view::glyph::Kind::Write, 1)]);
    assert!(scene.summary.contains(&format!("{last} cut off.")), "{}", scene.summary);
    assert!(scene.table[last.index()].state.contains("cut off since 0.200 s"));
}

#[test]
fn a_message_to_the_island_ends_at_the_tear_and_one_on_the_main_sheet_does_not() {
    let mut session = three_answers();
    let last = replicas(&session)[2];
    go(&mut session, |k| matches!(k, EventKind::Lost { why: LostWhy::Cut(_), .. }));
    let (mut ground, scene) = draw(&session);
    assert_eq!(scene.stops.len(), 1);
    let road = ground.road(NodeId(5).into(), last.into()).expect("a road");
    let torn = ground.tear.clone().expect("torn");
    assert!(torn.side_of(road.edge.point_at(road.stop - 0.05)).is_none(), "before the edge it is on the main sheet");
    assert!(road.stop > 0.02 && road.stop < 0.98);
    let other = ground.road(NodeId(5).into(), replicas(&session)[0].into()).expect("a road");
    assert_eq!(other.stop, 0.5);
    session.seek_time(Micros::ms(650));
    assert!(draw(&session).1.stops.is_empty(), "stops of an operation go with it");
}

#[test]
fn the_card_appears_with_the_first_digest_judges_when_compared_and_goes_at_the_end() {
    let mut session = three_answers();
    let crashed = replicas(&session)[0];
    // The crashed replica never answers; the read waits for it until its timeout. Restart it without its unsynced write.
    session.seek_time(Micros::ms(800));
    session.act(Command::Restart { node: crashed }).expect("a node that is down");
    session.seek_time(Micros::ms(820));
    let read = Command::Read { client: ClientId(1), via: NodeId(5), key: cart(), level: Some(crate::engine::node::Level::All) };
    session.act(read).expect("a read");
    assert!(draw(&session).1.card.is_none(), "no digest yet");
    go(&mut session, |k| matches!(k, EventKind::Note(Note::DigestsDiffer { .. })));
    let (_, scene) = draw(&session);
    let card = scene.card.expect("a card");
    assert_eq!(card.coordinator, NodeId(5));
    assert_eq!(card.rows.len(), 3);
    assert!(card.differs());
    assert_eq!(card.verdicts.len(), 2);
    let digit = |row: usize, d: usize| card.rows[row].digits.as_bytes()[d];
    for d in 0..4 {
        assert_eq!(card.rows[1].bars[d].1, digit(1, d) == digit(0, d));
        assert_eq!(card.rows[0].bars[d].1, (1..3).all(|r| digit(r, d) == digit(0, d)));
    }
    assert!(card.rows.iter().all(|r| r.bars.len() == 4 && r.digits.len() == 4));
    assert!(scene.nodes[5].coordinator);
    let mid = card.room.centre();
    assert!(scene.nodes.iter().all(|n| n.moved.dist(mid) > 40.0), "it hides no node");
    while !session.last_event().is_some_and(|(_, e)| matches!(e.kind, EventKind::Ended(_))) {
        assert!(session.step(Stride::Event), "the read ends");
    }
    let (_, after) = draw(&session);
    assert!(after.card.is_none(), "it goes at the end");
    assert!(after.clients[1].note.as_ref().is_some_and(|n| n.text == "got v2"), "{:?}", after.clients[1].note);
}

#[test]
fn a_dead_node_keeps_its_chip_faded_and_one_that_lost_it_is_behind() {
    let mut session = three_answers();
    session.seek_time(Micros::ms(800));
    let (_, scene) = draw(&session);
    let dead = replicas(&session)[0];
    assert_eq!(scene.nodes[dead.index()].status, Status::Down);
    assert!(scene.chips[0].gone && !scene.chips[1].gone);
    assert_eq!(scene.chips[0].standing, Standing::Missing, "its writes were not on disk");
    assert_eq!(scene.chips[0].label(), "none");
    assert!(scene.summary.contains(&format!("{dead} down.")));
}

#[test]
fn flights_move_in_step_with_time_and_carry_their_version() {
    let mut session = session(6, vec![write(20, "tea")]);
    go(&mut session, |k| matches!(k, EventKind::Note(Note::Stamped { .. })));
    let (mut ground, scene) = draw(&session);
    let shown = scene.shown.expect("the write").op;
    let mut marks = Vec::new();
    flights(&session, &mut ground, Some(shown), &mut marks);
    let write: Vec<&FlightMark> = marks.iter().filter(|f| f.kind == crate::view::glyph::Kind::Write).collect();
    assert_eq!(write.len(), 3);
    assert!(write.iter().all(|f| f.at == 0.0 && f.version == Some(1) && f.ours && !f.doomed && !f.quiet));
    assert_eq!(scene.messages.len(), marks.iter().filter(|f| f.from != f.to).count(), "all can be walked to");
    let before: Vec<(u64, f64)> = marks.iter().map(|f| (f.id, f.at)).collect();
    session.advance(Micros::ms(5));
    flights(&session, &mut ground, Some(shown), &mut marks);
    let moved = marks.iter().filter(|f| f.from != f.to && before.iter().any(|(id, at)| *id == f.id && f.at > *at));
    assert!(moved.count() >= 2);
    assert!(marks.iter().all(|f| (0.0..=1.0).contains(&f.at)));
}

#[test]
fn several_islands_one_way_and_link_cuts_are_told_apart() {
    let list = |nodes: &[u32]| nodes.iter().map(|n| Endpoint::Node(NodeId(*n))).collect::<Vec<_>>();
    let mut two = session(8, vec![at(10, Command::Cut { islands: vec![list(&[1]), list(&[4, 5])] })]);
    two.seek_time(Micros::ms(20));
    let ground = Ground::of(&two, Profile::Desktop);
    assert_eq!(ground.tear.as_ref().map(|t| t.pieces.len()), Some(2));
    assert!(ground.turnstiles.is_empty() && ground.snips.is_empty());
    let mut one_way = session(6, vec![at(10, Command::CutOneWay { from: list(&[3]), to: list(&[0, 1, 2, 4, 5]) })]);
    one_way.seek_time(Micros::ms(20));
    let ground = Ground::of(&one_way, Profile::Desktop);
    assert_eq!(ground.turnstiles.len(), 1);
    assert_eq!(ground.severed(NodeId(3).into()).map(|s| s.1), Some(Severed::NotHeard));
    assert_eq!(ground.severed(NodeId(0).into()), None);
    let mut link = session(6, vec![at(10, Command::CutLink { a: NodeId(0).into(), b: NodeId(2).into() })]);
    link.seek_time(Micros::ms(20));
    let (ground, scene) = draw(&link);
    assert!(ground.tear.is_none());
    assert_eq!(scene.snips.len(), 2, "both ways");
    assert!(scene.nodes.iter().all(|n| !n.cut_off));
}

#[test]
fn the_ground_is_kept_until_cuts_change() {
    let mut session = three_answers();
    let mut ground = Ground::of(&session, Profile::Desktop);
    session.seek_time(Micros::ms(100));
    assert!(!ground.follow(&session, Profile::Desktop));
    session.seek_time(Micros::ms(250));
    assert!(ground.follow(&session, Profile::Desktop));
    assert!(!ground.follow(&session, Profile::Desktop));
    assert!(ground.follow(&session, Profile::Mobile));
}

#[test]
fn large_rings_show_dots_and_every_drawing_keeps_words_apart() {
    let mut big = session(64, vec![write(20, "tea")]);
    big.seek_time(Micros::ms(400));
    let (_, scene) = draw(&big);
    assert_eq!(scene.detail, Detail::Dot);
    assert_eq!(scene.stretches.len(), 3);
    assert!(scene.chips.iter().all(|c| c.room.is_none()));
    for n in [3, 5, 6, 8, 9, 12, 16] {
        let mut cut = session(n, vec![write_via(0, 20, "tea"), at(200, Command::Cut { islands: vec![vec![NodeId(1).into()]] })]);
        cut.seek_time(Micros::ms(300));
        for profile in Profile::ALL {
            let mut ground = Ground::of(&cut, profile);
            let key = cart();
            let scene = scene_of(&cut, &mut ground, &key);
            let sheet: Vec<_> = {
                let s = profile.sheet();
                [pt(s.x, s.y), pt(s.right(), s.y), pt(s.right(), s.bottom()), pt(s.x, s.bottom())].into()
            };
            for note in scene.nodes.iter().flat_map(|n| &n.notes) {
                assert!(inside(&sheet, note.at), "{n} nodes, {profile:?}: {note:?}");
            }
        }
    }
}

fn scene_of(session: &Session, ground: &mut Ground, key: &Key) -> Scene {
    scene(session, ground, &look(key))
}

#[test]
fn the_next_step_is_previewed_only_on_request_and_points_at_a_real_event() {
    let session = session(6, vec![write(20, "tea")]);
    let key = cart();
    let mut ground = Ground::of(&session, Profile::Desktop);
    let scene = super::scene(&session, &mut ground, &Look { preview: true, ..look(&key) });
    let next = scene.next.expect("the client will ask");
    assert_eq!(next.label.text, "next: write");
    assert!(super::scene(&session, &mut ground, &look(&key)).next.is_none());
}

#[test]
fn a_selected_message_is_marked_and_its_operation_shown() {
    let mut session = three_answers();
    go(&mut session, |k| matches!(k, EventKind::Note(Note::Stamped { .. })));
    let (mut ground, scene) = draw(&session);
    let message = scene.messages.first().expect("on its way");
    let event = sent_event(&session, message.id).expect("it was sent");
    let key = cart();
    let chosen = super::scene(&session, &mut ground, &Look { selected: Focus::Event(event), ..look(&key) });
    assert_eq!(chosen.messages.iter().filter(|m| m.selected).map(|m| m.id).collect::<Vec<_>>(), [message.id]);
    assert!(chosen.shown.is_some_and(|s| s.active));
    assert_eq!(sent_event(&session, u64::MAX), None);
}

#[test]
fn a_row_that_comes_too_late_is_seen_sliding_off() {
    let mut session = three_answers();
    let (_, before) = draw(&session);
    assert!(before.losers.is_empty());
    // A clock that is behind makes an older version of what is written later.
    let behind = session.script().clone();
    let mut script = behind;
    script.commands =
        vec![write_via(5, 100, "tea"), at(200, Command::Clock { node: NodeId(4), offset_us: -150_000 }), write_via(4, 210, "milk")];
    session = Session::open(script).expect("a sound script");
    go(&mut session, |k| matches!(k, EventKind::Applied(a) if a.change == crate::engine::data::Change::Refused));
    let (_, scene) = draw(&session);
    let [loser] = scene.losers.as_slice() else { panic!("one refusal: {:?}", scene.losers) };
    let chip = scene.chips.iter().find(|c| c.node == loser.node).expect("its replica has a chip");
    assert_eq!(Some(loser.room), chip.room);
    assert_ne!(loser.versions, chip.versions, "what slides off is not what is held");
    session.seek_time(session.now().plus(Micros(session.median_travel().0)));
    assert!(draw(&session).1.losers.iter().all(|l| l.event > loser.event), "it does not stay");
}

#[test]
fn a_removed_tombstone_leaves_no_chip_and_nobody_behind() {
    let purge = crate::engine::node::Tombstones::Purge { grace: Micros::secs(1), every: Micros::ms(100) };
    let delete = Command::Delete { client: ClientId(0), via: NodeId(5), key: cart(), level: None };
    let mut run = session(6, vec![at(5, Command::Set { setting: crate::engine::node::Setting::Tombstones(purge) }), at(20, delete)]);
    let at_ms = |run: &mut Session, ms: u64| {
        run.seek_time(Micros::ms(ms));
        draw(run).1.chips.iter().map(|c| (c.versions.len(), c.standing)).collect::<Vec<_>>()
    };
    assert_eq!(at_ms(&mut run, 500), [(1, Standing::Newest); 3]);
    assert_eq!(at_ms(&mut run, 1_400), [(0, Standing::Nothing); 3]);
    // As long as one replica has not looked yet, the others lack nothing.
    let first = run.log().iter().position(|e| matches!(e.kind, EventKind::Removed(_))).expect("somebody is first");
    run.seek_event(first as u32 + 1);
    let mut chips: Vec<(usize, Standing)> = draw(&run).1.chips.iter().map(|c| (c.versions.len(), c.standing)).collect();
    chips.sort_by_key(|c| c.0);
    assert_eq!(chips, [(0, Standing::Nothing), (1, Standing::Newest), (1, Standing::Newest)]);
}

/// A run of the gallery, at an instant in milliseconds.
fn shipped(slug: &str, ms: u64) -> Session {
    let (_, file) = crate::lab::gallery().iter().find(|(s, _)| *s == slug).expect("it is in the gallery");
    let mut session = Session::open(crate::lab::script_from_file(file).expect("it reads")).expect("it is within bounds");
    session.seek_time(Micros::ms(ms));
    session
}

#[test]
fn hints_lie_in_an_envelope_at_their_keeper_until_they_are_delivered() {
    let key = Key::new("map");
    let at = |ms| drawn(&shipped("hinted-handoff", ms), &key);
    assert!(at(1_500).nodes.iter().all(|n| n.hints.is_none()), "before the timeout nobody keeps anything");
    let kept = at(3_000);
    let badges: Vec<_> = kept.nodes.iter().filter_map(|n| Some((n.letter.as_str(), n.hints.as_ref()?))).collect();
    let [("A", badge)] = badges.as_slice() else { panic!("A alone keeps hints: {badges:?}") };
    assert_eq!((badge.words().as_str(), badge.seal, badge.going), ("3 hints for C", Some("v3"), false));
    assert!(kept.summary.contains("A keeps 3 hints for C."), "{}", kept.summary);
    assert!(at(6_400).nodes[0].hints.as_ref().is_some_and(|h| h.going && h.count == 3), "none goes before the page is confirmed");
    assert!(at(7_000).nodes.iter().all(|n| n.hints.is_none()), "all are delivered");
}

#[test]
fn guest_copies_stand_beside_their_stand_in_and_leave_once_confirmed() {
    let key = Key::new("bill");
    let at = |ms| drawn(&shipped("sloppy-quorum", ms), &key);
    let held = at(3_000);
    let words: Vec<String> = held.guests.iter().map(|g| format!("{}: {}", g.node, g.words())).collect();
    assert_eq!(words, ["D: v2 for B", "E: v2 for C"]);
    assert!(held.guests.iter().all(|g| !g.leaving && held.chips.iter().all(|c| c.node != g.node)));
    let rooms: Vec<_> = held.guests.iter().map(|g| g.room).chain(held.chips.iter().filter_map(|c| c.room)).collect();
    assert!(rooms.iter().enumerate().all(|(i, a)| rooms[..i].iter().all(|b| !a.meets(b))), "no two chips lie on each other");
    assert!(held.table[3].version.ends_with("keeps v2 for B"), "{}", held.table[3].version);
    assert!(at(4_450).guests.iter().all(|g| g.leaving), "sent, and not confirmed yet");
    assert!(at(5_000).guests.is_empty(), "the owners have them");
}

fn drawn(session: &Session, key: &Key) -> Scene {
    let mut ground = Ground::of(session, Profile::Desktop);
    scene(session, &mut ground, &look(key))
}
