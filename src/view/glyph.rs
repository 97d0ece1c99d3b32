//! Shapes that mean something: the seven kinds of traffic and the icons of the controls.
//!
//! A traffic glyph is told by its shape first: square, disc, hexagon with bars, cross, envelope, triangle, small
//! diamond. Hollow asks, filled carries, hollow with a tick acknowledges. Glyphs are drawn in a box from -13 to 13,
//! icons in one from 0 to 24. All shapes are path data that serve SVG and a canvas `Path2D` alike.

/// A kind of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A value goes in.
    Write,
    /// Somebody asks.
    Read,
    /// A fingerprint instead of a value.
    Digest,
    /// A newer value is pushed.
    Repair,
    /// A note kept for later.
    Hint,
    /// Trees and sweeps.
    Sync,
    /// Who is up, who owns what.
    Gossip,
}

impl Kind {
    /// Every kind, in the order of the legend.
    pub const ALL: [Kind; 7] = [Kind::Write, Kind::Read, Kind::Digest, Kind::Repair, Kind::Hint, Kind::Sync, Kind::Gossip];

    /// The class that sets `--k` to the kind's colour.
    pub fn class(self) -> &'static str {
        match self {
            Kind::Write => "k-write",
            Kind::Read => "k-read",
            Kind::Digest => "k-digest",
            Kind::Repair => "k-repair",
            Kind::Hint => "k-hint",
            Kind::Sync => "k-sync",
            Kind::Gossip => "k-gossip",
        }
    }

    /// The name of the colour token (`--write`), for a canvas that reads computed styles.
    pub fn token(self) -> &'static str {
        match self {
            Kind::Write => "--write",
            Kind::Read => "--read",
            Kind::Digest => "--digest",
            Kind::Repair => "--repair",
            Kind::Hint => "--hint",
            Kind::Sync => "--sync",
            Kind::Gossip => "--gossip",
        }
    }
}

/// What a message does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// Hollow: asks.
    Asks,
    /// Filled: carries a value or a fingerprint.
    Carries,
    /// Hollow with a tick: acknowledges.
    Acks,
}

/// How a part of a glyph is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// Filled with the kind's colour (class `gf`).
    FillKind,
    /// Filled with the paper (class `gp`).
    FillPaper,
    /// Stroked in the kind's colour (class `gs`).
    StrokeKind,
    /// Stroked in the paper's colour (class `gq`).
    StrokePaper,
}

impl Paint {
    /// The class of a part.
    pub fn class(self) -> &'static str {
        match self {
            Paint::FillKind => "gf",
            Paint::FillPaper => "gp",
            Paint::StrokeKind => "gs",
            Paint::StrokePaper => "gq",
        }
    }
}

/// A traffic glyph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    /// The outline, stroked [`OUTLINE`] wide in the kind's colour.
    pub body: &'static str,
    /// Whether the outline is filled with the kind's colour (else with the paper).
    pub filled: bool,
    /// A mark inside: shape, paint and width of its stroke.
    pub mark: Option<(&'static str, Paint, f64)>,
    /// Half the side of the square that takes the version's colour, if this glyph can carry a value.
    pub core: Option<f64>,
}

/// Width of a glyph's outline in its own box.
pub const OUTLINE: f64 = 2.2;
/// Side of the box a glyph is drawn in (from -13 to 13): scale by wanted size / `BOX`.
pub const BOX: f64 = 26.0;

const SQUARE: &str = "M-7.5-9H7.5A1.5 1.5 0 0 1 9-7.5V7.5A1.5 1.5 0 0 1 7.5 9H-7.5A1.5 1.5 0 0 1-9 7.5V-7.5A1.5 1.5 0 0 1-7.5-9Z";
const DISC: &str = "M-10 0A10 10 0 1 1 10 0A10 10 0 1 1-10 0Z";
const HEXAGON: &str = "M11.5 0L5.8 10H-5.8L-11.5 0L-5.8-10H5.8Z";
const CROSS: &str = "M-4-10.5H4V-4H10.5V4H4V10.5H-4V4H-10.5V-4H-4Z";
const ENVELOPE: &str = "M-10.5-8.5H10.5A1.5 1.5 0 0 1 12-7V7A1.5 1.5 0 0 1 10.5 8.5H-10.5A1.5 1.5 0 0 1-12 7V-7A1.5 1.5 0 0 1-10.5-8.5Z";
const TRIANGLE: &str = "M0-11L11.5 9H-11.5Z";
const DIAMOND: &str = "M0-8.5L8.5 0L0 8.5L-8.5 0Z";

