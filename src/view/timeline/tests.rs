//! The timeline of real runs: a second and a half, and a week.

use std::fmt::Write as _;

use super::dock::{Dock, Hit, fitting};
use super::faults::Wrong;
use super::marks::Look;
use super::track::{Stamp, Track};
use super::window::Window;
use crate::engine::base::{EventId, Micros, NodeId};
use crate::engine::world::{Command, EventKind, LinkRule};
use crate::lab::{Script, Session, Stride, Timed};

fn script(json: &str) -> Script {
    serde_json::from_str(json).expect("a script")
}

fn session(json: &str) -> Session {
    open(script(json))
}

fn open(script: Script) -> Session {
    let mut session = Session::open(script).expect("a run within bounds");
    while !session.pump(100_000) {}
    session
}

/// Three clients' operations at once, a cut, a crash, a pause, a slow link and a clock.
fn busy() -> Session {
    let (a, b) = (NodeId(0).into(), NodeId(1).into());
    let link = |loss_ppm| Command::Link { from: a, to: b, rule: LinkRule { loss_ppm, ..LinkRule::default() } };
    let clock = Command::Clock { node: NodeId(4), offset_us: -3_000_000 };
    let mut script = script(
        r#"{"end":"1500ms","seed":7,"commands":[
        {"at":"20ms","do":"write","client":"c0","via":"F","key":"cart","value":"tea"},
        {"at":"30ms","do":"write","client":"c1","via":"A","key":"cart","value":"milk"},
        {"at":"200ms","do":"cut","islands":[["D"]]},
        {"at":"210ms","do":"slow","node":"A","by":"40ms"},
        {"at":"300ms","do":"write","client":"c0","via":"F","key":"cart","value":"rice"},
        {"at":"400ms","do":"crash","node":"C"},
        {"at":"500ms","do":"pause","node":"B"},
        {"at":"600ms","do":"crash","node":"B"},
        {"at":"700ms","do":"restart","node":"C"},
        {"at":"800ms","do":"slow","node":"A","by":"0s"},
        {"at":"900ms","do":"read","client":"c1","via":"F","key":"cart"},
        {"at":"1000ms","do":"mend-all"}]}"#,
    );
    let more = [(610, clock), (620, link(500_000)), (850, link(0))];
    script.commands.extend(more.map(|(ms, command)| Timed { at: Micros::ms(ms), command }));
    script.commands.sort_by_key(|c| c.at);
    open(script)
}

