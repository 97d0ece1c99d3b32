//! What the stage looked like before: so that what is new comes in with a movement, and what is not does not.

use std::collections::BTreeMap;

use super::paper::piece_name;
use crate::engine::base::NodeId;
use crate::view::scene::{ChipMark, Ground, LoserMark, Scene};

/// What has been seen, and whether it came in while somebody looked.
#[derive(Debug, Default)]
pub struct Memory {
    seen: BTreeMap<String, bool>,
    chips: Vec<ChipMark>,
    under: BTreeMap<NodeId, ChipMark>,
    outlines: Vec<String>,
    seams: Vec<String>,
    jumps: Option<u32>,
}

/// A name for a refusal.
pub fn loser_name(loser: &LoserMark) -> String {
    format!("loser-{}", loser.event.0)
}

/// Names of all that comes in with a movement.
fn names(scene: &Scene, ground: &Ground) -> Vec<String> {
    let mut names: Vec<String> = scene.chips.iter().map(|c| format!("chip-{}-{}", c.node, c.label())).collect();
    names.extend(scene.guests.iter().map(|g| format!("guest-{}-{}", g.node, g.owner)));
    names.extend(ground.tear.iter().flat_map(|t| &t.pieces).map(piece_name));
    names.extend(scene.losers.iter().map(loser_name));
    names.extend(scene.card.iter().map(|c| format!("card-{}-{}", c.rows.len(), c.verdicts.len())));
    names
}

impl Memory {
    /// Takes in a new picture. After a jump, and at first sight, everything is as if it had always been there.
    pub fn see(&mut self, scene: &Scene, ground: &Ground, jumps: u32) {
        let jumped = self.jumps != Some(jumps);
        self.jumps = Some(jumps);
        let mut seen = BTreeMap::new();
        for name in names(scene, ground) {
            let fresh = if jumped { false } else { self.seen.get(&name).copied().unwrap_or(true) };
            seen.insert(name, fresh);
        }
        self.seen = seen;
        if jumped {
            self.under.clear();
            self.seams.clear();
        }
        for old in self.chips.iter().filter(|_| !jumped) {
            let new = scene.chips.iter().find(|c| c.node == old.node);
            if new.is_some_and(|n| n.label() != old.label() && n.room == old.room) {
                self.under.insert(old.node, old.clone());
            }
        }
        self.chips.clone_from(&scene.chips);
        let outlines: Vec<String> = ground.tear.iter().flat_map(|t| &t.pieces).map(|p| p.outline.clone()).collect();
        if !outlines.is_empty() {
            self.seams.clear();
        } else if !self.outlines.is_empty() && !jumped {
            self.seams = std::mem::take(&mut self.outlines);
        }
        self.outlines = outlines;
    }

    /// Whether something of this name came in while somebody looked.
    pub fn is_fresh(&self, name: &str) -> bool {
        self.seen.get(name).copied().unwrap_or(false)
    }

    /// What chips were laid over.
    pub fn under(&self) -> &BTreeMap<NodeId, ChipMark> {
        &self.under
    }

    /// Outlines of the tears that were mended last.
    pub fn seams(&self) -> &[String] {
        &self.seams
    }
}
