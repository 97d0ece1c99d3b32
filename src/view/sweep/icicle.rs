//! Two tries drawn as icicles: a node lies over the parts of the ring below it, in the same place on both sides, so that what is only on one
//! side leaves a gap on the other.

use super::tries::{Look, Spot, Walk, child, prefix};
use crate::engine::base::{Digest, set_of};
use crate::engine::data::Key;
use crate::engine::node::sweeps::Place;
use crate::engine::sweep::{Trie, TrieNode};
use crate::view::geometry::Rect;

/// Nodes of a level that are laid out at most; what lies below more of them is seen by opening one.
const WIDE: usize = 1_500;
/// Narrowest node that is drawn by itself.
const SINGLE: f64 = 3.0;

/// What a side has in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Empty,
    /// Branches.
    Inner(Digest),
    /// One row.
    Leaf(Key, Digest),
}

/// A place in the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Which.
    pub at: Spot,
    /// What each side has there, the one who asks first.
    pub kinds: [Kind; 2],
    /// Its first column, and the one after its last.
    pub columns: (usize, usize),
    /// The slot above, by its place among all.
    above: Option<usize>,
}

/// Where everything lies: the same for both sides, so that what is only on one side leaves a gap on the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Slots, level by level.
    pub slots: Vec<Slot>,
    /// How many columns there are.
    pub columns: usize,
    /// The deepest level laid out.
    pub depth: u32,
    /// Whether there is more below than is laid out.
    pub clipped: bool,
}

fn root(tries: &[Trie], range: u32) -> Option<(&Trie, Digest)> {
    let trie = tries.get(range as usize)?;
    (trie.rows() > 0).then(|| (trie, trie.root()))
}

fn kind(tries: &[Trie], at: &Spot, hash: Option<Digest>) -> (Kind, Box<[(u8, Digest)]>) {
    let node = tries.get(at.range as usize).filter(|_| hash.is_some()).map_or(TrieNode::Empty, |trie| trie.node(&prefix(at)));
    match (node, hash) {
        (TrieNode::Inner(children), Some(hash)) => (Kind::Inner(hash), children),
        (TrieNode::Leaf(key, _), Some(hash)) => (Kind::Leaf(key, hash), Box::default()),
        _ => (Kind::Empty, Box::default()),
    }
}

/// Lays the tries out, or what is below one place.
pub fn layout(asking: &[Trie], answering: &[Trie], zoom: Option<Spot>) -> Layout {
    let mut all = Layout::default();
    let mut here: Vec<(Spot, [Option<Digest>; 2], Option<usize>)> = match zoom {
        Some(at) => vec![(at, [asking, answering].map(|tries| hash_at(tries, &at)), None)],
        None => {
            let ranges = asking.len().max(answering.len()) as u32;
            let hash = |range| [asking, answering].map(|tries| root(tries, range).map(|(_, hash)| hash));
            (0..ranges).map(|range| (Place { range, level: 0, index: 0 }, hash(range), None)).collect()
        }
    };
    while !here.is_empty() {
        let mut below = Vec::new();
        for (at, hashes, above) in here {
            let ((mine, a), (theirs, b)) = (kind(asking, &at, hashes[0]), kind(answering, &at, hashes[1]));
            let place = all.slots.len();
            let bytes = set_of(a.iter().chain(b.iter()).map(|(byte, _)| *byte));
            let of = |list: &[(u8, Digest)], byte: u8| list.iter().find(|(b, _)| *b == byte).map(|(_, hash)| *hash);
            below.extend(bytes.into_iter().filter_map(|byte| Some((child(&at, byte)?, [of(&a, byte), of(&b, byte)], Some(place)))));
            all.depth = all.depth.max(at.level);
            all.slots.push(Slot { at, kinds: [mine, theirs], columns: (0, 0), above });
        }
        all.clipped = below.len() > WIDE;
        here = if all.clipped { Vec::new() } else { below };
    }
    all.place();
    all
}