/// A week with a write and a read every two hours and heartbeats all the time.
fn week() -> Session {
    let mut commands = String::new();
    for hour in (1..167).step_by(2) {
        let (write, read) = (format!("{hour}h"), format!("{}min", hour * 60 + 30));
        let comma = if hour == 1 { "" } else { "," };
        let _ = write!(commands, r#"{comma}{{"at":"{write}","do":"write","client":"c0","via":"A","key":"k","value":"v{hour}"}}"#);
        let _ = write!(commands, r#",{{"at":"{read}","do":"read","client":"c1","via":"B","key":"k"}}"#);
    }
    let detector = r#""detector":{"heartbeat":{"every":"10min","timeout":"30min"}}"#;
    session(&format!(r#"{{"end":"7d","seed":3,"config":{{"settings":{{{detector}}}}},"commands":[{commands}]}}"#))
}

fn dock(session: &Session, track: &Track, window: Window) -> Dock {
    Dock::of(session, track, window, 1158.0, 172.0, 13.0)
}

#[test]
fn every_fault_is_a_span_with_words() {
    let run = busy();
    let track = Track::of(&run);
    let of = |wrong: Wrong| track.faults.iter().find(|f| f.wrong == wrong).map(|f| (f.label.as_str(), f.from, f.ended.map(|e| e.1)));
    let (b, c) = (NodeId(1), NodeId(2));
    let ms = Micros::ms;
    assert_eq!(of(Wrong::Down(c)), Some(("C down", ms(400), Some(ms(700)))));
    assert_eq!(of(Wrong::Paused(b)), Some(("B paused", ms(500), Some(ms(600)))), "a crash ends a pause");
    assert_eq!(of(Wrong::Down(b)), Some(("B down", ms(600), None)));
    assert_eq!(of(Wrong::Slow(NodeId(0))), Some(("A slow +40 ms", ms(210), Some(ms(800)))));
    assert_eq!(of(Wrong::Clock(NodeId(4))), Some(("E clock −3 s", ms(610), None)));
    assert_eq!(of(Wrong::Link(NodeId(0).into(), b.into())), Some(("A→B loses 50 %", ms(620), Some(ms(850)))));
    let cut = track.faults.iter().find(|f| matches!(f.wrong, Wrong::Cut(_))).expect("the cut");
    assert_eq!((cut.label.as_str(), cut.from, cut.ended.map(|e| e.1)), ("cut {D}", ms(200), Some(ms(1000))));
    assert_eq!(track.faults.len(), 7, "and nothing else");
}

#[test]
fn operations_at_one_time_stand_in_different_lanes() {
    let track = Track::of(&busy());
    let ops = &track.operations;
    assert_eq!(ops.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["W1", "W2", "W3", "R4"]);
    assert_ne!(ops[0].lane, ops[1].lane);
    assert_eq!(track.op_lanes, 2);
    assert_eq!(ops[0].done, "write v1");
    for (a, b) in ops.iter().zip(&ops[1..]) {
        let over = a.ended.is_none_or(|e| e.1 > b.from);
        assert!(!over || a.lane != b.lane, "{a:?} {b:?}");
    }
}

#[test]
fn each_message_has_its_glyph_at_its_instant_and_losses_are_crosses() {
    let run = busy();
    let track = Track::of(&run);
    let dock = dock(&run, &track, Window::whole(run.end()));
    let messages = run.log().iter().filter(|e| e.message().is_some()).count();
    let unseen: usize = dock.marks.more.iter().map(|m| m.1).sum();
    assert_eq!(dock.marks.glyphs.len() + unseen, messages);
    assert!(dock.marks.bars.is_empty());
    let mut seen_lost = 0;
    for mark in &dock.marks.glyphs {
        let event = &run.log()[mark.id.0 as usize];
        assert!((dock.scale.x(event.at) - mark.x).abs() < 0.01);
        let lost = matches!(event.kind, EventKind::Lost { .. });
        assert_eq!(mark.look == Look::Lost, lost);
        seen_lost += usize::from(lost);
        assert!(mark.y > dock.bands.decisions && mark.y <= dock.bands.events);
    }
    assert!(seen_lost > 0);
}

#[test]
fn decisions_are_counted_and_none_is_left_out() {
    let run = busy();
    let track = Track::of(&run);
    let dock = dock(&run, &track, Window::whole(run.end()));
    assert_eq!(dock.diamonds.iter().map(|d| d.count).sum::<usize>(), track.decisions.len());
    let third = track.decisions[2];
    assert_eq!(track.decisions_before(third.0), 2);
    assert_eq!(track.decisions_before(third.0 + 1), 3);
    let mut walk = busy();
    for id in &track.decisions[..5] {
        assert!(walk.step(Stride::Decision));
        assert!(walk.cursor() > id.0);
    }
}

#[test]
fn a_week_stays_small_and_zooming_in_brings_glyphs_back() {
    let run = week();
    assert!(run.log().len() > 5_000, "{}", run.log().len());
    let track = Track::of(&run);
    let whole = dock(&run, &track, Window::whole(run.end()));
    assert!(whole.size() <= 600, "{} marks", whole.size());
    assert!(!whole.marks.bars.is_empty());
    assert_eq!(whole.ops.iter().map(|o| o.count).sum::<usize>(), track.operations.len());
    let near = Window::around_activity(&track.moments, Micros(3_600_000_000), Micros::secs(2), run.end());
    let close = dock(&run, &track, near);
    assert!(close.marks.glyphs.len() > 5 && close.marks.bars.is_empty());
    assert!(close.size() <= 600);
    assert_eq!(close.ops.len(), 1);
}

#[test]
fn bars_stand_for_exactly_the_events_in_view() {
    let run = week();
    let track = Track::of(&run);
    let whole = dock(&run, &track, Window::whole(run.end()));
    let columns = whole.marks.bars.iter().map(|b| b.path.matches('M').count()).sum::<usize>();
    assert!(columns > 0 && whole.marks.highest > 0);
    let gossip = whole.marks.bars.iter().find(|b| b.kind == Some(crate::view::glyph::Kind::Gossip)).expect("heartbeats");
    assert!(gossip.path.matches('M').count() > 200, "heartbeats all week");
}

#[test]
fn a_point_finds_what_is_drawn_there() {
    let run = busy();
    let track = Track::of(&run);
    let dock = dock(&run, &track, Window::whole(run.end()));
    for mark in dock.marks.glyphs.iter().filter(|m| !run.log()[m.id.0 as usize].is_quiet()) {
        let Hit::Event(id) = dock.hit(mark.x, mark.y, &track) else { panic!("nothing at {mark:?}") };
        assert!(run.log()[id.0 as usize].at.0.abs_diff(run.log()[mark.id.0 as usize].at.0) < 10_000);
    }
    let op = &dock.ops[0];
    assert_eq!(dock.hit(op.x + 1.0, op.y + 4.0, &track), Hit::Operation(track.operations[op.index].op));
    let diamond = dock.diamonds[0];
    assert_eq!(dock.hit(diamond.x, dock.bands.decisions, &track), Hit::Event(diamond.first));
    assert_eq!(dock.hit(dock.scale.x(Micros::ms(1400)), 8.0, &track), Hit::Time(Micros::ms(1400)));
    assert_eq!(dock.nearest_event(-5.0, run.log()), Some(EventId(0)));
    assert_eq!(dock.nearest_event(99_999.0, run.log()), Some(EventId(run.log().len() as u32 - 1)));
    assert_eq!(dock.nearest_event(50.0, &[]), None);
}

#[test]
fn the_plot_reaches_its_top_once_and_ends_where_the_run_does() {
    let run = busy();
    let track = Track::of(&run);
    let dock = dock(&run, &track, Window::whole(run.end()));
    assert!(track.worst > 0);
    let top = format!("V{:.1}", dock.plot_y(track.worst, track.worst));
    assert!(dock.plot.edge.contains(&top), "{} in {}", top, dock.plot.edge);
    assert!(dock.plot.edge.ends_with(&format!("V{:.1}", dock.plot_y(run.divergence().last().expect("changes").2, track.worst))));
    let calm = session(r#"{"end":"1s"}"#);
    let quiet = Dock::of(&calm, &Track::of(&calm), Window::whole(calm.end()), 400.0, 130.0, 13.0);
    assert!(quiet.plot.edge.is_empty());
}

#[test]
fn rows_keep_their_order_at_every_size() {
    let run = busy();
    let track = Track::of(&run);
    for (width, height, font) in [(1158.0, 172.0, 13.0), (1000.0, 142.0, 13.0), (375.0, 150.0, 12.5), (980.0, 130.0, 16.0)] {
        let b = Dock::of(&run, &track, Window::whole(run.end()), width, height, font).bands;
        let order = [b.axis, b.ops, b.decisions, b.events, b.faults, b.plot, b.plot_base];
        assert!(order.windows(2).all(|w| w[0] < w[1]), "{width}x{height}: {order:?}");
        assert!(b.left + b.across < width);
    }
}

#[test]
fn a_changed_past_leaves_a_ghost_where_it_forks() {
    let mut run = busy();
    let before = Stamp::of(&run);
    run.seek_time(Micros::ms(350));
    run.act(Command::MendAll).expect("a command that fits");
    while !run.pump(100_000) {}
    let track = Track::of(&run);
    assert_ne!(track.stamp, before);
    assert_eq!(track.ghosts.len(), 1);
    assert_eq!(track.ghosts[0].name, "original");
    assert_eq!(track.ghosts[0].fork, Micros(350_001));
    assert!(track.ghosts[0].acts.len() >= 9);
    let dock = dock(&run, &track, Window::whole(run.end()));
    let fork = dock.ghosts[0].fork.expect("in view");
    assert_eq!(dock.hit(fork, dock.bands.ghosts.expect("a row"), &track), Hit::Branch(track.ghosts[0].branch));
}

#[test]
fn words_are_cut_and_never_left_as_stumps() {
    assert_eq!(fitting("cut {D}", 200.0, 13.0), "cut {D}");
    assert_eq!(fitting("cut {D} and more", 60.0, 13.0), "cut {D}…");
    assert_eq!(fitting("cut {D} and more", 12.0, 13.0), "");
}

#[test]
fn an_outage_has_its_beats_on_the_strip_and_each_can_be_found() {
    let (_, file) = crate::lab::gallery().iter().find(|(s, _)| *s == "hinted-handoff").expect("it is in the gallery");
    let session = open(crate::lab::script_from_file(file).expect("it reads"));
    let track = Track::of(&session);
    let dock = dock(&session, &track, Window::whole(track.end));
    let labels: Vec<&str> = dock.beats.iter().map(|b| b.label).collect();
    assert_eq!(labels, ["t0", "t1", "t2", "t3", "t4"]);
    assert!(dock.beats.windows(2).all(|w| w[0].x < w[1].x && w[0].y == w[1].y));
    for beat in &dock.beats {
        let found = dock.hit(beat.x, beat.y + 2.0, &track);
        assert_eq!(found, beat.event.map_or(Hit::Time(beat.at), Hit::Event), "{}", beat.words);
    }
}
