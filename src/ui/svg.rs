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

/// A line that says something when it is pointed at.
pub fn titled(class: &'static str, d: &str, words: String) -> Html {
    html! { <path {class} d={d.to_owned()}><title>{ words }</title></path> }
}

/// A circle round the origin of its group.
pub fn circle(class: &'static str, r: f64) -> Html {
    html! { <circle {class} r={px(r)} /> }
}

/// A rectangle with corners of radius `rx`.
pub fn rect(class: Classes, place: &Rect, rx: &'static str) -> Html {
    html! {
        <rect {class} x={px(place.x)} y={px(place.y)} width={px(place.w)} height={px(place.h)} rx={rx} />
    }
}

/// A line of text, `size` units high.
pub fn text(class: Classes, at: Point, anchor: Option<&'static str>, size: f64, words: &str) -> Html {
    html! {
        <text {class} x={px(at.x)} y={px(at.y)} text-anchor={anchor} font-size={px(size)}>{ words.to_owned() }</text>
    }
}

/// Parts that are moved, coloured or named together.
pub fn group(class: Classes, transform: Option<String>, parts: Html) -> Html {
    html! { <g {class} {transform}>{ parts }</g> }
}

/// A length or a place, to a tenth of a unit.
pub fn px(n: f64) -> String {
    format!("{n:.1}")
}

/// A move to a place.
pub fn moved(at: Point) -> String {
    format!("translate({} {})", at.x, at.y)
}