fn hash_at(tries: &[Trie], at: &Spot) -> Option<Digest> {
    let trie = tries.get(at.range as usize)?;
    let bytes = prefix(at);
    let Some((last, above)) = bytes.split_last() else { return root(tries, at.range).map(|(_, hash)| hash) };
    match trie.node(above) {
        TrieNode::Inner(children) => children.iter().find(|(byte, _)| byte == last).map(|(_, hash)| *hash),
        _ => None,
    }
}

impl Layout {
    /// Gives every slot its columns: one for each that has nothing below it.
    fn place(&mut self) {
        let mut widths = vec![0usize; self.slots.len()];
        for i in (0..self.slots.len()).rev() {
            widths[i] = widths[i].max(1);
            if let Some(above) = self.slots[i].above {
                widths[above] += widths[i];
            }
        }
        let mut next = vec![0usize; self.slots.len()];
        for i in 0..self.slots.len() {
            let free = match self.slots[i].above {
                Some(above) => &mut next[above],
                None => &mut self.columns,
            };
            let first = *free;
            *free += widths[i];
            self.slots[i].columns = (first, first + widths[i]);
            next[i] = first;
        }
    }
}

/// A place as it is drawn on one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Which.
    pub at: Spot,
    /// How it looks.
    pub look: Look,
    /// Its box.
    pub place: Rect,
    /// What is written on it, if there is room.
    pub words: String,
    /// All of it, for a pointer that rests on it.
    pub title: String,
    /// Whether it is a row.
    pub leaf: bool,
    /// The middle of what lies above, for the way to it.
    pub above: Option<f64>,
}

/// The places of one side in a room of this width from `x` on; `y` gives the line of a level.
pub fn side(walk: &Walk, layout: &Layout, of: usize, x: f64, width: f64, y: impl Fn(u32) -> f64) -> Vec<Drawn> {
    let column = width / layout.columns.max(1) as f64;
    let mut all: Vec<Drawn> = Vec::new();
    for slot in &layout.slots {
        let (words, title, leaf) = match &slot.kinds[of] {
            Kind::Empty => continue,
            Kind::Inner(hash) => (hash.short(), name(&slot.at), false),
            Kind::Leaf(key, _) => (key.name().to_owned(), format!("{}, {}", key.name(), name(&slot.at)), true),
        };
        let look = walk.look(slot);
        let left = x + slot.columns.0 as f64 * column;
        let wide = ((slot.columns.1 - slot.columns.0) as f64 * column - if column > 4.0 { 1.5 } else { 0.0 }).max(1.0);
        let place = Rect::new(left, y(slot.at.level) - 11.0, wide, 22.0);
        if wide < SINGLE
            && let Some(last) = all.last_mut()
            && last.at.level == slot.at.level
            && ((last.place.x - x) / SINGLE) as i64 == ((left - x) / SINGLE) as i64
        {
            // The most telling of those that share a pixel stands for all.
            if last.look < look {
                (last.at, last.look, last.title) = (slot.at, look, format!("{title}: {}", look.words().1));
            }
            continue;
        }
        let fits = words.chars().count() as f64 * 8.0 + 6.0 <= wide;
        let above = slot.above.and_then(|above| layout.slots.get(above));
        let above = above.map(|above| x + (above.columns.0 + above.columns.1) as f64 * column / 2.0);
        let words = if fits { words } else { String::new() };
        all.push(Drawn { at: slot.at, look, place, words, title: format!("{title}: {}", look.words().1), leaf, above });
    }
    all
}

/// A place in words: the bytes that lead to it.
pub fn name(at: &Spot) -> String {
    let bytes: Vec<String> = prefix(at).iter().map(|byte| format!("{byte:02x}")).collect();
    if bytes.is_empty() { format!("top of trie {}", at.range + 1) } else { format!("bytes {}", bytes.join(" ")) }
}
