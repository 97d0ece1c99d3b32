//! Words on the drawing: sizes, tones, clipping, and times as people read them.

use crate::engine::base::{Endpoint, Micros};
use crate::engine::node::integrity::RotSay;
use crate::engine::node::sweeps::{Say, SegmentSay, TrieSay, VersionSay};
use crate::engine::node::{Body, Message, Outcome, Verb};
use crate::lab::Session;
use crate::view::geometry::ring::{Anchor, Spot};
use crate::view::geometry::{Point, Profile, Rect, pt};
use crate::view::narrate::repair_word;

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Plain.
    Ink,
    /// Plain, heavy.
    Bold,
    /// Second in rank.
    Quiet,
    /// Second in rank, heavy.
    QuietBold,
    /// A fault, heavy.
    Fault,
    /// An aside, in italics.
    Aside,
    /// A key or hash.
    Mono,
    /// A key or hash, second in rank.
    MonoQuiet,
}

impl Tone {
    /// Its classes.
    pub fn class(self) -> &'static str {
        match self {
            Tone::Ink => "s",
            Tone::Bold => "s wb",
            Tone::Quiet => "s f-ink2",
            Tone::QuietBold => "s wb f-ink2",
            Tone::Fault => "s wb f-fault",
            Tone::Aside => "i",
            Tone::Mono => "m wb",
            Tone::MonoQuiet => "m f-ink3",
        }
    }

    /// Mean width of a letter, in sizes.
    fn pitch(self) -> f64 {
        match self {
            Tone::Mono | Tone::MonoQuiet => 0.6,
            Tone::Aside => 0.44,
            _ => 0.49,
        }
    }
}

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextMark {
    /// Start, middle or end of its baseline.
    pub at: Point,
    /// Which of these.
    pub anchor: Anchor,
    /// The words.
    pub text: String,
    /// How they are set.
    pub tone: Tone,
    /// Size in drawing units.
    pub size: f64,
}

impl TextMark {
    /// A text at a spot of the layout.
    pub(super) fn at_spot(spot: &Spot, text: String, tone: Tone, size: f64) -> TextMark {
        TextMark { at: spot.at, anchor: spot.anchor, text, tone, size }
    }
}

/// Sizes of texts in one drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sizes {
    /// Values and labels of messages.
    pub value: f64,
    /// Notes beside nodes.
    pub note: f64,
    /// Names of keys and clients.
    pub name: f64,
    /// Height of a line of notes.
    pub line: f64,
}

/// The sizes for a drawing: nothing under 13 on a desk, 16 on a projector, 12.5 on a phone.
pub fn sizes(profile: Profile) -> Sizes {
    match profile {
        Profile::Desktop => Sizes { value: 15.5, note: 14.0, name: 15.0, line: 18.5 },
        Profile::Projector => Sizes { value: 19.0, note: 17.0, name: 18.5, line: 22.0 },
        Profile::Figure => Sizes { value: 14.0, note: 13.0, name: 13.0, line: 16.0 },
        Profile::Mobile => Sizes { value: 13.0, note: 12.5, name: 12.5, line: 15.5 },
    }
}

/// Lines of text as a block: how wide and high it is.
pub(super) fn block(lines: &[(String, Tone)], size: f64, line: f64) -> (f64, f64) {
    let wide = lines.iter().map(|(t, tone)| t.chars().count() as f64 * size * tone.pitch()).fold(0.0, f64::max);
    (wide + 4.0, line * lines.len() as f64)
}

/// Sets lines into a rectangle; `towards` is the x they lean to: left, right or middle of it.
pub(super) fn set(lines: Vec<(String, Tone)>, room: &Rect, towards: f64, size: f64, line: f64) -> Vec<TextMark> {
    let mid = room.centre().x;
    let (x, anchor) = if (towards - mid).abs() < room.w * 0.5 {
        (mid, Anchor::Middle)
    } else if towards > mid {
        (room.right(), Anchor::End)
    } else {
        (room.x, Anchor::Start)
    };
    let place = |(i, (text, tone)): (usize, (String, Tone))| {
        let y = room.y + line * (i as f64 + 0.78);
        TextMark { at: pt(x, y).rounded(), anchor, text, tone, size }
    };
    lines.into_iter().enumerate().map(place).collect()
}

/// At most `letters` characters of one line of text, with an ellipsis if some are left out.
pub fn clipped(text: &str, letters: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(letters + 1).collect();
    if plain.chars().count() <= letters {
        return plain;
    }
    let mut short: String = plain.chars().take(letters.saturating_sub(1).max(1)).collect();
    short.push('…');
    short
}

