//! A radix trie over hashed keys, with a hash for each node (Garage, `src/table/merkle.rs`): its shape follows from the keys alone, so that equal
//! rows make equal tries in whatever order they came.

use std::sync::Arc;

use crate::engine::base::{Digest, DigestFunction, Sink, Wire};
use crate::engine::data::Key;

/// A node as its hash and what is below it. Clones share everything.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Branch {
    hash: Digest,
    below: Arc<Below>,
}

#[derive(Debug, PartialEq, Eq)]
enum Below {
    /// The only row here: it stands as near to the root as it can.
    Leaf(Key, Digest),
    /// What lies behind each next byte, in order. Never a single leaf.
    Inner(Vec<(u8, Branch)>),
}

/// A node of a trie, as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrieNode {
    /// There are no rows here.
    Empty,
    /// The next bytes of the keys here, each with the hash of what lies behind it.
    Inner(Box<[(u8, Digest)]>),
    /// One row: its key and its digest.
    Leaf(Key, Digest),
}

impl Wire for TrieNode {
    fn encode<S: Sink>(&self, sink: &mut S) {
        match self {
            TrieNode::Empty => sink.u8(0),
            TrieNode::Inner(children) => {
                sink.u8(1);
                sink.u32(children.len() as u32);
                for (byte, hash) in children {
                    sink.u8(*byte);
                    sink.put(hash.bytes());
                }
            }
            TrieNode::Leaf(key, digest) => {
                sink.u8(2);
                key.encode(sink);
                sink.put(digest.bytes());
            }
        }
    }
}

/// The bytes that lead to a key: its token, then its name with the length before it, so that no key's path is the beginning of another's.
fn path_of(key: &Key) -> Vec<u8> {
    let mut path = key.token().0.to_be_bytes().to_vec();
    path.extend_from_slice(&(key.name().len() as u16).to_be_bytes());
    path.extend_from_slice(key.name().as_bytes());
    path
}

/// A radix trie. A clone is a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trie {
    function: DigestFunction,
    root: Option<Branch>,
    /// How many rows it has.
    rows: u64,
    /// How many hashes have been computed for it so far.
    computed: u64,
}

impl Trie {
    /// A trie over these rows, in whatever order.
    pub fn build(function: DigestFunction, rows: impl Iterator<Item = (Key, Digest)>) -> Trie {
        let mut rows: Vec<(Key, Digest)> = rows.collect();
        rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut builder = TrieBuilder::new(function);
        rows.iter().for_each(|(key, digest)| builder.add(key, *digest));
        builder.done()
    }

    fn grow(&mut self, list: &[(Vec<u8>, Key, Digest)], depth: usize) -> Option<Branch> {
        if let [] | [_] = list {
            return list.first().map(|(_, key, digest)| self.branch(Below::Leaf(key.clone(), *digest)));
        }
        let byte = |row: &(Vec<u8>, Key, Digest)| row.0.get(depth).copied().unwrap_or(0);
        let parts = list.chunk_by(|a, b| byte(a) == byte(b));
        let children = parts.filter_map(|part| Some((byte(part.first()?), self.grow(part, depth + 1)?))).collect();
        Some(self.branch(Below::Inner(children)))
    }

    /// A row has come, has changed, or (without a digest) is gone.
    pub fn set(&mut self, key: &Key, digest: Option<Digest>) {
        let root = self.root.take();
        let path = path_of(key);
        self.root = self.put(root, &path, 0, (key, digest));
    }

    fn put(&mut self, at: Option<Branch>, path: &[u8], depth: usize, (key, digest): (&Key, Option<Digest>)) -> Option<Branch> {
        let Some(branch) = at else {
            self.rows += u64::from(digest.is_some());
            return digest.map(|digest| self.branch(Below::Leaf(key.clone(), digest)));
        };
        let byte = path.get(depth).copied().unwrap_or(0);
        let mut children = match &*branch.below {
            Below::Leaf(other, _) if other == key => {
                self.rows -= u64::from(digest.is_none());
                return digest.map(|digest| self.branch(Below::Leaf(key.clone(), digest)));
            }
            Below::Leaf(..) if digest.is_none() => return Some(branch),
            // One step down, where the two may part.
            Below::Leaf(other, _) => vec![(path_of(other).get(depth).copied().unwrap_or(0), branch.clone())],
            Below::Inner(children) => children.clone(),
        };
        match children.binary_search_by_key(&byte, |(byte, _)| *byte) {
            Ok(i) => {
                let child = children[i].1.clone();
                match self.put(Some(child), path, depth + 1, (key, digest)) {
                    Some(child) => children[i].1 = child,
                    None => _ = children.remove(i),
                }
            }
            Err(i) => {
                if let Some(child) = self.put(None, path, depth + 1, (key, digest)) {
                    children.insert(i, (byte, child));
                }
            }
        }
        match children.as_slice() {
            [] => None,
            // A leaf that is alone moves up.
            [(_, only)] if matches!(*only.below, Below::Leaf(..)) => Some(only.clone()),
            _ => Some(self.branch(Below::Inner(children))),
        }
    }

