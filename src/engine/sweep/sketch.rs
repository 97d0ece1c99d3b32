//! Rateless invertible Bloom lookup tables (Yang, Gilad, Alizadeh 2024; the program `riblt`): an endless row of coded symbols, of which the
//! first 1.35 for each difference tell all of them, however many there are.

use serde::{Deserialize, Serialize};

use super::itemset::RowItem;
use crate::engine::base::{Micros, Sink, Wire};

/// How coded symbols are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SketchPolicy {
    /// Coded symbols of the first message; each further one has so many more than the one before, so that what is sent while the word to
    /// stop is on its way stays small beside what was needed.
    pub page: u32,
    /// Time from one message of symbols to the next.
    pub every: Micros,
    /// Most coded symbols of a sweep.
    pub most: u32,
}

impl Default for SketchPolicy {
    /// Sixteen symbols at first, a little more than a round trip between messages, and symbols for some 48,000 differences.
    fn default() -> Self {
        SketchPolicy { page: 16, every: Micros::ms(50), most: 1 << 16 }
    }
}

impl SketchPolicy {
    /// Most coded symbols that any policy allows.
    pub const MOST: u32 = 1 << 20;

    /// What is out of bounds, as the field and what it must be.
    pub fn fault(&self) -> Option<(&'static str, String)> {
        let within = |n: u64, low: u64, high: u64| (!(low..=high).contains(&n)).then(|| format!("must be {low} to {high}, is {n}"));
        let checks = [
            ("symbols of a page", within(u64::from(self.page), 1, 4096)),
            ("symbols of a sweep", within(u64::from(self.most), 1, u64::from(Self::MOST))),
            ("time between pages", within(self.every.0, 1, Micros::secs(3600).0)),
        ];
        checks.into_iter().find_map(|(field, problem)| Some((field, problem?)))
    }

    /// The places of the symbols of a message, counted from 0: none after the last.
    pub fn symbols_of(&self, message: u32) -> std::ops::Range<u32> {
        // So many messages of one symbol more each have more than the most.
        let n = u64::from(message.min(Self::MOST));
        let before = |n: u64| (u64::from(self.page) * (n * (n + 1) / 2)).min(u64::from(self.most)) as u32;
        before(n)..before(n + 1)
    }
}

impl Wire for SketchPolicy {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u32(self.page);
        sink.u64(self.every.0);
        sink.u32(self.most);
    }
}

/// A number that looks random, from an item that may not (the end of SplitMix64: Steele, Lea, Flood 2014).
fn scatter(item: RowItem) -> u64 {
    let mut z = item.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The places of the coded symbols that an item takes part in, ascending and without end: always place 0, and place i with probability
/// 1/(1 + i/2) (`riblt`, `mapping.go`). In integers: from i it goes on by ⌈(i + 1.5)(2¹⁶/√(r + 1) − 1)⌉ with r of 32 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    state: u64,
    /// The next place.
    pub next: u64,
}

impl Places {
    /// The places of an item.
    pub fn of(item: RowItem) -> Places {
        // A state of zero would stay there.
        Places { state: scatter(item) | 1, next: 0 }
    }

    /// Goes on to the place after the next.
    pub fn step(&mut self) {
        self.state = self.state.wrapping_mul(0xda94_2042_e4dd_58b5);
        // √((r + 1) 2³²), of 32 bits.
        let root = (self.state | 0xffff_ffff).isqrt();
        let far = (2 * self.next + 3).saturating_mul((1 << 32) - root);
        self.next += far.div_ceil(2 * root);
    }
}

/// A coded symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coded {
    /// The items that take part, all in one by exclusive or.
    pub sum: RowItem,
    /// The same of their check words: tells one item from several that add up to something.
    pub check: u32,
    /// How many there are; those of the other side count negative once its symbol has been subtracted.
    pub count: i32,
}

/// What is checked of an item: other bits than those that choose its places.
fn check_of(item: RowItem) -> u32 {
    (scatter(!item) >> 32) as u32
}

impl Coded {
    /// Puts an item in, or with −1 takes it out.
    pub fn put(&mut self, item: RowItem, times: i32) {
        self.sum ^= item;
        self.check ^= check_of(item);
        self.count = self.count.wrapping_add(times);
    }