const TICK: &str = "M-4.5 .3L-1.2 3.6L4.8-3.2";
const BARS: &str = "M-7-3.5H-4.6V3.5H-7ZM-3.1-5.5H-.7V5.5H-3.1ZM.8-2.5H3.2V2.5H.8ZM4.7-4.5H7.1V4.5H4.7Z";
const FLAP: &str = "M-11-7.5L0 2L11-7.5";
const FORK: &str = "M0-3.5V1M-4.5 5.5L0 1L4.5 5.5";
const DOT: &str = "M-2 0A2 2 0 1 1 2 0A2 2 0 1 1-2 0Z";

/// The lone red cross that marks a lost message in the timeline (stroke it 3.4 wide, class `k-fault`).
pub const LOST: &str = "M-7-7L7 7M7-7L-7 7";
/// A decision on the timeline: a small upright diamond in ink.
pub const DECISION: &str = "M0-8L8 0L0 8L-8 0Z";
/// Scissors, about 20 wide, pointing right; for the end of a tear.
pub const SCISSORS: &str =
    "M-5.8-5A3.2 3.2 0 1 1-12.2-5A3.2 3.2 0 1 1-5.8-5ZM-5.8 5A3.2 3.2 0 1 1-12.2 5A3.2 3.2 0 1 1-5.8 5ZM-6.2-3.6L9 5M-6.2 3.6L9-5";

/// The shape of a message.
pub fn glyph(kind: Kind, form: Form) -> Glyph {
    let (body, core, mark) = match kind {
        Kind::Write => (SQUARE, Some(5.0), None),
        Kind::Read => (DISC, Some(5.4), None),
        Kind::Digest => (HEXAGON, None, Some((BARS, true, 0.0))),
        Kind::Repair => (CROSS, Some(4.6), None),
        Kind::Hint => (ENVELOPE, None, Some((FLAP, false, 2.0))),
        Kind::Sync => (TRIANGLE, None, Some((FORK, false, 2.0))),
        Kind::Gossip => (DIAMOND, None, None),
    };
    let filled = form == Form::Carries;
    let mark = match (form, kind) {
        (Form::Acks, _) => Some((TICK, Paint::StrokeKind, 2.6)),
        (Form::Carries, Kind::Gossip) => Some((DOT, Paint::FillPaper, 0.0)),
        _ => mark.map(|(d, fill, width)| {
            let paint = match (fill, filled) {
                (true, true) => Paint::FillPaper,
                (true, false) => Paint::FillKind,
                (false, true) => Paint::StrokePaper,
                (false, false) => Paint::StrokeKind,
            };
            (d, paint, width)
        }),
    };
    Glyph { body, filled, mark, core: core.filter(|_| filled) }
}

/// The outline as a polygon, for hit tests and for painting many at once.
#[expect(clippy::disallowed_methods, reason = "a drawing; nothing is hashed")]
pub fn outline(kind: Kind) -> Vec<[f64; 2]> {
    match kind {
        Kind::Write => vec![[-9.0, -9.0], [9.0, -9.0], [9.0, 9.0], [-9.0, 9.0]],
        Kind::Read => (0..24).map(|i| (f64::from(i) * std::f64::consts::TAU / 24.0).sin_cos()).map(|(s, c)| [c * 10.0, s * 10.0]).collect(),
        Kind::Digest => vec![[11.5, 0.0], [5.8, 10.0], [-5.8, 10.0], [-11.5, 0.0], [-5.8, -10.0], [5.8, -10.0]],
        Kind::Repair => vec![
            [-4.0, -10.5],
            [4.0, -10.5],
            [4.0, -4.0],
            [10.5, -4.0],
            [10.5, 4.0],
            [4.0, 4.0],
            [4.0, 10.5],
            [-4.0, 10.5],
            [-4.0, 4.0],
            [-10.5, 4.0],
            [-10.5, -4.0],
            [-4.0, -4.0],
        ],
        Kind::Hint => vec![[-12.0, -8.5], [12.0, -8.5], [12.0, 8.5], [-12.0, 8.5]],
        Kind::Sync => vec![[0.0, -11.0], [11.5, 9.0], [-11.5, 9.0]],
        Kind::Gossip => vec![[0.0, -8.5], [8.5, 0.0], [0.0, 8.5], [-8.5, 0.0]],
    }
}

/// An icon of the controls, 24 by 24, stroked 1.9 wide with round ends in the current colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each name is the picture")]
pub enum Icon {
    Play,
    Pause,
    Step,
    StepBack,
    Decision,
    SkipQuiet,
    ToStart,
    ToEnd,
    Link,
    Projector,
    Contrast,
    Help,
    Scissors,
    OneWay,
    Snip,
    Crash,
    Restart,
    Hand,
    Wipe,
    Mend,
    Slow,
    Drop,
    Clock,
    Branch,
    Download,
    Upload,
    Plus,
    Minus,
    Close,
    Eye,
    Warning,
    Tick,
    Arrow,
    Lens,
    Crack,
}

