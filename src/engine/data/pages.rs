//! An ordered map in copy-on-write pages.
//!
//! A snapshot of a million rows is one reference count; the first write after it copies the page index and one page.

use std::cmp::Ordering;
use std::sync::Arc;

/// Entries at which a page is split in two.
pub const PAGE_MAX: usize = 128;

/// Entries of one page, sorted by key.
pub type Page<K, V> = Arc<Vec<(K, V)>>;

/// A key with its value in one map and in another one.
pub type Changed<K, V> = Vec<(K, Option<V>, Option<V>)>;

/// An ordered map whose clones share all pages until one side writes.
#[derive(Debug, Clone)]
pub struct PageMap<K, V> {
    /// No page is empty; keys ascend within pages and across them.
    pages: Arc<Vec<Page<K, V>>>,
    len: u64,
}

impl<K: Ord + Clone, V: Clone> Default for PageMap<K, V> {
    fn default() -> Self {
        PageMap { pages: Arc::new(Vec::new()), len: 0 }
    }
}

impl<K: Ord + Clone, V: Clone> PageMap<K, V> {
    /// How many entries there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The page where `key` is or would be, and its place in it (`Ok` if present).
    fn find(&self, key: &K) -> (usize, Result<usize, usize>) {
        let after = self.pages.partition_point(|page| page.first().is_some_and(|(first, _)| first <= key));
        let page = after.saturating_sub(1);
        let place = self.pages.get(page).map_or(Err(0), |p| p.binary_search_by(|(k, _)| k.cmp(key)));
        (page, place)
    }

    /// The value at `key`.
    pub fn get(&self, key: &K) -> Option<&V> {
        let (page, place) = self.find(key);
        place.ok().map(|i| &self.pages[page][i].1)
    }

    /// Puts `value` at `key` and returns what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (at, place) = self.find(&key);
        let pages = Arc::make_mut(&mut self.pages);
        if pages.is_empty() {
            pages.push(Arc::new(Vec::new()));
        }
        let page = Arc::make_mut(&mut pages[at]);
        match place {
            Ok(i) => Some(std::mem::replace(&mut page[i].1, value)),
            Err(i) => {
                page.insert(i, (key, value));
                self.len += 1;
                if page.len() > PAGE_MAX {
                    let upper = page.split_off(PAGE_MAX / 2);
                    pages.insert(at + 1, Arc::new(upper));
                }
                None
            }
        }
    }

    /// Takes the entry at `key` out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let (at, place) = self.find(key);
        let i = place.ok()?;
        let pages = Arc::make_mut(&mut self.pages);
        let page = Arc::make_mut(&mut pages[at]);
        let (_, value) = page.remove(i);
        if page.is_empty() {
            pages.remove(at);
        }
        self.len -= 1;
        Some(value)
    }

    /// All entries in key order.
    pub fn iter(&self) -> impl Iterator<Item = &(K, V)> {
        self.pages.iter().flat_map(|page| page.iter())
    }

    /// Entries in key order from the first that is not `before`, which must hold for a beginning of the keys only.
    pub fn iter_from(&self, before: impl Fn(&K) -> bool) -> impl Iterator<Item = &(K, V)> {
        let page = self.pages.partition_point(|page| page.last().is_some_and(|(last, _)| before(last)));
        let place = self.pages.get(page).map_or(0, |p| p.partition_point(|(key, _)| before(key)));
        self.pages.get(page).into_iter().flat_map(move |p| &p[place..]).chain(self.pages.iter().skip(page + 1).flat_map(|p| p.iter()))
    }

    /// How many entries come before the first that is not `before`, which must hold for a beginning of the keys only. Looks at one page.
    pub fn count_before(&self, before: impl Fn(&K) -> bool) -> u64 {
        let page = self.pages.partition_point(|page| page.last().is_some_and(|(last, _)| before(last)));
        let place = self.pages.get(page).map_or(0, |p| p.partition_point(|(key, _)| before(key)));
        self.pages.iter().take(page).map(|page| page.len() as u64).sum::<u64>() + place as u64
    }

    /// A map of pages that other maps may share. Their keys ascend within pages and across them, and none is empty.
    pub fn of_pages(pages: Vec<Page<K, V>>) -> PageMap<K, V> {
        let len = pages.iter().map(|page| page.len() as u64).sum();
        PageMap { pages: Arc::new(pages), len }
    }

    /// Drops the last so many pages. Returns whether any are left.
    pub fn shed(&mut self, pages: usize) -> bool {
        let all = Arc::make_mut(&mut self.pages);
        let left = all.len().saturating_sub(pages);
        self.len -= all.drain(left..).map(|page| page.len() as u64).sum::<u64>();
        left > 0
    }

    /// Entries that are not the same in both maps, in key order. Pages that both share are passed over.
    pub fn changed(&self, after: &PageMap<K, V>) -> Changed<K, V>
    where
        V: PartialEq,
    {
        let (mut old, mut new) = (Walk::over(&self.pages), Walk::over(&after.pages));
        let mut found = Vec::new();
        loop {
            if old.at == 0 && new.at == 0 && old.pages.first().zip(new.pages.first()).is_some_and(|(a, b)| Arc::ptr_eq(a, b)) {
                (old.pages, new.pages) = (&old.pages[1..], &new.pages[1..]);
                continue;
            }
            let order = match (old.entry(), new.entry()) {
                (None, None) => return found,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((a, _)), Some((b, _))) => a.cmp(b),
            };
            let before = old.entry().filter(|_| order.is_le());
            let after = new.entry().filter(|_| order.is_ge());
            if let Some((key, _)) = before.or(after)
                && before.map(|entry| &entry.1) != after.map(|entry| &entry.1)
            {
                found.push((key.clone(), before.map(|entry| entry.1.clone()), after.map(|entry| entry.1.clone())));
            }
            if before.is_some() {
                old.next();
            }
            if after.is_some() {
                new.next();
            }
        }
    }

    /// A map of entries that are already sorted by key and free of repeats; full pages, no search.
    pub fn from_sorted(entries: impl Iterator<Item = (K, V)>) -> PageMap<K, V> {
        let (mut pages, mut page, mut len) = (Vec::new(), Vec::with_capacity(PAGE_MAX), 0);
        for entry in entries {
            page.push(entry);
            len += 1;
            if page.len() == PAGE_MAX {
                pages.push(Arc::new(std::mem::replace(&mut page, Vec::with_capacity(PAGE_MAX))));
            }
        }
        if !page.is_empty() {
            pages.push(Arc::new(page));
        }
        PageMap { pages: Arc::new(pages), len }
    }
}

