//! The stage: the ring on its paper, what is on its way, and what a hand or the keyboard does to it.
//!
//! Three layers: paper (SVG), messages on their way (canvas, painted by [`motion`]), marks (SVG). The SVG layers change with
//! revisions of the lab, the canvas in each frame. Tab reaches the stage once; arrows walk the nodes clockwise, then the messages.

mod canvas;
mod gesture;
mod hand;
mod keys;
mod marks;
mod memory;
mod motion;
mod paper;
mod parts;
mod table;
mod tool;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use web_sys::{Element, HtmlCanvasElement};
use yew::prelude::*;

use gesture::{Gesture, Preview};
use hand::{Hand, dragged};
use keys::{items, on_key, use_kept_focus};
use marks::{Around, Item};
use memory::Memory;
use motion::{Motion, Told};
use tool::{chosen, tool_bar};

use super::{LabHandle, Selection, Tool, UiState};
use crate::ui::theme;
use crate::view::geometry::Profile;
use crate::view::glyph::Kind;
use crate::view::scene::{Focus, Ground, Look, Scene, kind, scene};

/// Boxes narrower than this (CSS pixels) get a drawing with few words.
const NARROW: f64 = 560.0;
/// Narrower than this, the one for phones held upright.
const SLIM: f64 = 440.0;
/// On a projector, narrower boxes get the drawing with few words: it is larger in them.
const ROOMY: f64 = 760.0;

/// The drawing for a box of this width; 0 before it is known. A figure of a lesson has few words on any projector.
fn profile_for(width: f64, figure: bool) -> Profile {
    match (theme::is_projector(), width) {
        (true, w) if !figure && (w <= 0.0 || w >= ROOMY) => Profile::Projector,
        (true, _) => Profile::Figure,
        (false, w) if w <= 0.0 || w >= NARROW => Profile::Desktop,
        (false, w) if w < SLIM => Profile::Mobile,
        (false, _) => Profile::Figure,
    }
}

fn focus(selection: Selection) -> Focus {
    match selection {
        Selection::Nothing => Focus::Nothing,
        Selection::Node(n) => Focus::Node(n),
        Selection::Event(e) => Focus::Event(e),
        Selection::Operation(o) => Focus::Operation(o),
    }
}

thread_local! {
    /// Names of clip paths must differ between the stages of a page.
    static STAGES: Cell<u32> = const { Cell::new(0) };
}

#[hook]
fn use_uid() -> Rc<String> {
    use_memo((), |()| {
        STAGES.with(|n| {
            n.set(n.get() + 1);
            format!("stage{}", n.get())
        })
    })
}

/// The ground, kept from frame to frame, and the scene of this revision.
fn look_at(lab: &LabHandle, kept: &RefCell<Option<Rc<RefCell<Ground>>>>, profile: Profile, ui: &UiState) -> (Rc<RefCell<Ground>>, Scene) {
    let ground = kept.borrow_mut().get_or_insert_with(|| Rc::new(RefCell::new(lab.read(|s| Ground::of(s, profile))))).clone();
    let look =
        Look { key: ui.key.as_ref(), selected: focus(ui.selection), hovered: focus(ui.hover), preview: !ui.playing && !ui.read_only };
    let scene = lab.read(|session| {
        let mut ground = ground.borrow_mut();
        ground.follow(session, profile);
        scene(session, &mut ground, &look)
    });
    (ground, scene)
}

/// Keeps the canvas painted.
#[hook]
fn use_motion(stage: &NodeRef, canvas: &NodeRef, ground: &Rc<RefCell<Ground>>, told: Told, width: &UseStateHandle<f64>) {
    let motion = use_mut_ref(|| None::<Motion>);
    {
        let (motion, stage, canvas, ground) = (motion.clone(), stage.clone(), canvas.clone(), ground.clone());
        let (told, width) = (told.clone(), width.setter());
        use_effect_with((), move |()| {
            if let (Some(stage), Some(canvas)) = (stage.cast::<Element>(), canvas.cast::<HtmlCanvasElement>()) {
                let resized = move |wide| width.set(wide);
                *motion.borrow_mut() = Motion::start(&stage, canvas, ground, told, resized);
            }
            move || drop(motion.borrow_mut().take())
        });
    }
    use_effect(move || {
        if let Some(motion) = motion.borrow().as_ref() {
            motion.tell(told);
        }
    });
}

/// The stage of the lab in context.
#[component]
pub fn Stage() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    html! { <Drawing {lab} /> }
}

#[derive(Properties, PartialEq)]
struct DrawingProps {
    lab: LabHandle,
}

/// What the layers are drawn from.
struct Layers<'a> {
    scene: &'a Scene,
    ground: &'a Ground,
    memory: &'a Memory,
    uid: &'a str,
    stop: Option<Item>,
    tool: &'a Tool,
    faded: &'a [Kind],
}

