//! The keyboard on the stage: one stop for Tab, arrows from thing to thing, keys that act on the thing at hand.

use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{Element, SvgElement};
use yew::prelude::*;

use super::gesture::{cut_chosen, tapped, toggle};
use super::marks::Item;
use crate::ui::lab::{LabHandle, Selection, Tool};
use crate::view::scene::{Scene, sent_event};

/// Things in the order in which arrows walk them.
pub fn items(scene: &Scene) -> Vec<Item> {
    let nodes = scene.nodes.iter().map(|n| Item::Node(n.id));
    nodes.chain(scene.messages.iter().map(|m| Item::Message(m.id))).collect()
}

/// Moves the keyboard's focus to a thing of the stage.
fn focus_item(stage: &NodeRef, item: Item) {
    let found = stage.cast::<Element>().and_then(|s| s.query_selector(&format!("[data-item=\"{}\"]", item.name())).ok().flatten());
    if let Some(element) = found.and_then(|e| e.dyn_into::<SvgElement>().ok()) {
        let _ = element.focus();
    }
}

/// The thing that has the keyboard's focus, however it came by it.
fn focused(items: &[Item]) -> Option<Item> {
    let name = web_sys::window()?.document()?.active_element()?.get_attribute("data-item")?;
    items.iter().copied().find(|i| i.name() == name)
}

fn choose(lab: &LabHandle, item: Item) {
    match item {
        Item::Node(node) => tapped(lab, node),
        Item::Message(id) => {
            if let Some(event) = lab.read(|s| sent_event(s, id)) {
                lab.set_ui(|ui| ui.selection = Selection::Event(event));
            }
        }
    }
}

/// Escape puts the tool away, or clears the selection.
fn escape(lab: &LabHandle) {
    lab.set_ui(|ui| {
        if ui.tool == Tool::Point {
            ui.selection = Selection::Nothing;
        } else {
            ui.tool = Tool::Point;
        }
    });
}

/// What the keys do while the stage has the focus. Returns whether the key was used up.
pub fn on_key(key: &str, lab: &LabHandle, stage: &NodeRef, scene: &Scene, at: &UseStateHandle<Option<Item>>) -> bool {
    let items = items(scene);
    let here = focused(&items).or(at.filter(|i| items.contains(i))).or(items.first().copied());
    let place = here.and_then(|h| items.iter().position(|i| *i == h)).unwrap_or(0);
    let walk = |to: usize| {
        if let Some(item) = items.get(to) {
            at.set(Some(*item));
            focus_item(stage, *item);
        }
    };
    let choosing = matches!(&lab.ui().tool, Tool::Cut { chosen, .. } if !chosen.is_empty());
    match (key, here) {
        ("ArrowRight" | "ArrowDown", _) => walk((place + 1) % items.len().max(1)),
        ("ArrowLeft" | "ArrowUp", _) => walk((place + items.len().max(1) - 1) % items.len().max(1)),
        // Things of the stage are buttons, which both keys press.
        ("Enter" | " ", Some(item)) => choose(lab, item),
        ("Escape", _) => escape(lab),
        ("k" | "K", Some(Item::Node(node))) => toggle(lab, node),
        ("c" | "C", _) if choosing => cut_chosen(lab),
        _ => return false,
    }
    if !key.starts_with("Arrow") {
        at.set(here);
    }
    true
}

/// Gives the focus back to the thing that had it if a key's effect made it anew, as when its node moves to another piece of paper.
#[hook]
pub fn use_kept_focus(stage: &NodeRef, used: &Rc<Cell<bool>>, at: Option<Item>) {
    let (stage, used) = (stage.clone(), used.clone());
    use_effect(move || {
        let lost = || web_sys::window().and_then(|w| w.document()?.active_element()).is_none_or(|a| a.tag_name() == "BODY");
        if let Some(item) = at.filter(|_| used.take() && lost()) {
            focus_item(&stage, item);
        }
    });
}
