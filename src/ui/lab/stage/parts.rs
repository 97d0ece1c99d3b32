//! Small parts used all over the drawing: words, glyphs, chips.

use yew::prelude::*;

use crate::ui::svg::{moved, path, rect, text as line};
use crate::view::chip::{self, Kind as ChipKind};
use crate::view::geometry::{Point, Rect, pt};
use crate::view::glyph::{self, Form, Kind, Paint};
use crate::view::scene::{TextMark, VersionMark};

/// One line of text. With `halo` it stays readable on lines.
pub fn words(text: &TextMark, halo: bool) -> Html {
    line(classes!(text.tone.class(), halo.then_some("halo")), text.at, Some(text.anchor.name()), text.size, &text.text)
}

/// A traffic glyph at a place of the drawing.
pub fn glyph(kind: Kind, form: Form, version: Option<u32>, at: Point, scale: f64) -> Html {
    let g = glyph::glyph(kind, form);
    let core = g.core.zip(version).map(|(half, v)| (half, chip::look(v).class));
    html! {
        <g class={classes!("gl", kind.class())} transform={format!("{} scale({scale})", moved(at))}>
            { path(if g.filled { "gb full" } else { "gb" }, g.body) }
            if let Some((d, paint, width)) = g.mark {
                if matches!(paint, Paint::FillKind | Paint::FillPaper) {
                    { path(paint.class(), d) }
                } else {
                    <path class={paint.class()} d={d} stroke-width={width.to_string()} />
                }
            }
            if let Some((half, class)) = core {
                { rect(classes!("core", class), &Rect::new(-half, -half, 2.0 * half, 2.0 * half), "1") }
            }
        </g>
    }
}

/// The parts of a version chip. `None` draws the dashed card of somebody who holds nothing.
pub fn chip_parts(version: Option<&VersionMark>, room: &Rect) -> Html {
    let kind = match version {
        None => ChipKind::Unknown,
        Some(v) if v.stone => ChipKind::Stone,
        Some(_) => ChipKind::Card,
    };
    let shape = chip::shape(kind, room);
    let label = version.map_or("\u{2013}".to_owned(), |v| v.look.label.clone());
    let spine = version.map(|v| v.look.spine_fill());
    // Long labels (v12 and beyond) are set smaller so that they stay on their card.
    let size = if label.chars().count() > 2 { shape.size * 0.84 } else { shape.size };
    html! {
        <>
            { path("body", &shape.body) }
            if let Some(fill) = spine {
                if kind == ChipKind::Stone { { path("spine-ground", &shape.spine) } }
                <path d={shape.spine} fill={fill} />
                { path("divider", &shape.divider) }
            }
            { path("edge", &shape.body) }
            { line(classes!(), shape.label, None, size, &label) }
            if !shape.strike.is_empty() { { path("strike", &shape.strike) } }
            if version.is_some_and(|v| v.rotten) {
                { path("crack-under", &chip::crack(room)) }
                { path("crack", &chip::crack(room)) }
            }
            if version.is_some_and(|v| v.failed) { { misfit(room) } }
        </>
    }
}

/// The mark of a checksum that does not fit: an unequal sign on the chip's corner.
fn misfit(room: &Rect) -> Html {
    let radius = (room.h * 0.26).clamp(6.0, 11.0);
    html! {
        <g class="misfit" transform={moved(pt(room.right() - 1.0, room.bottom() - 1.0))}>
            <circle class="neq" r={radius.to_string()} />
            <text class="s f-sheet" y={(radius * 0.47).to_string()} font-size={(radius * 1.45).to_string()} font-weight="700">{ "≠" }</text>
        </g>
    }
}

/// The classes of a version chip.
pub fn chip_class(version: Option<&VersionMark>) -> Classes {
    match version {
        None => classes!("chip", "unknown"),
        Some(v) => classes!("chip", v.look.class, v.stone.then_some("stone")),
    }
}
