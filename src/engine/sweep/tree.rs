//! A Merkle tree over a range of the ring: its levels lie in pages of words, root first, so that nothing is allocated per node and a change
//! after a snapshot copies a page for each level.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::policy::{Combine, TreePolicy};
use crate::engine::base::{Digest, DigestFunction};
use crate::engine::data::Token;
use crate::engine::place::TokenRange;

/// The digest of one row, or the hash of a node: as many words as the function fills, then zeros.
pub type Item = [u64; 4];

/// How many 64-bit words a digest of this function takes.
pub const fn words_of(function: DigestFunction) -> usize {
    (function.size() / 8) as usize
}

/// Nodes of one page, as a power of two: all children of one node lie in one page.
pub(super) const PAGE_BITS: u32 = 10;

/// The place of a node within its page.
pub(super) const PAGE_MASK: u64 = (1 << PAGE_BITS) - 1;

/// Levels of the deepest tree, root included.
const LEVELS: usize = TreePolicy::MOST_LEAVES.trailing_zeros() as usize + 1;

/// Words of up to 1,024 neighbouring nodes of one level.
pub(super) type Page = Arc<[u64]>;

/// A Merkle tree. Its clones share all pages until one of them changes, and parts without rows take no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    range: TokenRange,
    policy: TreePolicy,
    depth: u32,
    /// Every node's words, level by level from the root, each level in pages of its own. A node without rows is zero.
    pages: Vec<Page>,
    /// The first page of each level, and the one after the last.
    first: [u32; LEVELS + 1],
    /// The page that stands wherever there are no rows.
    nothing: Page,
    /// Leaves whose hash is out of date; only for [`Combine::Hash`].
    stale: BTreeSet<u64>,
    /// How many digests and hashes have been computed for it so far.
    computed: u64,
}

impl Tree {
    /// A tree without rows.
    pub fn empty(range: TokenRange, policy: TreePolicy, depth: u32) -> Tree {
        let (words, bits) = (words_of(policy.digest), policy.bits());
        let blank = |nodes: usize| -> Page { std::iter::repeat_n(0, nodes * words).collect() };
        let nothing = blank(1 << PAGE_BITS);
        let (mut pages, mut first) = (Vec::new(), [0; LEVELS + 1]);
        for level in 0..=depth {
            match (bits * level).checked_sub(PAGE_BITS) {
                None => pages.push(blank(1 << (bits * level))),
                Some(beyond) => pages.extend(std::iter::repeat_n(&nothing, 1 << beyond).cloned()),
            }
            first[level as usize + 1] = pages.len() as u32;
        }
        Tree { range, policy, depth, pages, first, nothing, stale: BTreeSet::new(), computed: 0 }
    }

    /// A tree over rows in ring order from the range's left end: the token of each, and its digest. `computed` counts each of them.
    pub fn build(range: TokenRange, policy: TreePolicy, depth: u32, rows: impl Iterator<Item = (Token, Item)>) -> Tree {
        let mut builder = Builder::new(range, policy, depth);
        builder.add(rows);
        builder.done()
    }

    /// Computes the parents of a page's nodes, if it has rows. `list` is room to work in, and left empty.
    fn fold(&mut self, level: u32, number: u64, list: &mut Vec<u8>) {
        let (words, bits) = (words_of(self.policy.digest), self.policy.bits());
        let (upper, lower) = self.pages.split_at_mut(self.first[level as usize] as usize);
        let page = &lower[number as usize];
        if level == 0 || Arc::ptr_eq(page, &self.nothing) {
            return;
        }
        let first = number << PAGE_BITS >> bits;
        let above = Arc::make_mut(&mut upper[self.first[level as usize - 1] as usize + (first >> PAGE_BITS) as usize]);
        let parents = above[(first & PAGE_MASK) as usize * words..].chunks_exact_mut(words);
        for (parent, children) in parents.zip(page.chunks_exact(words << bits)) {
            match self.policy.combine {
                Combine::Xor => children.chunks_exact(words).for_each(|child| xor(parent, child)),
                Combine::Hash => hash_children(self.policy.digest, children, list, parent, &mut self.computed),
            }
        }
    }

    /// A row of this range changed from one digest to another; a missing row has none. With hashes of hashes the leaf is only marked, and
    /// [`Tree::refresh`] must follow before the tree is compared.
    pub fn change(&mut self, token: Token, before_it: Option<&Item>, after_it: Option<&Item>) {
        let leaf = self.range.part_of(token, self.leaves());
        if self.policy.combine == Combine::Hash {
            self.stale.insert(leaf);
            return;
        }
        let (words, bits) = (words_of(self.policy.digest), self.policy.bits());
        let mut both = Item::default();
        before_it.iter().chain(&after_it).for_each(|item| xor(&mut both, *item));
        self.computed += before_it.iter().chain(&after_it).count() as u64;
        for level in 0..=self.depth {
            let node = leaf >> (bits * (self.depth - level));
            xor(place_in(self.page_mut(level, node), node, words), &both);
        }
    }

