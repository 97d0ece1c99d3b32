//! What a hand does on the stage: cuts across the paper, nodes chosen, pulled off the sheet, clicked.

use web_sys::{DomRect, Element, MouseEvent};

use crate::engine::base::{Endpoint, NodeId};
use crate::engine::world::{Command, Status};
use crate::ui::lab::act::act_or_say;
use crate::ui::lab::{LabHandle, Selection, Tool};
use crate::view::geometry::edge::End;
use crate::view::geometry::{Pen, Point, Profile, Split, pt, split};
use crate::view::scene::{Ground, name};

/// How far a pointer moves before it is a drag, in drawing units.
const DRAG: f64 = 7.0;
/// Distance between two points kept of a drawn line.
const GRAIN: f64 = 4.0;

/// A drag under way.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Gesture {
    /// Nothing is pressed.
    #[default]
    Idle,
    /// Pressed, not yet moved.
    Pressed {
        /// Where.
        at: Point,
        /// On which node.
        node: Option<NodeId>,
        /// Whether a drag from here may cut.
        may_cut: bool,
    },
    /// A line is drawn across the paper.
    Cutting {
        /// Its points so far.
        line: Vec<Point>,
    },
    /// A node is pulled.
    Pulling {
        /// Which.
        node: NodeId,
        /// Where the pointer is.
        at: Point,
    },
}

/// What is drawn while a hand moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Path data of the dashed line.
    pub line: String,
    /// What would be separated.
    pub label: String,
    /// Where the label stands.
    pub at: Point,
}

/// The point of the drawing under a pointer.
pub fn spot(event: &MouseEvent, stage: &Element, profile: Profile) -> Point {
    let (rect, view): (DomRect, _) = (stage.get_bounding_client_rect(), profile.view());
    let scale = (rect.width() / view.w).min(rect.height() / view.h).max(1e-6);
    let (left, top) = ((rect.width() - view.w * scale) / 2.0, (rect.height() - view.h * scale) / 2.0);
    let x = (f64::from(event.client_x()) - rect.left() - left) / scale + view.x;
    let y = (f64::from(event.client_y()) - rect.top() - top) / scale + view.y;
    pt(x, y)
}

/// Where everybody is now, with their sizes.
fn discs(ground: &Ground) -> (Vec<Endpoint>, Vec<(Point, f64)>) {
    let outline = |end: &Endpoint| match ground.outline(*end) {
        Some(End::Disc(at, radius)) => (at, radius),
        Some(End::Card(card)) => (card.centre(), card.h * 0.6),
        None => (pt(0.0, 0.0), 0.0),
    };
    let ends: Vec<Endpoint> = ground.ends().collect();
    let discs = ends.iter().map(outline).collect();
    (ends, discs)
}

/// What a drawn line separates: the island, and the rest.
fn parted(ground: &Ground, line: &[Point]) -> Option<(Vec<Endpoint>, Vec<Endpoint>, Split)> {
    let (ends, discs) = discs(ground);
    let parts = split(&discs, line, &ground.profile.sheet())?;
    let pick = |list: &[usize]| list.iter().map(|i| ends[*i]).collect::<Vec<_>>();
    Some((pick(&parts.island), pick(&parts.main), parts))
}

/// "{D} | {A B C E F}". Long lists are cut short.
fn braces(lab: &LabHandle, ends: &[Endpoint]) -> String {
    const MOST: usize = 9;
    let mut names: Vec<String> = lab.read(|s| ends.iter().take(MOST).map(|e| name(s, *e)).collect());
    if ends.len() > MOST {
        names.push(format!("+{}", ends.len() - MOST));
    }
    format!("{{{}}}", names.join(" "))
}

impl Gesture {
    /// The pointer moved to `at`.
    pub fn moved(&mut self, at: Point) {
        match self {
            Gesture::Idle => {}
            Gesture::Pressed { at: from, node, may_cut } => {
                if from.dist(at) > DRAG {
                    *self = match (*node, *may_cut) {
                        (Some(node), _) => Gesture::Pulling { node, at },
                        (None, true) => Gesture::Cutting { line: vec![*from, at] },
                        (None, false) => Gesture::Idle,
                    };
                }
            }
            Gesture::Cutting { line } => {
                if line.last().is_none_or(|p| p.dist(at) > GRAIN) {
                    line.push(at);
                }
            }
            Gesture::Pulling { at: place, .. } => *place = at,
        }
    }

