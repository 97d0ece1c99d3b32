//! The pointer on the stage: what it presses, draws and points at.

use std::cell::RefCell;
use std::rc::Rc;

use web_sys::Element;
use yew::prelude::*;

use super::gesture::{Gesture, Preview, spot, toggle};
use super::marks::Item;
use super::parts;
use crate::ui::lab::{LabHandle, Selection, Tool};
use crate::view::geometry::ring::Anchor;
use crate::view::geometry::{Point, Profile, pt};
use crate::view::scene::{Ground, TextMark, Tone, sizes};

/// The pointer's part: what it presses, draws and points at.
#[derive(Clone)]
pub struct Hand {
    /// The lab.
    pub lab: LabHandle,
    /// The upper drawing.
    pub stage: NodeRef,
    /// Where everybody stands.
    pub ground: Rc<RefCell<Ground>>,
    /// The drag under way.
    pub gesture: Rc<RefCell<Gesture>>,
    /// What it would do.
    pub preview: UseStateHandle<Option<Preview>>,
    /// What the keyboard walks from.
    pub at: UseStateHandle<Option<Item>>,
    /// The drawing.
    pub profile: Profile,
}

impl Hand {
    fn spot(&self, event: &MouseEvent) -> Option<Point> {
        Some(spot(event, &self.stage.cast::<Element>()?, self.profile))
    }

    /// A button or a finger went down.
    pub fn down(&self, event: &PointerEvent) {
        let Some(at) = self.spot(event).filter(|_| event.button() == 0 && event.is_primary()) else { return };
        let touch = event.pointer_type() == "touch";
        // A finger scrolls the page unless cutting is what it came for.
        let may_cut = !touch || matches!(self.lab.ui().tool, Tool::Cut { .. });
        let node = self.ground.borrow().node_at(at, if touch { 8.0 } else { 2.0 });
        *self.gesture.borrow_mut() = Gesture::Pressed { at, node, may_cut };
        if may_cut && let Some(stage) = self.stage.cast::<Element>() {
            let _ = stage.set_pointer_capture(event.pointer_id());
        }
    }

    /// It moved.
    pub fn moved(&self, event: &PointerEvent) {
        let Some(at) = self.spot(event) else { return };
        let idle = *self.gesture.borrow() == Gesture::Idle;
        if idle {
            let over = self.ground.borrow().node_at(at, 2.0).map_or(Selection::Nothing, Selection::Node);
            if event.pointer_type() != "touch" && self.lab.ui().hover != over {
                self.lab.set_ui(|ui| ui.hover = over);
            }
            return;
        }
        if self.lab.ui().read_only {
            return;
        }
        self.gesture.borrow_mut().moved(at);
        let preview = self.gesture.borrow().preview(&self.lab, &self.ground.borrow());
        if *self.preview != preview {
            self.preview.set(preview);
        }
    }

    /// It was released.
    pub fn up(&self, event: &PointerEvent) {
        let Some(at) = self.spot(event) else { return };
        let ground = self.ground.borrow().clone();
        let pressed = match *self.gesture.borrow() {
            Gesture::Pressed { node, .. } => node,
            _ => None,
        };
        if let Some(node) = pressed {
            self.at.set(Some(Item::Node(node)));
        }
        let mut gesture = std::mem::take(&mut *self.gesture.borrow_mut());
        self.preview.set(None);
        gesture.released(at, &self.lab, &ground);
    }

    /// The browser took it away.
    pub fn cancel(&self) {
        *self.gesture.borrow_mut() = Gesture::Idle;
        self.preview.set(None);
    }

    /// It left the drawing.
    pub fn left(&self) {
        if self.lab.ui().hover != Selection::Nothing {
            self.lab.set_ui(|ui| ui.hover = Selection::Nothing);
        }
    }

    /// It was pressed twice.
    pub fn doubled(&self, event: &MouseEvent) {
        let node = self.spot(event).and_then(|at| self.ground.borrow().node_at(at, 2.0));
        if let (Some(node), Tool::Point) = (node, self.lab.ui().tool) {
            toggle(&self.lab, node);
        }
    }
}

/// The dashed line of a drag, with what it would do.
pub fn dragged(preview: &Preview, profile: Profile) -> Html {
    let sheet = profile.sheet();
    let left = preview.at.x > sheet.centre().x;
    let label = TextMark {
        at: pt(preview.at.x + if left { -14.0 } else { 14.0 }, (preview.at.y - 12.0).max(sheet.y + 16.0)),
        anchor: if left { Anchor::End } else { Anchor::Start },
        text: preview.label.clone(),
        tone: Tone::Fault,
        size: sizes(profile).value,
    };
    html! {
        <g data-testid="cut-preview" data-label={preview.label.clone()}>
            <path class="preview" d={preview.line.clone()} />
            { parts::words(&label, true) }
        </g>
    }
}