    /// How many leaves are out of date.
    pub fn stale(&self) -> u32 {
        self.stale.len() as u32
    }

    /// Leaves that are out of date, in order.
    pub fn stale_leaves(&self) -> impl Iterator<Item = u64> {
        self.stale.iter().copied()
    }

    /// Brings leaves that are out of date up to date, and everything above them. `rows` gives the digests of a part of the range in ring
    /// order.
    pub fn refresh<I: Iterator<Item = Item>>(&mut self, mut rows: impl FnMut(TokenRange) -> I) {
        let (words, bits) = (words_of(self.policy.digest), self.policy.bits());
        let mut dirty: Vec<u64> = std::mem::take(&mut self.stale).into_iter().collect();
        let (mut list, mut computed, function) = (Vec::new(), 0, self.policy.digest);
        for leaf in &dirty {
            for item in self.range.part(*leaf, self.leaves()).into_iter().flat_map(&mut rows) {
                computed += 1;
                append(&mut list, &item[..words]);
            }
            let place = place_in(self.page_mut(self.depth, *leaf), *leaf, words);
            place.fill(0);
            close(function, &mut list, place, &mut computed);
        }
        for level in (0..self.depth).rev() {
            dirty.iter_mut().for_each(|node| *node >>= bits);
            dirty.dedup();
            for node in &dirty {
                let (upper, lower) = self.pages.split_at_mut(self.first[level as usize + 1] as usize);
                let page = Arc::make_mut(&mut upper[self.first[level as usize] as usize + (node >> PAGE_BITS) as usize]);
                let first = node << bits;
                let children = &lower[(first >> PAGE_BITS) as usize][(first & PAGE_MASK) as usize * words..][..words << bits];
                hash_children(self.policy.digest, children, &mut list, place_in(page, *node, words), &mut computed);
            }
        }
        self.computed += computed;
    }

    /// The page with a node, for writing.
    fn page_mut(&mut self, level: u32, index: u64) -> &mut [u64] {
        Arc::make_mut(&mut self.pages[self.first[level as usize] as usize + (index >> PAGE_BITS) as usize])
    }

    /// The range it covers.
    pub fn range(&self) -> TokenRange {
        self.range
    }

    /// How it is made.
    pub fn policy(&self) -> TreePolicy {
        self.policy
    }

    /// Levels below the root.
    pub fn depth(&self) -> u32 {
        self.depth
    }

    /// How many leaves there are.
    pub fn leaves(&self) -> u64 {
        1 << (self.policy.bits() * self.depth)
    }

    /// How many nodes a level has.
    pub fn nodes(&self, level: u32) -> u64 {
        1 << (self.policy.bits() * level)
    }

    /// How many digests and hashes have been computed for it so far, those of rows included.
    pub fn computed(&self) -> u64 {
        self.computed
    }

    /// The words of nodes `from..to` of a level, if there are such nodes and they lie in one page of 1,024, as siblings always do; otherwise
    /// nothing.
    pub fn level(&self, level: u32, from: u64, to: u64) -> &[u64] {
        let last = to.max(from + 1) - 1;
        if level > self.depth || to > self.nodes(level) || from > to || from >> PAGE_BITS != last >> PAGE_BITS {
            return &[];
        }
        let words = words_of(self.policy.digest);
        let page = &self.pages[self.first[level as usize] as usize + (from >> PAGE_BITS) as usize];
        &page[(from & PAGE_MASK) as usize * words..][..(to - from) as usize * words]
    }

    /// The pages of a level, in order.
    pub(super) fn pages_of(&self, level: u32) -> &[Page] {
        &self.pages[self.first[level as usize] as usize..self.first[level as usize + 1] as usize]
    }

    /// A node's hash as it travels; `None` for a node that does not exist.
    pub fn hash(&self, level: u32, index: u64) -> Option<Digest> {
        let words = self.level(level, index, index.checked_add(1)?);
        (!words.is_empty()).then(|| Digest::of_words(words))
    }
}

/// A tree that is being made, page by page, so that a parent is made of children that are still at hand.
#[derive(Debug, Clone)]
pub struct Builder {
    tree: Tree,
    /// The leaves at work.
    page: Vec<u64>,
    /// The leaf at work.
    leaf: u64,
    /// How far the last token lies into the range before something is complete: the leaf, or the page where leaves need no end.
    last: u64,
    /// How an offset becomes its leaf, where leaves need no end: with exclusive or over the whole ring. Rows turn to another leaf too often for
    /// guessing when they will.
    shift: Option<u32>,
    /// The leaf's digests, where they are to be hashed.
    list: Vec<u8>,
    /// Whether the page at work has rows.
    begun: bool,
}

impl Builder {
    /// A tree without rows so far.
    pub fn new(range: TokenRange, policy: TreePolicy, depth: u32) -> Builder {
        let tree = Tree::empty(range, policy, depth);
        let bits = tree.leaves().trailing_zeros();
        let direct = tree.policy.combine == Combine::Xor && tree.range.left == tree.range.right && bits > 0;
        let page = vec![0; tree.pages_of(tree.depth)[0].len()];
        let shift = direct.then_some(64 - bits);
        let mut builder = Builder { tree, page, leaf: 0, last: 0, shift, list: Vec::new(), begun: false };
        builder.last = builder.place(Token(range.left.0.wrapping_add(1))).1;
        builder
    }

