//! The lower layer: desk, paper, ring, tears, and messages that have come or gone.

use yew::prelude::*;

use super::parts::{glyph, words};
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
            <path class="squares" d={scene.profile.grid()} />
            if let Some(owned) = &scene.owned { <path class="owned" d={owned.clone()} /> }
            <path class="ringline" d={scene.ring.clone()} />
            if let Some(owned) = &scene.owned { <path class="ownedline" d={owned.clone()} /> }
            { for scene.stretches.iter().map(|s| html! {
                <g class={s.class}>
                    <path class="seg-edge" d={s.path.clone()} />
                    <path class="seg-v" d={s.path.clone()} />
                </g>
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
            { for track.own.iter().map(|d| html! { <path class="own" d={d.clone()} /> }) }
            <path class="line" d={track.line.clone()} />
            <path class="ticks" d={track.ticks.clone()} />
            if let Some(walk) = &track.walk { <path class="walk" d={walk.clone()} /> }
            <path class="list" d={track.list.clone()} />
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

/// Paper and ring, torn or whole. `fresh` tells whether a piece has only just been torn off.
pub fn sheet(scene: &Scene, ground: &Ground, uid: &str, fresh: &dyn Fn(&str) -> bool) -> Html {
    let Some(torn) = &ground.tear else {
        let whole = sheet_path(scene.profile);
        return html! {
            <>
                <path class="paper" d={whole.clone()} />
                { lines(scene) }
                <path class="rim" d={whole} />
            </>
        };
    };
    let main = format!("{uid}-main");
    html! {
        <>
            <defs>
                <clipPath id={main.clone()}><path d={torn.main.clone()} /></clipPath>
                { for torn.pieces.iter().enumerate().map(|(i, piece)| html! {
                    <clipPath id={format!("{uid}-piece-{i}")}><path d={piece.outline.clone()} /></clipPath>
                }) }
            </defs>
            <path class="desk" d={torn.desk.clone()} />
            <path class="paper" d={torn.main.clone()} />
            <g clip-path={format!("url(#{main})")}>{ lines(scene) }</g>
            <path class="rim" d={torn.main.clone()} />
            <g>{ for torn.pieces.iter().enumerate().map(|(i, piece)| {
                let name = piece_name(piece);
                html! {
                    <g key={name.clone()} class={classes!("piece", fresh(&name).then_some("parting"))} transform={piece.transform()}>
                        <path class="shade" transform="translate(2.5 3.5)" d={piece.outline.clone()} />
                        <path class="paper" d={piece.outline.clone()} />
                        <g clip-path={format!("url(#{uid}-piece-{i})")}>{ lines(scene) }</g>
                        <path class="rim" d={piece.outline.clone()} />
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
    let clip = format!("{uid}-seam");
    html! {
        <>
            <defs><clipPath id={clip.clone()}><path d={Pen::new().through(&corners).close().done()} /></clipPath></defs>
            <g class="seams" clip-path={format!("url(#{clip})")}>
                { for outlines.iter().map(|d| html! {
                    <g key={d.len()}><path class="stitches" d={d.clone()} /><path class="stitches across" d={d.clone()} /></g>
                }) }
            </g>
        </>
    }
}

fn stop(stop: &Stop, profile: Profile) -> Html {
    let phone = if profile == Profile::Mobile { 0.8 } else { 1.0 };
    let scale = phone * if stop.quiet { 0.66 } else { 1.1 };
    html! {
        <g class={classes!("msg", "stopped", stop.kind.class(), stop.faint.then_some("fading"))}>
            <path class="done" d={stop.path.clone()} />
            { glyph(stop.kind, stop.form, stop.version, stop.at, scale) }
            <path class="stopbar" d={stop.bar.clone()} />
        </g>
    }
}

/// Trails, stops, snipped links, and what leaves next. Kinds in `faded` are drawn faintly.
pub fn traffic(scene: &Scene, faded: &[Kind]) -> Html {
    let faint = |kind: Kind| faded.contains(&kind).then_some("faint");
    let scale = if scene.profile == Profile::Mobile { 0.8 } else { 1.0 };
    html! {
        <>
            <g data-testid="trails">
                { for scene.trails.iter().map(|t| html! {
                    <g class={classes!(t.kind.class(), t.open.then_some("msg"), faint(t.kind))}>
                        <path class={if t.open { "done" } else { "trail" }} d={t.path.clone()} />
                        <path class={if t.open { "head" } else { "trail-head" }} d={t.head.clone()} />
                    </g>
                }) }
            </g>
            <g data-testid="stops" data-count={scene.stops.len().to_string()}>
                { for scene.stops.iter().map(|s| html! { <g class={classes!(faint(s.kind))}>{ stop(s, scene.profile) }</g> }) }
            </g>
            { for scene.snips.iter().map(|d| html! { <><path class="snip under" d={d.clone()} /><path class="snip" d={d.clone()} /></> }) }
            if let Some(next) = &scene.next {
                <g class={classes!("msg", "next", next.kind.class())} data-testid="next">
                    <path class="done" d={next.path.clone()} />
                    <path class="head" d={next.head.clone()} />
                    { glyph(next.kind, Form::Asks, None, next.at, scale) }
                    { words(&next.label, true) }
                </g>
            }
        </>
    }
}
