//! The messages between two trees: rungs of a ladder, in line with the levels they are about.

use yew::prelude::*;

use crate::engine::base::NodeId;
use crate::engine::sweep::LevelCount;
use crate::ui::lab::LabHandle;
use crate::ui::lab::why::visit;
use crate::ui::marks::{glyph, glyph_parts};
use crate::ui::svg::{path, px};
use crate::view::format::count;
use crate::view::glyph::Kind;
use crate::view::sweep::forest::first_level;
use crate::view::sweep::ladder::{Stage, Step};
use crate::view::sweep::plan::Plan;

/// Size of a glyph on the ladder, of the box it is drawn in.
const SCALE: f64 = 0.72;

/// The ladder between `left` and `right`, with what has been compared of each level.
pub fn drawing(lab: &LabHandle, levels: &[Option<LevelCount>], steps: &[Step], plan: &Plan, (left, right): (f64, f64)) -> Html {
    let mut after = 0;
    let mut rungs = Vec::new();
    // What is said to both sides by the one in the middle, or by both to it, shares a line.
    let mut halves: Vec<(Stage, bool, usize)> = Vec::new();
    for step in steps {
        let outward = step.at.0 == 0.5;
        let known = halves.iter().find(|(stage, out, _)| step.is_half() && (*stage, *out) == (step.stage, outward));
        let place = known.map_or(after, |(_, _, place)| *place);
        if !matches!(step.stage, Stage::Level(_)) && place == after {
            after += 1;
        }
        if step.is_half() {
            halves.push((step.stage, outward, place));
        }
        if let Some(y) = plan.rung(step, place) {
            rungs.push(rung(lab, step, y, (left, right), plan));
        }
    }
    let middle = (left + right) / 2.0;
    let counts = (0u32..).zip(levels).skip(first_level(plan.frames[0].zoom) as usize).filter_map(|(level, done)| {
        let done = (*done)?;
        if level > plan.depth {
            return None;
        }
        let y = plan.frames[0].y(level) + if plan.roomy { 6.0 } else { 5.0 };
        let size = if plan.roomy { "15.5" } else { "13" };
        Some(html! {
            <text key={format!("count{level}")} class="s" x={px(middle)} y={px(y)} text-anchor="middle" font-size={size}>
                <tspan class="b">{ count(done.compared) }</tspan>{ " compared, " }
                <tspan class={if done.differed > 0 { "hot" } else { "b" }}>{ differ(done.differed) }</tspan>
            </text>
        })
    });
    html! { <g class="rungs" data-testid="ladder">{ for rungs }{ for counts }</g> }
}

fn differ(n: u64) -> String {
    match n {
        0 => "all equal".to_owned(),
        1 => "1 differs".to_owned(),
        n => format!("{} differ", count(n)),
    }
}

/// Messages of one kind: a line with its words, an arrow, a glyph where they are.
fn rung(lab: &LabHandle, step: &Step, y: f64, (left, right): (f64, f64), plan: &Plan) -> Html {
    let (lab, event) = (lab.clone(), step.event);
    let onclick = Callback::from(move |_: MouseEvent| visit(&lab, event));
    let shared = !plan.roomy && matches!(step.stage, Stage::Level(_));
    let reach = |at: f64| left + (right - left) * at;
    let (from, to) = (reach(step.at.0), reach(step.at.1));
    let tip = if step.from_asking { -1.0 } else { 1.0 };
    let line = format!("M{from} {y}H{to}");
    let head = format!("M{to} {y}l{} -4.5v9Z", tip * 9.0);
    let rest = from - tip * 26.0;
    let at = |part: f64| from + (to - from) * part;
    // A rung that is shared has its words in two halves, the question's on the left.
    let (x, anchor, words) = match (shared, step.from_asking) {
        (false, _) if step.is_half() => ((from + to) / 2.0, "middle", step.words.clone()),
        (false, _) => ((left + right) / 2.0 + tip * -12.0, "middle", step.label()),
        (true, true) => (left + 40.0, "start", crate::view::format::bytes(step.bytes)),
        (true, false) => (right - 40.0, "end", crate::view::format::bytes(step.bytes)),
    };
    let lost = (step.lost > 0 && step.lost == step.messages).then_some("stopped");
    let fly = |part: &f64| html! { <svg class="fly" x={px(at(*part))} y={px(y)} overflow="visible"><g transform={format!("scale({SCALE})")}>{ glyph_parts(Kind::Sync, step.form) }</g></svg> };
    html! {
        <g key={format!("{:?}{:?}", step.stage, step.at)} class={classes!("rung", step.rows.then_some("heavy"), lost)} {onclick} data-stage={format!("{:?}", step.stage)}>
            <title>{ step.label() }</title>
            <rect class="room" x={px(left)} y={px(y - 16.0)} width={px(right - left)} height="20" />
            { path("rl", &line) }
            { path("rh", &head) }
            if step.flying.is_empty() {
                <g transform={format!("translate({rest} {y}) scale({SCALE})")}>{ glyph_parts(Kind::Sync, step.form) }</g>
            }
            // Levels that lie close leave room for the counts alone; the bytes are told when pointed at.
            if !shared || plan.frames[0].gap >= 38.0 { <text class="s halo" x={px(x)} y={px(y - 4.0)} text-anchor={anchor} font-size="13">{ words }</text> }
            { for step.flying.iter().map(fly) }
        </g>
    }
}

/// The same as a list, where there is no room between the trees.
pub fn list(lab: &LabHandle, levels: &[Option<LevelCount>], steps: &[Step], ends: (NodeId, NodeId), by: NodeId) -> Html {
    let row = |step: &Step| {
        let (lab, event) = (lab.clone(), step.event);
        let onclick = Callback::from(move |_: MouseEvent| visit(&lab, event));
        let node = |at: f64| {
            if at < 0.1 {
                ends.0
            } else if at > 0.9 {
                ends.1
            } else {
                by
            }
        };
        let (from, to) = (node(step.at.0), node(step.at.1));
        let counted = match step.stage {
            Stage::Level(level) if !step.from_asking => levels.get(level as usize).copied().flatten().map(|c| differ(c.differed)),
            _ => None,
        };
        html! {
            <li class={classes!((!step.from_asking).then_some("back"), (!step.flying.is_empty()).then_some("flies"))}>
                <button type="button" {onclick}>
                    { glyph(Kind::Sync, step.form, 20) }
                    <span>{ format!("{from} to {to}: {}", step.label()) }</span>
                    if let Some(words) = counted { <span class="m">{ words }</span> }
                </button>
            </li>
        }
    };
    html! { <ol class="talk" data-testid="ladder">{ for steps.iter().map(row) }</ol> }
}
