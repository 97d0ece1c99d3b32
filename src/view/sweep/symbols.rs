//! Coded symbols that are peeled: a field of them in the order of their places, and under it the digests that stood alone in one.

use std::sync::Arc;

use super::ranges::arrived;
use super::talk::{Fate, Rung, talk};
use crate::engine::base::{EventId, arrange};
use crate::engine::node::sweeps::{Say, SessionId, SetSay, Work};
use crate::engine::sweep::{Coded, Decoder, ItemSet, Peeled, Places, RowItem, Sketch, Symbols, TreePolicy};
use crate::engine::world::World;
use crate::lab::{BranchId, Session};
use crate::view::chip;
use crate::view::geometry::Rect;

/// Symbols, taken in as they came.
pub struct Peeling {
    of: (BranchId, EventId),
    set: Arc<ItemSet>,
    own: Sketch,
    /// What is left of each, and what has been found.
    pub decoder: Decoder,
    /// What was in each before anything was taken out of it.
    pub start: Vec<Coded>,
    /// Messages taken in, by their numbers.
    taken: Vec<u32>,
}

impl Peeling {
    /// Nothing has come yet.
    pub fn new(of: (BranchId, EventId), set: Arc<ItemSet>) -> Peeling {
        Peeling { of, set, own: Sketch::default(), decoder: Decoder::default(), start: Vec::new(), taken: Vec::new() }
    }

    /// The same with the symbols that the asker has made already in this world: of a million digests nobody makes them twice.
    pub fn knowing(self, world: &World, id: SessionId) -> Peeling {
        let asking = world.host(id.by).and_then(|host| host.node.sweeps.asking().get(&id.number));
        match asking.filter(|asking| asking.session == id).map(|asking| &asking.work) {
            Some(Work::Sketch(peeling)) => Peeling { own: (*peeling.own).clone(), ..self },
            _ => self,
        }
    }

    /// Whether this is the sweep that it has read.
    pub fn is_of(&self, of: (BranchId, EventId)) -> bool {
        self.of == of
    }

    /// Takes in what has come at the cursor.
    pub fn follow(&mut self, said: &[Rung<'_>]) {
        let come: Vec<(u32, &Symbols)> = said.iter().filter(|rung| rung.fate == Fate::There).filter_map(symbols).collect();
        let numbers: Vec<u32> = come.iter().map(|(number, _)| *number).collect();
        if !numbers.starts_with(&self.taken) {
            *self = Peeling { own: std::mem::take(&mut self.own), ..Peeling::new(self.of, self.set.clone()) };
        }
        for (number, run) in come.into_iter().skip(self.taken.len()) {
            let places = run.from as usize..run.from as usize + run.symbols.len();
            self.own.reach(self.set.items(), places.end as u32);
            let mine = &self.own.symbols()[places.clone()];
            self.decoder.take(run.from, &run.symbols, mine);
            self.start.resize(self.start.len().max(places.end), Coded::default());
            for ((left, theirs), mine) in self.start[places].iter_mut().zip(&run.symbols).zip(mine) {
                *left = *theirs;
                left.subtract(mine);
            }
            self.taken.push(number);
        }
    }
}

fn symbols<'a>(rung: &Rung<'a>) -> Option<(u32, &'a Symbols)> {
    match rung.say {
        Say::Set(SetSay::Symbols { message, run, .. }) => Some((*message, run)),
        _ => None,
    }
}

/// What is known of a symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It is on its way.
    Coming,
    /// Nothing was in it: the two sides were equal there.
    Bare,
    /// Something is left in it.
    Mixed,
    /// All in it was found elsewhere.
    Emptied,
    /// It gave a digest away that stood alone in it.
    Gave,
}

impl Look {
    /// The class that paints it, and what it is called.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Look::Coming => ("sent", "on its way"),
            Look::Bare => ("equal", "what both have cancels out"),
            Look::Mixed => ("mixed", "several digests are left in it"),
            Look::Emptied => ("emptied", "everything in it has been found elsewhere"),
            Look::Gave => ("gave", "gave a digest away"),
        }
    }
}

/// A drawn symbol.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Its place.
    pub place: u32,
    /// Where it is drawn.
    pub at: Rect,
    /// What is known of it.
    pub look: Look,
    /// How many digests only the sender has are in it, less those that only the receiver has: before anything was found.
    pub start: i32,
    /// The same of what is left.
    pub left: i32,
    /// The first digits of what is left, as bars.
    pub bars: Vec<Rect>,
    /// A mark for each digest found that takes part in it, and whether it is the receiver's.
    pub dots: Vec<(Rect, bool)>,
    /// As which it gave a digest away, from 1.
    pub order: Option<usize>,
}

/// A drawn digest.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// What it is, whose, and where it stood alone.
    pub peeled: Peeled,
    /// Where it is drawn.
    pub at: Rect,
    /// As which it was found, from 1.
    pub order: usize,
    /// Whether its row has come to the side that lacked it.
    pub came: bool,
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Drawing {
    /// Width and height.
    pub size: (f64, f64),
    /// The symbols.
    pub cells: Vec<Cell>,
    /// The digests found.
    pub found: Vec<Found>,
    /// Where the lanes of the receiver's and the sender's digests are.
    pub lanes: (f64, f64),
    /// How many symbols have come, how many of them are not empty, and how many are on their way.
    pub counts: (u32, u32, u32),
    /// Digests that there is no room for.
    pub left_out: usize,
    /// Whether all has been found.
    pub done: bool,
}