/// An instant as people read it: `0.080 s`, `2 min 05 s`, `3 d 04 h`.
pub fn clock(at: Micros) -> String {
    let seconds = at.0 / 1_000_000;
    match seconds {
        0..60 => format!("{seconds}.{:03} s", at.0 / 1_000 % 1_000),
        60..3_600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {:02} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// A signed offset: `+120 ms`.
pub fn offset(us: i64) -> String {
    let sign = if us < 0 { '\u{2212}' } else { '+' };
    let size = us.unsigned_abs();
    match size {
        0..1_000 => format!("{sign}{size} µs"),
        1_000..10_000_000 => format!("{sign}{} ms", size / 1_000),
        _ => format!("{sign}{} s", size / 1_000_000),
    }
}

const fn about_rot(say: &RotSay) -> &'static str {
    match say {
        RotSay::Failed { .. } => "no good",
        RotSay::Fetch { .. } => "full row?",
        RotSay::Fetched { row: Some(_), .. } => "full row",
        RotSay::Fetched { row: None, .. } => "no row",
    }
}

/// What a message is, in a word or two.
pub fn what(message: &Message) -> &'static str {
    match &message.body {
        Body::Request(r) => match r.verb {
            Verb::Read => "read",
            Verb::Write(_) => "write",
            Verb::Delete => "delete",
        },
        Body::Reply { outcome, .. } => match outcome {
            Outcome::Written { .. } => "written",
            Outcome::Found(Some(_)) => "answer",
            Outcome::Found(None) => "answer: none",
            Outcome::Unavailable { .. } => "unavailable",
            Outcome::TimedOut { .. } => "timed out",
            Outcome::NoAnswer => "no answer",
            Outcome::Overloaded { .. } => "refused",
            Outcome::Behind { .. } => "behind",
        },
        Body::Write { .. } => "write",
        Body::WriteAck | Body::RepairAck => "held",
        Body::ReadData { .. } => "full row?",
        Body::Data { row: Some(_), .. } => "full row",
        Body::Data { row: None, .. } => "no row",
        Body::ReadDigest { .. } => "digest?",
        Body::Digest(_) => "digest",
        Body::Repair { .. } => "repair",
        Body::Heartbeat { .. } => "alive",
        Body::OnDisk => "on disk",
        Body::Relay { .. } => "write +",
        Body::Passed { .. } => "write",
        Body::Hint { .. } => "hint",
        Body::HintAck { .. } | Body::HandoffAck { .. } => "held",
        Body::KeepHint { .. } => "keep hint",
        Body::HintKept { .. } => "kept",
        Body::Handoff { .. } => "handoff",
        Body::Forward { .. } => "forwarded",
        Body::Coordinating => "mine",
        Body::Echo { .. } => "echo?",
        Body::EchoAck { .. } => "echo",
        Body::Rot(say) => about_rot(say),
        Body::Sweep { say, .. } => said(say),
    }
}

/// A message of a sweep in a word.
fn said(say: &Say) -> &'static str {
    match *say {
        Say::Segments(ref say) => match say {
            SegmentSay::Ready => "ready",
            SegmentSay::Bucket { .. } => "bucket?",
            SegmentSay::Hashes { .. } => "hashes",
            SegmentSay::Segment { .. } => "keys?",
            SegmentSay::Rehash(_) => "look again",
        },
        Say::Trie(TrieSay::Get { .. }) => "node?",
        Say::Trie(TrieSay::Node { .. }) => "node",
        Say::Open { .. } => "compare?",
        Say::Roots(_) => "roots",
        Say::Children { .. } => "children?",
        Say::Hashes { .. } => "hashes",
        Say::ListKeys { .. } => "keys?",
        Say::Keys { .. } => "keys",
        Say::FetchLeaves { .. } | Say::FetchRows { .. } => "rows?",
        Say::Rows { .. } => "rows",
        Say::Stored { .. } => "held",
        Say::Close => "done",
        Say::Refused(_) => "refused",
        Say::Repair(ref told) => repair_word(told),
        Say::Versions(VersionSay::Ready) => "ready",
        Say::Versions(VersionSay::Have { .. }) => "versions",
        Say::Versions(VersionSay::Lacks { .. }) => "rows?",
        Say::Dots(ref say) => crate::view::narrate::past::dot_label(say),
        Say::Log(ref say) => crate::view::narrate::past::label(say),
        Say::Set(ref say) => crate::view::narrate::sets::label(say),
    }
}

/// What somebody is called: a node's letter or a client's name.
pub fn name(session: &Session, end: Endpoint) -> String {
    match end {
        Endpoint::Node(node) => node.to_string(),
        Endpoint::Client(c) => session.script().config.clients.get(c.0 as usize).cloned().unwrap_or_else(|| c.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_offsets_read_well() {
        assert_eq!(clock(Micros::ms(80)), "0.080 s");
        assert_eq!(clock(Micros::secs(125)), "2 min 05 s");
        assert_eq!(clock(Micros::secs(7_260)), "2 h 01 min");
        assert_eq!(clock(Micros::secs(3 * 86_400 + 4 * 3_600)), "3 d 04 h");
        assert_eq!(offset(120_000), "+120 ms");
        assert_eq!(offset(-5), "\u{2212}5 µs");
        assert_eq!(offset(-30_000_000), "\u{2212}30 s");
    }

    #[test]
    fn long_and_strange_values_become_one_short_line() {
        assert_eq!(clipped("tea, milk", 12), "tea, milk");
        assert_eq!(clipped("tea, milk, rice", 9), "tea, mil…");
        assert_eq!(clipped("a\nb\u{7}c", 9), "a b c");
        assert_eq!(clipped("ééééé", 3), "éé…");
    }
}