/// A place in a list of pages.
struct Walk<'a, K, V> {
    pages: &'a [Page<K, V>],
    /// The entry of the first page.
    at: usize,
}

impl<'a, K, V> Walk<'a, K, V> {
    fn over(pages: &'a [Page<K, V>]) -> Self {
        Walk { pages, at: 0 }
    }

    fn entry(&self) -> Option<&'a (K, V)> {
        self.pages.first()?.get(self.at)
    }

    fn next(&mut self) {
        self.at += 1;
        if self.pages.first().is_some_and(|page| self.at >= page.len()) {
            (self.pages, self.at) = (&self.pages[1..], 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn behaves_like_a_tree_map_and_snapshots_do_not_move() {
        let (mut map, mut model) = (PageMap::default(), BTreeMap::new());
        let mut snapshots = Vec::new();
        let mut n = 1u64;
        for step in 0..5_000u64 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = (n >> 33) % 700;
            if n >> 62 == 0 {
                assert_eq!(map.remove(&key), model.remove(&key));
            } else {
                assert_eq!(map.insert(key, step), model.insert(key, step));
            }
            if step % 500 == 0 {
                snapshots.push((map.clone(), model.clone()));
            }
        }
        snapshots.push((map, model));
        for (map, model) in snapshots {
            assert_eq!(map.len(), model.len() as u64);
            assert!(map.iter().map(|(k, v)| (k, v)).eq(model.iter()));
            assert!((0..700).all(|k| map.get(&k) == model.get(&k)));
            for from in [0, 1, 333, 699, 700] {
                assert!(map.iter_from(|k| *k < from).map(|(k, v)| (k, v)).eq(model.range(from..)));
            }
        }
    }

    #[test]
    fn what_changed_is_found_beside_shared_pages() {
        let old = PageMap::from_sorted((0..1_000u32).map(|k| (2 * k, k)));
        let mut new = old.clone();
        assert_eq!(old.changed(&new), []);
        new.insert(501, 7);
        new.insert(1_200, 8);
        new.remove(&0);
        new.remove(&1_998);
        new.insert(5_000, 9);
        let both =
            [(0, Some(0), None), (501, None, Some(7)), (1_200, Some(600), Some(8)), (1_998, Some(999), None), (5_000, None, Some(9))];
        assert_eq!(old.changed(&new), both);
        assert_eq!(new.changed(&old).len(), 5);
        assert_eq!(PageMap::default().changed(&old).len(), 1_000);
        assert_eq!([0, 1, 2, 501, 1_999].map(|k| old.count_before(|key| *key < k)), [0, 1, 1, 251, 1_000]);
    }

    #[test]
    fn bulk_and_single_inserts_agree() {
        let bulk = PageMap::from_sorted((0..1_000u32).map(|k| (k, k)));
        let mut one = PageMap::default();
        for k in (0..1_000u32).rev() {
            one.insert(k, k);
        }
        assert!(bulk.iter().eq(one.iter()));
        assert_eq!(bulk.len(), 1_000);
        let (mut less, kept) = (bulk.clone(), bulk);
        assert!(less.shed(2));
        assert!(less.iter().eq(kept.iter().take(less.len() as usize)) && less.len() < 1_000);
        assert!(!less.shed(100) && less.is_empty() && kept.len() == 1_000);
    }
}
