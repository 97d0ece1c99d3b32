//! Messages that have come or gone: trails, stops at a cut, and the next one to leave.

use super::Shown;
use super::flight::{self, version_of};
use super::ground::Ground;
use super::rooms::Rooms;
use super::text::{self, TextMark, Tone};
use crate::engine::base::{Endpoint, Micros, arrange};
use crate::engine::node::Message;
use crate::engine::world::{Event, EventKind, LostWhy};
use crate::lab::Session;
use crate::view::geometry::ring::Anchor;
use crate::view::geometry::{Point, Profile, Rect, pt};
use crate::view::glyph::{Form, Kind};

/// Stops of background messages that are drawn at once.
const QUIET_STOPS: usize = 3;
/// The share of its way that is drawn of a background message that was stopped.
const QUIET_WAY: f64 = 0.2;

/// The way of a message that has arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Trail {
    /// What it was part of.
    pub kind: Kind,
    /// The path.
    pub path: String,
    /// The arrowhead.
    pub head: String,
    /// A client's open question stays drawn in full.
    pub open: bool,
}

/// The place where a message was stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    /// What it was part of.
    pub kind: Kind,
    /// What it did.
    pub form: Form,
    /// The number of the version it carried.
    pub version: Option<u32>,
    /// The path up to there.
    pub path: String,
    /// The bar across it.
    pub bar: String,
    /// Where the glyph rests.
    pub at: Point,
    /// Whether it is background chatter, drawn small.
    pub quiet: bool,
    /// Whether it was stopped a while ago.
    pub faint: bool,
}

/// How many messages the cuts in force have stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The title.
    pub title: TextMark,
    /// Per kind: how many, where the glyph lies, and the number beside it.
    pub counts: Vec<(Kind, u32, Point, TextMark)>,
}

/// The message that will leave next.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// What it is part of.
    pub kind: Kind,
    /// The path.
    pub path: String,
    /// The arrowhead.
    pub head: String,
    /// Where the hollow glyph lies.
    pub at: Point,
    /// "next: full row?".
    pub label: TextMark,
}

fn past(session: &Session) -> &[Event] {
    &session.log()[..session.cursor() as usize]
}

/// Trails of the operation shown, while it goes on: one for each way taken, the latest kind of message on it.
pub(super) fn trails(session: &Session, ground: &mut Ground, shown: Option<&Shown>) -> Vec<Trail> {
    let Some(shown) = shown.filter(|s| s.active) else { return Vec::new() };
    let mut ways: Vec<((Endpoint, Endpoint), Kind)> = Vec::new();
    for event in &past(session)[shown.began.0 as usize..] {
        if let (EventKind::Delivered(m), true) = (&event.kind, event.op == Some(shown.op)) {
            let way = ((m.from, m.to), flight::kind(m.body.traffic()));
            match ways.iter_mut().find(|(ends, _)| *ends == way.0) {
                Some(known) => *known = way,
                None => ways.push(way),
            }
        }
    }
    arrange(&mut ways, |(a, _), (b, _)| a.cmp(b));
    let on_way: Vec<(Endpoint, Endpoint)> = session.world().in_flight().map(|f| (f.message.from, f.message.to)).collect();
    let mut out = Vec::new();
    for ((from, to), kind) in ways {
        if on_way.contains(&(from, to)) || from == to {
            continue;
        }
        let Some(road) = ground.road(from, to) else { continue };
        let open = matches!(from, Endpoint::Client(_)) && shown.outcome.is_none();
        let head = road.edge.arrow(if open { 10.0 } else { 8.0 });
        out.push(Trail { kind, path: road.edge.whole(), head, open });
    }
    out
}

fn stop(session: &Session, ground: &mut Ground, message: &Message, why: LostWhy) -> Option<Stop> {
    let road = ground.road(message.from, message.to)?;
    let share = match why {
        LostWhy::Cut(_) => road.stop,
        LostWhy::Loss => 0.5,
        LostWhy::Down | LostWhy::Crashed => 1.0,
    };
    let quiet = message.body.is_quiet();
    Some(Stop {
        kind: flight::kind(message.body.traffic()),
        form: flight::form(message.body.mode()),
        version: version_of(session, message),
        path: road.edge.part(if quiet { (share - QUIET_WAY).max(0.0) } else { 0.0 }, share).whole(),
        bar: road.edge.bar(share, if quiet { 9.0 } else { 12.0 }),
        at: road.edge.point_at((share - 0.05).max(0.0)),
        quiet,
        faint: false,
    })
}

