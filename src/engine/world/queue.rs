//! The event queue: what happens next, by time and then by order of scheduling.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::engine::base::Micros;

/// A handle to something scheduled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(u32);

#[derive(Debug, Clone)]
struct Entry<T> {
    /// The number under which it was last scheduled; heap entries with another number are stale.
    seq: u64,
    item: Option<T>,
}

/// A priority queue whose items stay in one place and can be moved to another time.
#[derive(Debug, Clone)]
pub(super) struct Queue<T> {
    heap: BinaryHeap<Reverse<(Micros, u64, Slot)>>,
    entries: Vec<Entry<T>>,
    free: Vec<Slot>,
    next_seq: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Queue { heap: BinaryHeap::new(), entries: Vec::new(), free: Vec::new(), next_seq: 0 }
    }
}

impl<T> Queue<T> {
    /// Schedules `item` at `at`, after everything already scheduled for that instant.
    pub(super) fn push(&mut self, at: Micros, item: T) {
        let seq = self.next_seq;
        self.next_seq += 1;
        let entry = Entry { seq, item: Some(item) };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.entries[slot.0 as usize] = entry;
                slot
            }
            None => {
                self.entries.push(entry);
                Slot(self.entries.len() as u32 - 1)
            }
        };
        self.heap.push(Reverse((at, seq, slot)));
    }

    /// Moves something scheduled to another time.
    pub(super) fn reschedule(&mut self, slot: Slot, at: Micros) {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.entries[slot.0 as usize].seq = seq;
        self.heap.push(Reverse((at, seq, slot)));
    }

    /// When the next item is due.
    pub(super) fn next_at(&mut self) -> Option<Micros> {
        while let Some(Reverse((at, seq, slot))) = self.heap.peek() {
            let entry = &self.entries[slot.0 as usize];
            if entry.seq == *seq && entry.item.is_some() {
                return Some(*at);
            }
            self.heap.pop();
        }
        None
    }

    /// The next item, once [`Queue::next_at`] has been asked for it.
    pub(super) fn peek(&self) -> Option<&T> {
        let Reverse((_, _, slot)) = self.heap.peek()?;
        self.entries[slot.0 as usize].item.as_ref()
    }

    /// Takes the next item out.
    pub(super) fn pop(&mut self) -> Option<(Micros, T)> {
        while let Some(Reverse((at, seq, slot))) = self.heap.pop() {
            let entry = &mut self.entries[slot.0 as usize];
            if entry.seq == seq
                && let Some(item) = entry.item.take()
            {
                self.free.push(slot);
                return Some((at, item));
            }
        }
        None
    }

    /// Everything scheduled, in no meaningful order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().filter_map(|entry| entry.item.as_ref())
    }

    /// Everything scheduled, to change in place; what comes with it is the handle for [`Queue::reschedule`].
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (Slot, &mut T)> {
        self.entries.iter_mut().enumerate().filter_map(|(i, e)| Some((Slot(i as u32), e.item.as_mut()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_times_keep_their_order_and_moved_items_move() {
        let mut queue = Queue::default();
        for (at, item) in [(5, 'a'), (3, 'b'), (5, 'c'), (3, 'd')] {
            queue.push(Micros(at), item);
        }
        let slot = queue.iter_mut().find(|(_, item)| **item == 'b').map(|(slot, _)| slot);
        queue.reschedule(slot.expect("scheduled above"), Micros(4));
        assert_eq!(queue.next_at(), Some(Micros(3)));
        let order: String = std::iter::from_fn(|| queue.pop()).map(|(_, item)| item).collect();
        assert_eq!(order, "dbac");
        assert_eq!(queue.next_at(), None);
    }
}