    /// Takes all items of another symbol out.
    pub fn subtract(&mut self, other: &Coded) {
        self.sum ^= other.sum;
        self.check ^= other.check;
        self.count = self.count.wrapping_sub(other.count);
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        *self == Coded::default()
    }

    /// The only item in it, and whether it is the sender's (1) or the receiver's (−1).
    pub fn pure(&self) -> Option<(RowItem, i32)> {
        (self.count.unsigned_abs() == 1 && check_of(self.sum) == self.check).then_some((self.sum, self.count))
    }
}

/// The beginning of the row of coded symbols of a set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch {
    symbols: Vec<Coded>,
}

impl Sketch {
    /// The symbols so far.
    pub fn symbols(&self) -> &[Coded] {
        &self.symbols
    }

    /// Room for the first symbols, at least so many, of items that are put in one after another; none for none.
    pub fn room(wanted: u32) -> Sketch {
        if wanted == 0 { Sketch::default() } else { Sketch::default().grown(wanted) }
    }

    /// The same symbols, and room for so many at least. What there is grows fourfold, so that few walks through the items are needed.
    pub fn grown(&self, wanted: u32) -> Sketch {
        let (mut symbols, have) = (self.symbols.clone(), self.symbols.len());
        if wanted as usize > have {
            symbols.resize((wanted as usize).max(have * 4).max(64), Coded::default());
        }
        Sketch { symbols }
    }

    /// Puts an item into its symbols from a place on. Returns into how many.
    pub fn put(&mut self, item: RowItem, from: usize) -> u64 {
        let (mut puts, to) = (0, self.symbols.len() as u64);
        let mut places = Places::of(item);
        while places.next < to {
            if places.next >= from as u64 {
                self.symbols[places.next as usize].put(item, 1);
                puts += 1;
            }
            places.step();
        }
        puts
    }

    /// Makes sure that there are at least so many symbols of these items, which must be those it was begun with. Returns how often an item was
    /// put into a symbol.
    pub fn reach(&mut self, items: &[RowItem], wanted: u32) -> u64 {
        let have = self.symbols.len();
        if wanted as usize <= have {
            return 0;
        }
        *self = self.grown(wanted);
        items.iter().map(|item| self.put(*item, have)).sum()
    }
}

/// How many items a symbol at this place is expected to hold, of so many.
fn expected(items: u32, place: u32) -> i64 {
    2 * i64::from(items) / (i64::from(place) + 2)
}

/// A run of coded symbols as it travels. Counts are written as what they differ by from the expected number, in as few bytes as that takes
/// (Yang and others, section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbols {
    /// How many items the sender has.
    pub items: u32,
    /// The place of the first one.
    pub from: u32,
    /// The symbols.
    pub symbols: Box<[Coded]>,
}

impl Wire for Symbols {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u32(self.items);
        sink.u32(self.from);
        sink.u32(self.symbols.len() as u32);
        for (place, symbol) in (self.from..).zip(&self.symbols) {
            sink.u64(symbol.sum);
            sink.u32(symbol.check);
            let off = i64::from(symbol.count) - expected(self.items, place);
            let mut left = (off << 1 ^ off >> 63) as u64;
            while left > 0x7f {
                sink.u8(left as u8 | 0x80);
                left >>= 7;
            }
            sink.u8(left as u8);
        }
    }
}

/// An item that has been found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peeled {
    /// The item.
    pub item: RowItem,
    /// Whether it is the receiver's own, and not the sender's.
    pub mine: bool,
    /// The symbol that it was alone in.
    pub place: u32,
}

/// The receiving side: takes its own symbols out of those that come, and items that stand alone out of all others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decoder {
    /// What is left at each place; where no symbol has come yet, what the items found take out of it.
    left: Vec<Coded>,
    came: Vec<bool>,
    /// How many symbols came.
    received: u32,
    /// How many of those are not empty.
    open: u32,
    found: Vec<Peeled>,
    /// Where each item found goes on, for symbols still to come.
    places: Vec<Places>,
    broken: bool,
}