/// The drawing of an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Stroked lines.
    pub lines: &'static str,
    /// Areas filled (and stroked) with the current colour.
    pub solid: &'static str,
}

impl Icon {
    /// Every icon.
    pub const ALL: [Icon; 35] = {
        use Icon::*;
        [
            Play, Pause, Step, StepBack, Decision, SkipQuiet, ToStart, ToEnd, Link, Projector, Contrast, Help, Scissors, OneWay, Snip,
            Crash, Restart, Hand, Wipe, Mend, Slow, Drop, Clock, Branch, Download, Upload, Plus, Minus, Close, Eye, Warning, Tick, Arrow,
            Lens, Crack,
        ]
    };

    /// Its drawing.
    pub fn drawing(self) -> Drawing {
        match self {
            Icon::Play => solid("", "M7 5V19L18 12Z"),
            Icon::Pause => solid("", "M7 5H10V19H7ZM14 5H17V19H14Z"),
            Icon::Step => solid("M17.5 6V18", "M7 6V18L15 12Z"),
            Icon::StepBack => solid("M6.5 6V18", "M17 6V18L9 12Z"),
            Icon::Decision => solid("M17 6.5L22 12L17 17.5L12 12Z", "M3.5 7V17L10 12Z"),
            Icon::SkipQuiet => solid("M3 12H5.5M8 12H10.5M20.5 6V18", "M12.5 7V17L18.5 12Z"),
            Icon::ToStart => solid("M5 6V18", "M13 6V18L6.5 12ZM20 6V18L13.5 12Z"),
            Icon::ToEnd => solid("M19 6V18", "M11 6V18L17.5 12ZM4 6V18L10.5 12Z"),
            Icon::Contrast => solid(ROUND, "M12 3.5A8.5 8.5 0 0 1 12 20.5Z"),
            _ => solid(self.lines(), ""),
        }
    }

    /// The lines of icons that have nothing but lines.
    fn lines(self) -> &'static str {
        match self {
            Icon::Link => "M9.5 14.5L14.5 9.5M11 6.5L13 4.5A4.6 4.6 0 0 1 19.5 11L17.5 13M13 17.5L11 19.5A4.6 4.6 0 0 1 4.5 13L6.5 11",
            Icon::Projector => "M3 5H21V16.5H3ZM8.5 21L12 16.5L15.5 21",
            Icon::Help => {
                "M3.5 12A8.5 8.5 0 1 1 20.5 12A8.5 8.5 0 1 1 3.5 12ZM9.6 9.6A2.4 2.4 0 1 1 12.9 11.8C12.2 12.1 12 12.6 12 13.5M12 16.6V16.7"
            }
            Icon::Scissors => {
                "M8.6 7A2.6 2.6 0 1 1 3.4 7A2.6 2.6 0 1 1 8.6 7ZM8.6 17A2.6 2.6 0 1 1 3.4 17A2.6 2.6 0 1 1 8.6 17ZM8.2 8.4L20 17M8.2 15.6L20 7"
            }
            Icon::OneWay => "M12 3.5V8.5M12 15.5V20.5M3 12H20M15.5 7.5L20 12L15.5 16.5",
            Icon::Snip => "M2.5 12H8M16 12H21.5M8.5 17L11.5 7M12.5 17L15.5 7",
            Icon::Crash => {
                "M4 12A8 8 0 0 1 6.3 6.4M9 4.6A8 8 0 0 1 15 4.6M17.7 6.4A8 8 0 0 1 20 12M17.7 17.6A8 8 0 0 1 15 19.4M9 19.4A8 8 0 0 1 6.3 17.6M8.8 8.8L15.2 15.2M15.2 8.8L8.8 15.2"
            }
            Icon::Restart => "M19.5 12A7.5 7.5 0 1 1 16.8 6.2M17.5 2.5V6.7H13.3",
            Icon::Hand => {
                "M7 13V7.2A1.3 1.3 0 0 1 9.6 7.2V11M9.6 10.5V5A1.3 1.3 0 0 1 12.2 5V10.5M12.2 10.5V5.6A1.3 1.3 0 0 1 14.8 5.6V11M14.8 11V7.6A1.3 1.3 0 0 1 17.4 7.6V14.5C17.4 18.5 15.4 20.5 12.4 20.5C9.6 20.5 8.4 19.2 7 16.8L4.6 13.2A1.4 1.4 0 0 1 7 12"
            }
            Icon::Wipe => "M4.5 7H19.5M9 7V4.5H15V7M6.5 7L7.5 20H16.5L17.5 7M10.3 10.5L10.6 16.5M13.7 10.5L13.4 16.5",
            Icon::Mend => "M3 12H21M6 8V16M10.5 8V16M15 8V16M19 8V16",
            Icon::Slow => "M7 4H17M7 20H17M8 4C8 9 16 10 16 20M16 4C16 9 8 10 8 20",
            Icon::Drop => "M3 12H10M13 9L19 15M19 9L13 15",
            Icon::Clock => "M3.5 12A8.5 8.5 0 1 1 20.5 12A8.5 8.5 0 1 1 3.5 12ZM12 7V12L16 14.3",
            Icon::Branch => "M6 4V20M6 14C6 9.5 17 12 17 6.5M14 8.5L17 5.5L20 8.5",
            Icon::Download => "M12 4V15M7.5 10.8L12 15.3L16.5 10.8M4.5 19.5H19.5",
            Icon::Upload => "M12 15.5V4.5M7.5 8.8L12 4.3L16.5 8.8M4.5 19.5H19.5",
            Icon::Plus => "M12 5V19M5 12H19",
            Icon::Minus => "M5 12H19",
            Icon::Close => "M6 6L18 18M18 6L6 18",
            Icon::Eye => {
                "M2.5 12C5 7.5 8.3 5.5 12 5.5C15.7 5.5 19 7.5 21.5 12C19 16.5 15.7 18.5 12 18.5C8.3 18.5 5 16.5 2.5 12ZM9 12A3 3 0 1 1 15 12A3 3 0 1 1 9 12Z"
            }
            Icon::Warning => "M12 3.8L21.5 20H2.5ZM12 10V14.2M12 17V17.1",
            Icon::Tick => "M5 12.5L10 17.5L19.5 7",
            Icon::Arrow => "M4 12H19M13.5 6.5L19 12L13.5 17.5",
            Icon::Lens => "M4 10.5A6.5 6.5 0 1 1 17 10.5A6.5 6.5 0 1 1 4 10.5ZM15.3 15.3L20.5 20.5",
            Icon::Crack => "M11.2 6.5H3.5V17.5H9.6M14.4 17.5H20.5V6.5H15M14.2 3L10.6 10.2L14 13L11 21",
            _ => "",
        }
    }
}