/// Sizes of a symbol, the largest that fits is taken.
const SIZES: [(f64, f64); 8] =
    [(116.0, 92.0), (86.0, 74.0), (64.0, 56.0), (50.0, 44.0), (38.0, 34.0), (26.0, 24.0), (17.0, 16.0), (10.0, 10.0)];
/// Room for words above the symbols, and above the digests.
pub const WORDS: f64 = 24.0;
/// Height of a lane of digests, and its distance from the symbols.
const LANE: f64 = 34.0;
const BETWEEN: f64 = 34.0;
/// Room for a letter on the left.
const LETTER: f64 = 40.0;

/// Lays everything out in this room; taller than it if it needs more.
pub fn drawing(session: &Session, id: SessionId, tree: TreePolicy, peeling: &mut Peeling, (width, height): (f64, f64)) -> Drawing {
    let said = talk(session, id);
    peeling.follow(&said);
    let coming: Vec<u32> = said
        .iter()
        .filter(|rung| matches!(rung.fate, Fate::Flies(_)))
        .filter_map(symbols)
        .flat_map(|(_, run)| run.from..run.from + run.symbols.len() as u32)
        .filter(|place| !peeling.decoder.has(*place as usize))
        .collect();
    let known = (0..peeling.decoder.left().len() as u32).filter(|place| peeling.decoder.has(*place as usize));
    let mut places: Vec<u32> = known.chain(coming.iter().copied()).collect();
    arrange(&mut places, Ord::cmp);
    places.dedup();
    let room = height - 2.0 * LANE - BETWEEN - WORDS - 8.0;
    let fits = |(w, h): &(f64, f64)| places.len() as f64 <= (width / w).floor() * (room / h).floor();
    let (w, h) = SIZES.iter().copied().find(fits).unwrap_or(SIZES[7]);
    let columns = ((width / w).floor() as usize).max(1);
    let bottom = WORDS + h * places.len().div_ceil(columns).max(1) as f64;
    let all: Vec<Cell> = places
        .iter()
        .enumerate()
        .map(|(i, place)| {
            let at = Rect::new(w * (i % columns) as f64 + 1.0, WORDS + h * (i / columns) as f64 + 1.0, w - 3.0, h - 3.0);
            cell(*place, at, &peeling.decoder, &peeling.start)
        })
        .collect();
    let mut made = Drawing { cells: dotted(all, &peeling.decoder), done: peeling.decoder.is_done(), ..Drawing::default() };
    let open = made.cells.iter().filter(|cell| cell.look == Look::Mixed).count() as u32;
    made.counts = (peeling.decoder.received(), open, coming.len() as u32);
    made.lanes = (bottom + BETWEEN, bottom + BETWEEN + LANE);
    made.size = (width, (made.lanes.1 + LANE).max(height));
    let came = arrived(&said, tree);
    for mine in [true, false] {
        let items: Vec<(usize, &Peeled)> = (1..).zip(peeling.decoder.found()).filter(|(_, peeled)| peeled.mine == mine).collect();
        let pitch = ((width - LETTER) / items.len().max(1) as f64).clamp(8.0, 58.0);
        let most = ((width - LETTER) / pitch) as usize;
        made.left_out += items.len().saturating_sub(most);
        let y = if mine { made.lanes.0 } else { made.lanes.1 };
        let one = |(i, (order, peeled)): (usize, (usize, &Peeled))| Found {
            peeled: *peeled,
            at: Rect::new(LETTER + pitch * i as f64 + 1.0, y + 3.0, pitch - 3.0, LANE - 8.0),
            order,
            came: came.contains(&peeled.item),
        };
        made.found.extend(items.into_iter().take(most).enumerate().map(one));
    }
    made
}

fn cell(place: u32, at: Rect, decoder: &Decoder, start: &[Coded]) -> Cell {
    let index = place as usize;
    let left = decoder.left().get(index).copied().unwrap_or_default();
    let before = start.get(index).copied().unwrap_or_default();
    let order = decoder.found().iter().position(|peeled| peeled.place == place).map(|n| n + 1);
    let look = match (decoder.has(index), left.is_empty(), order) {
        (false, ..) => Look::Coming,
        (true, false, _) => Look::Mixed,
        (true, true, Some(_)) => Look::Gave,
        (true, true, None) if before.is_empty() => Look::Bare,
        (true, true, None) => Look::Emptied,
    };
    let room = Rect::new(at.centre().x - at.w * 0.2, at.y + at.h * 0.32, at.w * 0.4, at.h * 0.4);
    let bars = if look == Look::Mixed && at.w > 40.0 { chip::bars(&format!("{:04x}", left.sum >> 48), &room) } else { Vec::new() };
    Cell { place, at, look, start: before.count, left: left.count, bars, dots: Vec::new(), order }
}

/// Marks in each symbol the digests found that take part in it, as far as they fit.
fn dotted(mut cells: Vec<Cell>, decoder: &Decoder) -> Vec<Cell> {
    for peeled in decoder.found() {
        for place in places(peeled.item, decoder.left().len()) {
            let Ok(at) = cells.binary_search_by_key(&place, |cell| cell.place) else { continue };
            let cell = &mut cells[at];
            let x = cell.at.x + 5.0 + 6.0 * cell.dots.len() as f64;
            if cell.at.w > 42.0 && x + 5.0 < cell.at.right() {
                cell.dots.push((Rect::new(x, cell.at.bottom() - 8.0, 4.0, 4.0), peeled.mine));
            }
        }
    }
    cells
}

/// The symbols that a digest takes part in, of the first so many.
pub fn places(item: RowItem, many: usize) -> Vec<u32> {
    let mut all = Vec::new();
    let mut places = Places::of(item);
    while places.next < many as u64 {
        all.push(places.next as u32);
        places.step();
    }
    all
}