    /// What to draw meanwhile.
    pub fn preview(&self, lab: &LabHandle, ground: &Ground) -> Option<Preview> {
        match self {
            Gesture::Idle | Gesture::Pressed { .. } => None,
            Gesture::Cutting { line } => {
                let at = line.last().copied().unwrap_or_default();
                Some(match parted(ground, line) {
                    Some((island, rest, parts)) => {
                        Preview { line: parts.line, label: format!("{} | {}", braces(lab, &island), braces(lab, &rest)), at }
                    }
                    None => Preview { line: Pen::new().through(line).done(), label: "cuts nothing off".to_owned(), at },
                })
            }
            Gesture::Pulling { node, at } => {
                let off = !ground.profile.sheet().holds(*at);
                let from = ground.outline(Endpoint::Node(*node)).map_or(*at, |o| o.centre());
                let label = if off { format!("let go: {node} crashes") } else { format!("pull {node} off the sheet to crash it") };
                Some(Preview { line: Pen::new().go(from).line(*at).done(), label, at: *at })
            }
        }
    }

    /// The pointer was released at `at`.
    pub fn released(&mut self, at: Point, lab: &LabHandle, ground: &Ground) {
        self.moved(at);
        match std::mem::take(self) {
            Gesture::Idle => {}
            Gesture::Pressed { node: Some(node), .. } => tapped(lab, node),
            Gesture::Pressed { node: None, .. } => {
                if lab.ui().selection != Selection::Nothing {
                    lab.set_ui(|ui| ui.selection = Selection::Nothing);
                }
            }
            Gesture::Cutting { line } => {
                if let Some((island, main, _)) = parted(ground, &line) {
                    let one_way = matches!(lab.ui().tool, Tool::Cut { one_way: true, .. });
                    act(lab, if one_way { Command::CutOneWay { from: island, to: main } } else { Command::Cut { islands: vec![island] } });
                }
            }
            Gesture::Pulling { node, at } => {
                if !ground.profile.sheet().holds(at) {
                    act(lab, Command::Crash { node });
                }
            }
        }
    }
}

/// Does something to the world and puts the tool away.
pub fn act(lab: &LabHandle, command: Command) {
    if lab.ui().tool != Tool::Point {
        lab.set_ui(|ui| ui.tool = Tool::Point);
    }
    act_or_say(lab, command);
}

/// A node was clicked, tapped or chosen with Enter.
pub fn tapped(lab: &LabHandle, node: NodeId) {
    match lab.ui().tool {
        Tool::Point => lab.set_ui(|ui| ui.selection = Selection::Node(node)),
        Tool::Cut { mut chosen, one_way } => {
            match chosen.iter().position(|n| *n == node) {
                Some(i) => drop(chosen.remove(i)),
                None => chosen.push(node),
            }
            lab.set_ui(|ui| ui.tool = Tool::Cut { chosen, one_way });
        }
        Tool::Snip { first: None } => lab.set_ui(|ui| ui.tool = Tool::Snip { first: Some(node) }),
        Tool::Snip { first: Some(first) } if first == node => lab.set_ui(|ui| ui.tool = Tool::Snip { first: None }),
        Tool::Snip { first: Some(first) } => act(lab, Command::CutLink { a: first.into(), b: node.into() }),
    }
}

/// Carries out the cut that has been chosen node by node.
pub fn cut_chosen(lab: &LabHandle) {
    let Tool::Cut { chosen, one_way } = lab.ui().tool else { return };
    let island: Vec<Endpoint> = chosen.iter().map(|n| Endpoint::Node(*n)).collect();
    let nodes = lab.read(|s| s.world().hosts().len() as u32);
    let rest = (0..nodes).map(NodeId).filter(|n| !chosen.contains(n)).map(Endpoint::Node).collect();
    act(lab, if one_way { Command::CutOneWay { from: island, to: rest } } else { Command::Cut { islands: vec![island] } });
}

/// Crashes a node that runs, restarts one that is down, wakes one that is paused.
pub fn toggle(lab: &LabHandle, node: NodeId) {
    let status = lab.read(|s| s.world().host(node).map(|h| h.status));
    match status {
        Some(Status::Up) => act(lab, Command::Crash { node }),
        Some(Status::Down) => act(lab, Command::Restart { node }),
        Some(Status::Paused) => act(lab, Command::Resume { node }),
        None => {}
    }
}