impl Decoder {
    /// Takes symbols of the other side in, with the receiver's own of the same places, and finds what stands alone now. A symbol that has come
    /// before changes nothing.
    pub fn take(&mut self, from: u32, theirs: &[Coded], mine: &[Coded]) {
        let to = from as usize + theirs.len().min(mine.len());
        if self.left.len() < to {
            self.left.resize(to, Coded::default());
            self.came.resize(to, false);
            for (peeled, places) in self.found.iter().zip(&mut self.places) {
                while places.next < to as u64 {
                    self.left[places.next as usize].put(peeled.item, if peeled.mine { 1 } else { -1 });
                    places.step();
                }
            }
        }
        let mut alone = Vec::new();
        for (place, (theirs, mine)) in (from..).zip(theirs.iter().zip(mine)) {
            let (left, came) = (&mut self.left[place as usize], &mut self.came[place as usize]);
            if std::mem::replace(came, true) {
                continue;
            }
            left.subtract(mine);
            left.sum ^= theirs.sum;
            left.check ^= theirs.check;
            left.count = left.count.wrapping_add(theirs.count);
            self.received += 1;
            self.open += u32::from(!left.is_empty());
            if left.pure().is_some() {
                alone.push(place);
            }
        }
        self.peel(alone);
    }

    /// Takes out what stands alone, and what stands alone then.
    fn peel(&mut self, mut alone: Vec<u32>) {
        let mut next = 0;
        while let Some(place) = alone.get(next).copied() {
            next += 1;
            let Some((item, times)) = self.left[place as usize].pure() else { continue };
            // Every item empties one symbol for good: more items than symbols are a lie.
            if self.found.len() >= self.received as usize {
                self.broken = true;
                return;
            }
            let mut places = Places::of(item);
            while places.next < self.left.len() as u64 {
                let at = places.next as usize;
                let left = &mut self.left[at];
                let before = left.is_empty();
                left.put(item, -times);
                if self.came[at] {
                    self.open = self.open + u32::from(before) - u32::from(left.is_empty());
                    if left.pure().is_some() {
                        alone.push(at as u32);
                    }
                }
                places.step();
            }
            self.found.push(Peeled { item, mine: times < 0, place });
            self.places.push(places);
        }
    }

    /// Items found so far, in the order in which they stood alone.
    pub fn found(&self) -> &[Peeled] {
        &self.found
    }

    /// How many symbols have come.
    pub fn received(&self) -> u32 {
        self.received
    }

    /// What is left at each place.
    pub fn left(&self) -> &[Coded] {
        &self.left
    }

    /// Whether the symbol of a place has come.
    pub fn has(&self, place: usize) -> bool {
        self.came.get(place).copied().unwrap_or_default()
    }

    /// Whether everything has been found: every symbol is empty, and among them the first, which every item takes part in.
    pub fn is_done(&self) -> bool {
        self.has(0) && self.open == 0 && !self.broken
    }

    /// Whether the symbols cannot be those of any set.
    pub fn is_broken(&self) -> bool {
        self.broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_in_the_first_symbol_and_thins_out() {
        let mut counts = [0u32; 64];
        for item in 0..20_000 {
            let mut places = Places::of(item);
            assert_eq!(places.next, 0);
            while let Some(count) = counts.get_mut(places.next as usize) {
                *count += 1;
                places.step();
            }
        }
        for (place, count) in counts.iter().enumerate() {
            let wanted = 40_000 / (place as u32 + 2);
            assert!(count.abs_diff(wanted) * 20 < wanted + 1_000, "place {place}: {count}, not {wanted}");
        }
    }

    #[test]
    fn places_ascend_however_far() {
        for item in [0, 1, u64::MAX, 0x9e37_79b9_7f4a_7c15] {
            let mut places = Places::of(item);
            for _ in 0..200 {
                let before = places.next;
                places.step();
                assert!(places.next > before);
            }
        }
    }

    #[test]
    fn a_symbol_with_one_item_says_so() {
        let mut symbol = Coded::default();
        symbol.put(7, 1);
        assert_eq!(symbol.pure(), Some((7, 1)));
        symbol.put(9, -1);
        symbol.put(11, 1);
        assert_eq!(symbol.pure(), None, "a count of one is not enough");
        symbol.put(7, -1);
        symbol.put(11, -1);
        assert_eq!(symbol.pure(), Some((9, -1)));
    }
}
