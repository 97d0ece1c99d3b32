//! Small marks used all over the page: icons, glyphs of traffic, version chips, and the patterns they are filled with.

use yew::prelude::*;

use crate::view::chip::{self, HATCHES, TILE_SIZE, TILES};
use crate::view::glyph::{self, Form, Icon, Kind};

/// An icon of the controls. It is decoration: the control says in words what it does.
pub fn icon(icon: Icon) -> Html {
    let drawing = icon.drawing();
    html! {
        <svg class="ui" viewBox="0 0 24 24" aria-hidden="true"><path d={drawing.lines} /><path class="f" d={drawing.solid} /></svg>
    }
}

/// A glyph of traffic in running text, `size` CSS pixels wide.
pub fn glyph(kind: Kind, form: Form, size: u32) -> Html {
    let size = size.to_string();
    html! {
        <svg class="ic" viewBox="-13 -13 26 26" width={size.clone()} height={size} aria-hidden="true">{ glyph_parts(kind, form) }</svg>
    }
}

/// The parts of a glyph, in a box from -13 to 13, for use inside a drawing.
pub fn glyph_parts(kind: Kind, form: Form) -> Html {
    let shape = glyph::glyph(kind, form);
    html! {
        <g class={classes!("gl", kind.class())}>
            <path class={classes!("gb", shape.filled.then_some("full"))} d={shape.body} />
            if let Some((d, paint, width)) = shape.mark {
                <path class={paint.class()} {d} stroke-width={width.to_string()} />
            }
        </g>
    }
}

/// A version in running text.
pub fn version(number: u32, stone: bool) -> Html {
    let look = chip::look(number);
    html! {
        <span class={classes!("vchip", look.class, stone.then_some("stone"))}>
            <svg aria-hidden="true"><rect width="8" height="22" fill={look.spine_fill()} /></svg>
            <b>{ look.label }</b>
        </span>
    }
}

/// The patterns that chips, dead nodes and cuts are filled with: once for each page.
pub fn patterns() -> Html {
    let side = TILE_SIZE.to_string();
    let [(dead, dead_lines), (cut, cut_lines)] = HATCHES;
    html! {
        <svg class="vh" width="0" height="0" aria-hidden="true">
            <defs>
                { for TILES.iter().map(|tile| html! {
                    <pattern id={tile.id} width={side.clone()} height={side.clone()} patternUnits="userSpaceOnUse">
                        <path class="pk" d={tile.strokes} /><path class="pf" d={tile.fills} />
                    </pattern>
                }) }
                <pattern id={dead} width="8" height="8" patternUnits="userSpaceOnUse">
                    <rect class="wellfill" width="8" height="8" /><path class="hd" d={dead_lines} />
                </pattern>
                <pattern id={cut} width="8" height="8" patternUnits="userSpaceOnUse"><path class="hc" d={cut_lines} /></pattern>
            </defs>
        </svg>
    }
}
