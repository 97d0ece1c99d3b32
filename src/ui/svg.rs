//! Elements of drawings. Each `html!` is compiled where it stands, at 150 to 600 bytes of download; what is drawn in many places is
//! made here.

use yew::prelude::*;

use crate::view::geometry::{Point, Rect};

/// A line or an area. `d` is its path data.
pub fn path(class: &'static str, d: &str) -> Html {
    path_at(class, d, None)
}

/// A line or an area, moved or turned.
pub fn path_at(class: &'static str, d: &str, transform: Option<String>) -> Html {
    html! { <path {class} d={d.to_owned()} {transform} /> }
}

/// A circle round the origin of its group.
pub fn circle(class: &'static str, r: f64) -> Html {
    html! { <circle {class} r={r.to_string()} /> }
}

/// A rectangle with corners of radius `rx`.
pub fn rect(class: Classes, place: &Rect, rx: &'static str) -> Html {
    html! {
        <rect {class} x={place.x.to_string()} y={place.y.to_string()} width={place.w.to_string()} height={place.h.to_string()} rx={rx} />
    }
}

/// A line of text, `size` units high.
pub fn text(class: Classes, at: Point, anchor: Option<&'static str>, size: f64, words: &str) -> Html {
    html! {
        <text {class} x={at.x.to_string()} y={at.y.to_string()} text-anchor={anchor} font-size={size.to_string()}>{ words.to_owned() }</text>
    }
}

/// Parts that are moved, coloured or named together.
pub fn group(class: Classes, transform: Option<String>, parts: Html) -> Html {
    html! { <g {class} {transform}>{ parts }</g> }
}

/// Several drawings of one list, in a group of their own so that one growing does not make another anew.
pub fn all(parts: impl Iterator<Item = Html>) -> Html {
    let parts: Vec<Html> = parts.collect();
    html! { <g>{ parts }</g> }
}

/// A move to a place.
pub fn moved(at: Point) -> String {
    format!("translate({} {})", at.x, at.y)
}