const ROUND: &str = "M3.5 12A8.5 8.5 0 1 1 20.5 12A8.5 8.5 0 1 1 3.5 12Z";

fn solid(lines: &'static str, solid: &'static str) -> Drawing {
    Drawing { lines, solid }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [Form; 3] = [Form::Asks, Form::Carries, Form::Acks];

    #[test]
    fn every_kind_and_form_can_be_told_apart_without_colour() {
        let mut seen: Vec<String> = Vec::new();
        for kind in Kind::ALL {
            for form in FORMS {
                let g = glyph(kind, form);
                seen.push(format!("{} {} {:?}", g.body, g.filled, g.mark));
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 21);
    }

    #[test]
    fn asks_is_hollow_carries_is_filled_and_acks_has_a_tick() {
        for kind in Kind::ALL {
            assert!(!glyph(kind, Form::Asks).filled);
            assert!(glyph(kind, Form::Carries).filled);
            let ack = glyph(kind, Form::Acks);
            assert!(!ack.filled && ack.mark.is_some_and(|m| m.0 == TICK));
            assert_eq!(ack.core, None);
        }
        assert!(glyph(Kind::Repair, Form::Carries).core.is_some());
        assert_eq!(glyph(Kind::Digest, Form::Carries).core, None, "a digest carries no value");
    }

    #[test]
    fn outlines_fit_the_box_and_hold_the_core() {
        for kind in Kind::ALL {
            let polygon = outline(kind);
            assert!(polygon.len() >= 3);
            assert!(polygon.iter().flatten().all(|v| v.abs() + OUTLINE / 2.0 <= BOX / 2.0 + 0.2), "{kind:?}");
            if let Some(half) = glyph(kind, Form::Carries).core {
                let reach = polygon.iter().map(|p| p[0].abs().max(p[1].abs())).fold(0.0, f64::max);
                assert!(half < reach * 0.7);
            }
        }
    }

    #[test]
    fn classes_and_tokens_name_the_same_kind() {
        for kind in Kind::ALL {
            assert_eq!(kind.class().trim_start_matches("k-"), kind.token().trim_start_matches("--"));
        }
    }

    #[test]
    fn every_icon_draws_something_of_its_own() {
        let mut all: Vec<Drawing> = Icon::ALL.iter().map(|i| i.drawing()).collect();
        for d in &all {
            assert!(d.lines.starts_with('M') || d.solid.starts_with('M'), "{d:?}");
        }
        all.sort_unstable_by_key(|d| (d.lines, d.solid));
        all.dedup();
        assert_eq!(all.len(), Icon::ALL.len());
    }

    #[test]
    fn paints_have_their_own_classes() {
        let classes = [Paint::FillKind, Paint::FillPaper, Paint::StrokeKind, Paint::StrokePaper].map(Paint::class);
        for (i, c) in classes.iter().enumerate() {
            assert!(!classes[i + 1..].contains(c));
        }
    }
}
