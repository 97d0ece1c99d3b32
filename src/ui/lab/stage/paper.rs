//! The lower layer: desk, paper, ring, tears, and messages that have come or gone.

use yew::prelude::*;

use super::parts::{glyph, words};
use crate::ui::svg::{group, path, path_at};
use crate::view::geometry::ring::Detail;
use crate::view::geometry::tear::Piece;
use crate::view::geometry::{Pen, Profile, pt};
use crate::view::glyph::{Form, Kind};
use crate::view::scene::{Ground, Scene, Stop, TokenTrack};

/// What is drawn on every sheet: squares and ring.
fn lines(scene: &Scene) -> Html {
    html! {
        <>
            { for scene.zones.iter().flat_map(|z| &z.plates).map(|d| html! {
                <path class={classes!("plate", (scene.detail == Detail::Dot).then_some("flat"))} d={d.clone()} stroke-width={scene.plate.to_string()} />
            }) }
            { path("squares", &scene.profile.grid()) }
            if let Some(owned) = &scene.owned { { path("owned", owned) } }
            { path("ringline", &scene.ring) }
            if let Some(owned) = &scene.owned { { path("ownedline", owned) } }
            { for scene.stretches.iter().map(|s| {
                group(classes!(s.class), None, html! { <>{ path("seg-edge", &s.path) }{ path("seg-v", &s.path) }</> })
            }) }
            { for scene.zones.iter().filter_map(|z| z.name.as_ref()).map(|name| words(name, true)) }
            if let Some(track) = &scene.track { { self::track(track) } }
        </>
    }
}

/// Tokens or partitions with their owners.
fn track(track: &TokenTrack) -> Html {
    html! {
        <g class="track" data-testid="token-track" data-own={track.own.len().to_string()}>
            { for track.own.iter().map(|d| path("own", d)) }
            { path("line", &track.line) }
            { path("ticks", &track.ticks) }
            if let Some(walk) = &track.walk { { path("walk", walk) } }
            { path("list", &track.list) }
            { for track.letters.iter().map(|l| words(l, false)) }
        </g>
    }
}

fn sheet_path(profile: Profile) -> String {
    let s = profile.sheet();
    let corners = [pt(s.x, s.y), pt(s.right(), s.y), pt(s.right(), s.bottom()), pt(s.x, s.bottom())];
    Pen::new().through(&corners).close().done()
}

/// A name for a torn-off piece that lasts as long as its shape.
pub fn piece_name(piece: &Piece) -> String {
    format!("piece-{}-{}-{}", piece.group, piece.outline.len(), piece.middle.x)
}

/// An outline outside of which nothing is drawn, and its name.
fn clip(id: &str, outline: &str) -> Html {
    html! { <clipPath id={id.to_owned()}>{ path("", outline) }</clipPath> }
}

/// What is drawn inside an outline only.
fn clipped(class: &'static str, id: &str, parts: Html) -> Html {
    html! { <g {class} clip-path={format!("url(#{id})")}>{ parts }</g> }
}

/// Paper and ring, torn or whole. `fresh` tells whether a piece has only just been torn off.
pub fn sheet(scene: &Scene, ground: &Ground, uid: &str, fresh: &dyn Fn(&str) -> bool) -> Html {
    let Some(torn) = &ground.tear else {
        let whole = sheet_path(scene.profile);
        return html! {
            <>
                { path("paper", &whole) }
                { lines(scene) }
                { path("rim", &whole) }
            </>
        };
    };
    let main = format!("{uid}-main");
    html! {
        <>
            <defs>
                { clip(&main, &torn.main) }
                { for torn.pieces.iter().enumerate().map(|(i, piece)| clip(&format!("{uid}-piece-{i}"), &piece.outline)) }
            </defs>
            { path("desk", &torn.desk) }
            { path("paper", &torn.main) }
            { clipped("", &main, lines(scene)) }
            { path("rim", &torn.main) }
            <g>{ for torn.pieces.iter().enumerate().map(|(i, piece)| {
                let name = piece_name(piece);
                html! {
                    <g key={name.clone()} class={classes!("piece", fresh(&name).then_some("parting"))} transform={piece.transform()}>
                        { path_at("shade", &piece.outline, Some("translate(2.5 3.5)".to_owned())) }
                        { path("paper", &piece.outline) }
                        { clipped("", &format!("{uid}-piece-{i}"), lines(scene)) }
                        { path("rim", &piece.outline) }
                    </g>
                }
            }) }</g>
        </>
    }
}

/// The seams of a sheet that has just been mended: stitches that fade.
pub fn seams(profile: Profile, outlines: &[String], uid: &str) -> Html {
    let inner = profile.sheet().grown(-7.0);
    let corners = [pt(inner.x, inner.y), pt(inner.right(), inner.y), pt(inner.right(), inner.bottom()), pt(inner.x, inner.bottom())];
    let name = format!("{uid}-seam");
    let stitches = outlines.iter().map(|d| {
        html! { <g key={d.len()}>{ path("stitches", d) }{ path("stitches across", d) }</g> }
    });
    html! {
        <>
            <defs>{ clip(&name, &Pen::new().through(&corners).close().done()) }</defs>
            { clipped("seams", &name, html! { <>{ for stitches }</> }) }
        </>
    }
}

fn stop(stop: &Stop, profile: Profile) -> Html {
    let phone = if profile.is_small() { 0.8 } else { 1.0 };
    let scale = phone * if stop.quiet { 0.66 } else { 1.1 };
    html! {
        <g class={classes!("msg", "stopped", stop.kind.class(), stop.faint.then_some("fading"))}>
            { path("done", &stop.path) }
            { glyph(stop.kind, stop.form, stop.version, stop.at, scale) }
            { path("stopbar", &stop.bar) }
        </g>
    }
}

/// Trails, stops, snipped links, and what leaves next. Kinds in `faded` are drawn faintly.
pub fn traffic(scene: &Scene, faded: &[Kind]) -> Html {
    let faint = |kind: Kind| faded.contains(&kind).then_some("faint");
    let scale = if scene.profile.is_small() { 0.8 } else { 1.0 };
    html! {
        <>
            <g data-testid="trails">
                { for scene.trails.iter().map(|t| html! {
                    <g class={classes!(t.kind.class(), t.open.then_some("msg"), faint(t.kind))}>
                        { path(if t.open { "done" } else { "trail" }, &t.path) }
                        { path(if t.open { "head" } else { "trail-head" }, &t.head) }
                    </g>
                }) }
            </g>
            <g data-testid="stops" data-count={scene.stops.len().to_string()}>
                { for scene.stops.iter().map(|s| group(classes!(faint(s.kind)), None, stop(s, scene.profile))) }
            </g>
            { for scene.snips.iter().flat_map(|d| [path("snip under", d), path("snip", d)]) }
            if let Some(next) = &scene.next {
                <g class={classes!("msg", "next", next.kind.class())} data-testid="next">
                    { path("done", &next.path) }
                    { path("head", &next.head) }
                    { glyph(next.kind, Form::Asks, None, next.at, scale) }
                    { words(&next.label, true) }
                </g>
            }
        </>
    }
}