    /// Adds rows that come after those there are.
    pub fn add(&mut self, rows: impl Iterator<Item = (Token, Item)>) {
        let (words, hashes) = (words_of(self.tree.policy.digest), self.tree.policy.combine == Combine::Hash);
        let range = self.tree.range;
        let mut count = 0;
        // One row at a time, by value: digests fresh from the function must not be copied about.
        rows.for_each(|(token, item)| {
            let offset = range.offset(token) as u64;
            if offset > self.last {
                self.turn(token);
            }
            if let Some(shift) = self.shift {
                self.leaf = offset >> shift;
            }
            count += 1;
            self.begun = true;
            match (hashes, words) {
                (true, _) => append(&mut self.list, &item[..words]),
                (false, 1) => self.page[(self.leaf & PAGE_MASK) as usize] ^= item[0],
                (false, _) => xor(place_in(&mut self.page, self.leaf, words), &item),
            }
        });
        self.tree.computed += count;
    }

    /// The leaf of a token, and how far the last one lies into the range that needs no turn.
    fn place(&self, token: Token) -> (u64, u64) {
        let leaves = self.tree.leaves();
        match self.shift {
            Some(shift) => {
                let offset = self.tree.range.offset(token) as u64;
                (offset >> shift, offset | u64::MAX.checked_shr(64 - shift.saturating_add(PAGE_BITS).min(64)).unwrap_or(0))
            }
            None => leaf_of(self.tree.range, token, leaves),
        }
    }

    /// The next row is of another leaf, or of another page.
    fn turn(&mut self, token: Token) {
        self.close();
        let (leaf, last) = self.place(token);
        if leaf >> PAGE_BITS != self.leaf >> PAGE_BITS {
            self.store();
        }
        (self.leaf, self.last) = (leaf, last);
    }

    /// The leaf at work is complete.
    fn close(&mut self) {
        let words = words_of(self.tree.policy.digest);
        let place = place_in(&mut self.page, self.leaf, words);
        close(self.tree.policy.digest, &mut self.list, place, &mut self.tree.computed);
    }

    /// The page at work is complete. One without rows takes no room.
    fn store(&mut self) {
        if !std::mem::take(&mut self.begun) {
            return;
        }
        let (depth, number) = (self.tree.depth, self.leaf >> PAGE_BITS);
        self.tree.pages[self.tree.first[depth as usize] as usize + number as usize] = Arc::from(&self.page[..]);
        self.page.fill(0);
        self.tree.fold(depth, number, &mut self.list);
    }

    /// All rows have come: the levels above.
    pub fn done(mut self) -> Tree {
        self.close();
        self.store();
        for level in (1..self.tree.depth).rev() {
            let pages = self.tree.pages_of(level).len() as u64;
            (0..pages).for_each(|number| self.tree.fold(level, number, &mut self.list));
        }
        self.tree
    }
}

/// The leaf that a token of the range falls into, of so many (a power of two), and how far the leaf's last token lies into the range.
fn leaf_of(range: TokenRange, token: Token, leaves: u64) -> (u64, u64) {
    let (offset, bits) = (range.offset(token) as u64, leaves.trailing_zeros());
    if range.left == range.right {
        // The whole ring: no division.
        return (offset.checked_shr(64 - bits).unwrap_or(0), offset | u64::MAX.checked_shr(bits).unwrap_or(0));
    }
    let leaf = range.part_of(token, leaves);
    (leaf, (range.begin_of(leaf + 1, leaves) - 1) as u64)
}

/// A node's words in its page.
fn place_in(page: &mut [u64], index: u64, words: usize) -> &mut [u64] {
    &mut page[(index & PAGE_MASK) as usize * words..][..words]
}

fn xor(into: &mut [u64], item: &[u64]) {
    into.iter_mut().zip(item).for_each(|(word, other)| *word ^= other);
}

fn append(list: &mut Vec<u8>, words: &[u64]) {
    words.iter().for_each(|word| list.extend_from_slice(&word.to_be_bytes()));
}

/// A leaf's rows are complete: hashes their digests, if there are any. Leaves the list empty.
fn close(function: DigestFunction, list: &mut Vec<u8>, leaf: &mut [u64], computed: &mut u64) {
    if !list.is_empty() {
        *computed += 1;
        leaf.iter_mut().zip(function.words(list)).for_each(|(word, new)| *word = new);
        list.clear();
    }
}

/// Hashes children into their parent, which is zero if all of them are.
fn hash_children(function: DigestFunction, children: &[u64], list: &mut Vec<u8>, parent: &mut [u64], computed: &mut u64) {
    parent.fill(0);
    if children.iter().any(|word| *word != 0) {
        append(list, children);
        close(function, list, parent, computed);
    }
}
