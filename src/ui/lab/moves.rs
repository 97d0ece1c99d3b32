//! Moves in time, the same for buttons, keys and the timeline.

use super::LabHandle;
use crate::engine::base::Micros;
use crate::lab::{Condition, Predicate, Session, Stride};

/// A move in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Move {
    /// To the start of the run.
    Start,
    /// To the end of the run.
    End,
    /// One step back.
    Back,
    /// One step on.
    Step,
    /// To the decision before.
    DecisionBack,
    /// To the next decision.
    Decision,
    /// To just after this many events.
    Event(u32),
    /// To an instant.
    Time(Micros),
    /// On to where a condition holds.
    Until(Predicate),
}

/// Makes a move. Playing stops; whoever animates is told of a jump unless it was a step forwards.
pub fn go(lab: &LabHandle, wanted: Move) {
    let found = lab.quietly(|s| carry_out(s, wanted));
    let on = matches!(wanted, Move::Step | Move::Decision);
    lab.set_ui(|ui| {
        ui.playing = false;
        ui.stepped = wanted == Move::Step;
        if !on {
            ui.jumps += 1;
        }
        if matches!(wanted, Move::Step | Move::Back) {
            ui.steps += 1;
        }
        if let (Move::Until(_), false) = (wanted, found) {
            ui.notice = Some("That does not happen before the end of this run.".to_owned());
        }
    });
}

fn carry_out(session: &mut Session, wanted: Move) -> bool {
    match wanted {
        Move::Start => session.seek_event(0),
        Move::End => session.seek_time(session.end()),
        Move::Back => return session.step_back(Stride::Event),
        Move::Step => return session.step(Stride::Event),
        Move::DecisionBack => return session.step_back(Stride::Decision),
        Move::Decision => return session.step(Stride::Decision),
        Move::Event(events) => session.seek_event(events),
        Move::Time(at) => session.seek_time(at),
        Move::Until(predicate) => return run_until(session, predicate),
    }
    true
}

/// On to where a condition comes true: one that holds already must first cease to.
fn run_until(session: &mut Session, predicate: Predicate) -> bool {
    let agree = session.truth().stale_copies() == 0;
    match predicate {
        Predicate::Agreement if agree => session.run_through(&[Predicate::Disagreement, predicate]),
        Predicate::Disagreement if !agree => session.run_through(&[Predicate::Agreement, predicate]),
        _ => session.run_until(predicate),
    }
}

/// On to where a condition comes true; says so if it never does.
pub fn run_to(lab: &LabHandle, condition: &Condition) {
    let found = lab.quietly(|s| s.run_until_condition(condition));
    lab.set_ui(|ui| {
        ui.playing = false;
        ui.stepped = false;
        ui.jumps += 1;
        if !found {
            ui.notice = Some("That does not happen before the end of this run.".to_owned());
        }
    });
}

/// Plays or pauses. At the end of the run it plays from the start.
pub fn toggle_play(lab: &LabHandle) {
    let playing = lab.ui().playing;
    let over = lab.quietly(|s| s.now() >= s.end() && s.pump(0));
    if !playing && over {
        lab.quietly(|s| s.seek_event(0));
    }
    lab.set_ui(|ui| {
        ui.playing = !playing;
        ui.until_quiet = false;
        ui.stepped = false;
        if !playing && over {
            ui.jumps += 1;
        }
    });
}

/// Plays what has just been sent until it has come to rest. Playing that goes on already goes on as it was.
pub fn watch(lab: &LabHandle) {
    lab.set_ui(|ui| {
        ui.until_quiet |= !ui.playing;
        ui.playing = true;
        ui.stepped = false;
    });
}

/// Slowest and fastest speed, in powers of two.
pub const SPEEDS: std::ops::RangeInclusive<i8> = -6..=6;

/// Faster or slower by so many powers of two.
pub fn faster(lab: &LabHandle, by: i8) {
    lab.set_ui(|ui| ui.speed = (ui.speed + by).clamp(*SPEEDS.start(), *SPEEDS.end()));
}