impl Layers<'_> {
    fn paper(&self) -> Html {
        let (scene, seams) = (self.scene, self.memory.seams());
        html! {
            <svg class="stage under" viewBox={scene.profile.view_box()} aria-hidden="true" focusable="false">
                <g>{ paper::sheet(scene, self.ground, self.uid, &|name| self.memory.is_fresh(name)) }</g>
                <g>if !seams.is_empty() { { paper::seams(scene.profile, seams, self.uid) } }</g>
                <g>{ paper::traffic(scene, self.faded) }</g>
            </svg>
        }
    }

    fn marks(&self) -> Html {
        let fresh = |name: &str| self.memory.is_fresh(name);
        let around = Around { stop: self.stop, chosen: &chosen(self.tool), fresh: &fresh, under: self.memory.under() };
        html! { <g>{ marks::marks(self.scene, self.ground, &around) }</g> }
    }
}

#[component]
fn Drawing(props: &DrawingProps) -> Html {
    let lab = props.lab.clone();
    let (uid, stage, canvas, group) = (use_uid(), use_node_ref(), use_node_ref(), use_node_ref());
    let width = use_state_eq(|| 0.0);
    let at = use_state(|| None::<Item>);
    let preview = use_state(|| None::<Preview>);
    let gesture = use_mut_ref(Gesture::default);
    let kept = use_mut_ref(|| None::<Rc<RefCell<Ground>>>);
    let memory = use_mut_ref(Memory::default);
    let ui = lab.ui();
    let profile = profile_for(*width, ui.read_only);
    let (ground, scene) = look_at(&lab, &kept, profile, &ui);
    let shown = scene.shown.as_ref().map(|s| s.op);
    let faded: Vec<Kind> = ui.faded.iter().map(|t| kind(*t)).collect();
    let told = Told { lab: lab.clone(), playing: ui.playing, jumps: ui.jumps, steps: ui.steps, shown, profile, faded: faded.clone() };
    use_motion(&stage, &canvas, &ground, told, &width);
    memory.borrow_mut().see(&scene, &ground.borrow(), ui.jumps);
    let scene = Rc::new(scene);
    let used = use_memo((), |()| Cell::new(false));
    use_kept_focus(&group, &used, *at);
    let (lab_, scene_, at_, group_) = (lab.clone(), scene.clone(), at.clone(), group.clone());
    let onkeydown = Callback::from(move |e: KeyboardEvent| {
        let plain = !e.ctrl_key() && !e.meta_key() && !e.alt_key() && !e.shift_key();
        if plain && on_key(&e.key(), &lab_, &group_, &scene_, &at_) {
            used.set(true);
            e.prevent_default();
            e.stop_propagation();
        }
    });
    let walk = items(&scene);
    let stop = at.filter(|i| walk.contains(i)).or(walk.first().copied());
    let (memory, land) = (memory.borrow(), ground.borrow());
    let layers = Layers { scene: &scene, ground: &land, memory: &memory, uid: &uid, stop, tool: &ui.tool, faded: &faded };
    let summary = format!("{uid}-summary");
    let hand = Hand { lab: lab.clone(), stage: group.clone(), ground: ground.clone(), gesture, preview: preview.clone(), at, profile };
    let drawn = html! { <>{ layers.marks() } if let Some(p) = &*preview { { dragged(p, profile) } }</> };
    let (event, now, mix) = lab.read(|s| (s.cursor(), s.now().0, s.world().running_mix()));
    html! {
        <div class="stage-box" ref={stage} data-testid="stage" data-event={event.to_string()} data-now={now.to_string()} data-fingerprint={format!("{mix:016x}")} data-stepped={ui.stepped.then_some("true")}
            data-torn={land.tear.is_some().to_string()} data-profile={format!("{profile:?}").to_ascii_lowercase()}>
            { layers.paper() }
            <canvas ref={canvas} aria-hidden="true" />
            { upper(&hand, &ui.tool, &summary, onkeydown, drawn) }
            { tool_bar(&lab, &ui.tool) }
            { table::twin(&scene, &summary, ui.key.as_ref().map(|k| k.name())) }
        </div>
    }
}

/// The upper drawing, which pointer and keyboard act on.
fn upper(hand: &Hand, tool: &Tool, summary: &str, onkeydown: Callback<KeyboardEvent>, drawn: Html) -> Html {
    let pointer = |act: fn(&Hand, &PointerEvent)| {
        let hand = hand.clone();
        Callback::from(move |e: PointerEvent| act(&hand, &e))
    };
    let doubled = hand.clone();
    let ondblclick = Callback::from(move |e: MouseEvent| doubled.doubled(&e));
    html! {
        <svg class={classes!("stage", "over", (*tool != Tool::Point).then_some("cutting"))} ref={hand.stage.clone()}
            viewBox={hand.profile.view_box()} role="group" aria-label="Stage: the ring of nodes. Arrow keys walk nodes and messages, Enter selects."
            aria-describedby={summary.to_owned()} {onkeydown} {ondblclick}
            onpointerdown={pointer(Hand::down)} onpointermove={pointer(Hand::moved)} onpointerup={pointer(Hand::up)}
            onpointercancel={pointer(|h, _| h.cancel())} onpointerleave={pointer(|h, _| h.left())}>
            { drawn }
        </svg>
    }
}