/// Messages that never arrived: those of the operation shown while it goes on, and the latest of the background.
pub(super) fn stops(session: &Session, ground: &mut Ground, shown: Option<&Shown>) -> Vec<Stop> {
    let past = past(session);
    let travel = session.median_travel().0;
    let recent = Micros(session.now().0.saturating_sub(travel.saturating_mul(3)));
    let first = past.partition_point(|e| e.at < recent);
    let began = shown.filter(|s| s.active).map_or(first, |s| s.began.0 as usize);
    let mut out: Vec<(Endpoint, Endpoint, Stop)> = Vec::new();
    let mut quiet = 0;
    for event in past[began.min(first)..].iter().rev() {
        let EventKind::Lost { message, why } = &event.kind else { continue };
        let background = message.body.is_quiet();
        let wanted = if background {
            event.at >= recent && quiet < QUIET_STOPS
        } else {
            shown.is_some_and(|s| s.active && event.op == Some(s.op)) || event.at >= recent
        };
        // The latest stop on a way hides the ones before.
        if !wanted || out.iter().any(|(f, t, _)| (*f, *t) == (message.from, message.to)) {
            continue;
        }
        if let Some(mut stop) = stop(session, ground, message, *why) {
            quiet += usize::from(background);
            stop.faint = background && event.at.0 + travel < session.now().0;
            out.push((message.from, message.to, stop));
        }
    }
    out.into_iter().map(|(.., stop)| stop).collect()
}

/// What the cuts in force have stopped, by kind.
pub(super) fn tally(session: &Session, ground: &Ground, rooms: &mut Rooms<'_>) -> Option<Tally> {
    let cuts = session.world().network().cuts();
    let since = cuts.iter().map(|c| c.since).min()?;
    let past = past(session);
    let mut counts: Vec<(Kind, u32)> = Vec::new();
    for event in &past[past.partition_point(|e| e.at < since)..] {
        if let EventKind::Lost { message, why: LostWhy::Cut(id) } = &event.kind
            && cuts.iter().any(|c| c.id == *id)
        {
            let kind = flight::kind(message.body.traffic());
            match counts.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, n)) => *n += 1,
                None => counts.push((kind, 1)),
            }
        }
    }
    arrange(&mut counts, |(a, _), (b, _)| a.cmp(b));
    if counts.is_empty() || ground.profile != Profile::Desktop {
        return None;
    }
    let sizes = text::sizes(ground.profile);
    let step = 58.0;
    let (w, h) = (f64::max(128.0, step * counts.len() as f64), 44.0);
    let room = rooms.take(corners(ground, w, h, true), Some(None))?.rect;
    let right = room.centre().x > ground.profile.sheet().centre().x;
    let (x, anchor) = if right { (room.right(), Anchor::End) } else { (room.x, Anchor::Start) };
    let title =
        TextMark { at: pt(x, room.y + 13.0).rounded(), anchor, text: "stopped at the cut".to_owned(), tone: Tone::Quiet, size: sizes.note };
    let first = if right { room.right() - step * counts.len() as f64 + 24.0 } else { room.x + 9.0 };
    let place = |(i, (kind, n)): (usize, (Kind, u32))| {
        let at = pt(first + step * i as f64, room.y + 33.0);
        let number = TextMark {
            at: at.plus(pt(14.0, 5.0)).rounded(),
            anchor: Anchor::Start,
            text: n.to_string(),
            tone: Tone::Bold,
            size: sizes.note + 1.0,
        };
        (kind, n, at.rounded(), number)
    };
    Some(Tally { title, counts: counts.into_iter().enumerate().map(place).collect() })
}

/// Rectangles in the corners of the sheet: bottom first, then top; the right or the left one first.
pub(super) fn corners(ground: &Ground, w: f64, h: f64, right_first: bool) -> Vec<Rect> {
    let s = ground.profile.sheet().grown(-14.0);
    let (left, right) = (s.x, s.right() - w);
    let (top, low) = (s.y, s.bottom() - h);
    let sides = if right_first { [right, left] } else { [left, right] };
    [low, top].into_iter().flat_map(|y| sides.map(|x| Rect::new(x, y, w, h))).collect()
}

/// The message that leaves in the next step, if one does.
pub(super) fn next(session: &Session, ground: &mut Ground) -> Option<Next> {
    let at = session.next_event_at()?;
    let future = &session.log()[session.cursor() as usize..];
    let step = future.iter().take_while(|e| e.at <= at).filter(|e| !e.is_quiet());
    let message = step.filter_map(|e| if let EventKind::Sent(m) = &e.kind { Some(m) } else { None }).find(|m| m.from != m.to)?;
    let road = ground.road(message.from, message.to)?;
    let sizes = text::sizes(ground.profile);
    let spot = road.edge.point_at(0.46);
    let along = road.edge.point_at(0.5).minus(road.edge.point_at(0.42)).unit();
    let (side, gap) = (along.left(), 20.0);
    let anchor = if side.x > 0.5 {
        Anchor::Start
    } else if side.x < -0.5 {
        Anchor::End
    } else {
        Anchor::Middle
    };
    let label = TextMark {
        at: spot.plus(side.times(gap)).plus(pt(0.0, if side.y > 0.0 { 10.0 } else { 0.0 })).rounded(),
        anchor,
        text: format!("next: {}", text::what(message)),
        tone: Tone::Aside,
        size: sizes.value + 1.0,
    };
    let kind = flight::kind(message.body.traffic());
    Some(Next { kind, path: road.edge.whole(), head: road.edge.arrow(9.0), at: spot, label })
}