    fn branch(&mut self, below: Below) -> Branch {
        self.computed += 1;
        Branch { hash: self.function.of(&below.shown()), below: Arc::new(below) }
    }

    /// The hash of everything; zero if there is nothing.
    pub fn root(&self) -> Digest {
        self.root.as_ref().map_or_else(|| Digest::of_words(&vec![0; (self.function.size() / 8) as usize]), |root| root.hash)
    }

    /// The node that these bytes lead to. A leaf is only where it stands, not further down its path.
    pub fn node(&self, prefix: &[u8]) -> TrieNode {
        let mut at = self.root.as_ref();
        for byte in prefix {
            at = match at.map(|branch| &*branch.below) {
                Some(Below::Inner(children)) => {
                    children.binary_search_by_key(byte, |(byte, _)| *byte).ok().and_then(|i| Some(&children.get(i)?.1))
                }
                _ => None,
            };
        }
        at.map_or(TrieNode::Empty, |branch| branch.below.shown())
    }

    /// How many rows it has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many hashes have been computed for it so far.
    pub fn computed(&self) -> u64 {
        self.computed
    }
}

/// A trie that is being made of rows in the order of their keys: what lies behind each first byte as soon as it is complete.
#[derive(Debug, Clone)]
pub struct TrieBuilder {
    trie: Trie,
    /// Rows of the byte at work, with their paths.
    list: Vec<(Vec<u8>, Key, Digest)>,
    children: Vec<(u8, Branch)>,
}

impl TrieBuilder {
    /// A trie without rows so far.
    pub fn new(function: DigestFunction) -> TrieBuilder {
        TrieBuilder { trie: Trie { function, root: None, rows: 0, computed: 0 }, list: Vec::new(), children: Vec::new() }
    }

    /// One more row.
    pub fn add(&mut self, key: &Key, digest: Digest) {
        let path = path_of(key);
        if self.list.first().is_some_and(|(first, ..)| first.first() != path.first()) {
            self.close();
        }
        self.trie.rows += 1;
        self.list.push((path, key.clone(), digest));
    }

    /// The byte at work is complete.
    fn close(&mut self) {
        let mut list = std::mem::take(&mut self.list);
        // Keys of one token are ordered by their names, paths by the lengths of these first.
        list.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        if let Some((byte, branch)) = list.first().and_then(|(path, ..)| path.first().copied()).zip(self.trie.grow(&list, 1)) {
            self.children.push((byte, branch));
        }
    }

    /// All rows have come.
    pub fn done(mut self) -> Trie {
        self.close();
        self.trie.root = match self.children.as_slice() {
            [] => None,
            // A leaf that is alone moves up.
            [(_, only)] if matches!(*only.below, Below::Leaf(..)) => Some(only.clone()),
            _ => Some(self.trie.branch(Below::Inner(self.children))),
        };
        self.trie
    }
}

impl Below {
    fn shown(&self) -> TrieNode {
        match self {
            Below::Leaf(key, digest) => TrieNode::Leaf(key.clone(), *digest),
            Below::Inner(children) => TrieNode::Inner(children.iter().map(|(byte, child)| (*byte, child.hash)).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(n: u8) -> Digest {
        Digest::of_bytes(&[n])
    }

    #[test]
    fn the_shape_is_that_of_the_keys_whatever_the_order() {
        let keys: Vec<Key> = (0..200).map(|n| Key::new(&format!("k{n}"))).collect();
        let all = |keys: &[Key]| Trie::build(DigestFunction::Xxh64, keys.iter().map(|key| (key.clone(), digest(1))));
        let mut trie = all(&[]);
        for key in keys.iter().rev() {
            trie.set(key, Some(digest(9)));
            trie.set(key, Some(digest(1)));
        }
        assert_eq!((trie.root(), trie.rows()), (all(&keys).root(), 200));
        for gone in &keys[50..] {
            trie.set(gone, None);
            trie.set(gone, None);
        }
        assert_eq!((&trie.root, trie.rows()), (&all(&keys[..50]).root, 50));
        keys[..50].iter().for_each(|key| trie.set(key, None));
        assert_eq!((trie.root(), trie.rows(), trie.node(&[])), (all(&[]).root(), 0, TrieNode::Empty));
    }

    #[test]
    fn a_leaf_stands_as_near_to_the_root_as_it_can() {
        let (a, b) = (Key::new("a"), Key::new("b"));
        let mut trie = Trie::build(DigestFunction::Sha256, [(a.clone(), digest(1))].into_iter());
        assert_eq!(trie.node(&[]), TrieNode::Leaf(a.clone(), digest(1)));
        assert_eq!(trie.node(&path_of(&a)[..1]), TrieNode::Empty, "and nowhere else");
        trie.set(&b, Some(digest(2)));
        let apart = path_of(&a).iter().zip(path_of(&b)).position(|(x, y)| *x != y).expect("their tokens differ");
        assert!(matches!(trie.node(&path_of(&a)[..apart]), TrieNode::Inner(children) if children.len() == 2));
        assert_eq!(trie.node(&path_of(&b)[..=apart]), TrieNode::Leaf(b, digest(2)));
        assert_eq!(trie.root().bytes().len(), 32);
    }
}
