//! Whether the calls on one key are linearizable: whether each can be given an instant between its beginning and its end so that every
//! read is shown what the last write before it wrote (M. Herlihy, J. Wing: Linearizability, 1990).
//!
//! The search is that of J. Wing and C. Gong (Testing and verifying concurrent objects, 1993): take any call that may come first, carry it
//! out, go on with the rest. With G. Lowe (Testing for linearizability, 2017) it remembers where it has been, so that no set of calls
//! carried out with the same value showing is looked at twice. Three things make it quick on a single register: a read that may come now
//! and fits is taken at once, since it changes nothing; a write of unknown outcome that no read shows is left out; and a value with reads
//! still to come is not overwritten by a write if nobody can write it again.

use crate::engine::base::{arrange, set_of};
use std::collections::{BTreeMap, BTreeSet};

use super::call::{Act, Call, Mark};

/// What the search found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Some order explains everything.
    Yes,
    /// No order does.
    No,
    /// The search was given up after its budget of places.
    Unknown,
}

/// A place of the search: which calls have been carried out, and what the key shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Every call that surely happened and comes before this one has been carried out.
    low: u32,
    /// Those carried out beyond `low`, ascending.
    ahead: Vec<u32>,
    /// Writes of unknown outcome carried out, ascending.
    spent: Vec<u32>,
    /// What the key shows.
    shows: Mark,
}

/// The calls, prepared.
struct Search<'a> {
    /// Calls that surely happened, in the order in which they began.
    sure: Vec<&'a Call>,
    /// Writes of unknown outcome that some read shows, in the order in which they began.
    maybe: Vec<&'a Call>,
    /// Per mark the sure reads of it, its sure writes, and its writes of unknown outcome.
    uses: BTreeMap<Mark, [Vec<u32>; 3]>,
}

/// Searches for an order, looking at no more than `budget` places.
pub fn linearizable(calls: &[Call], budget: u32) -> Answer {
    let search = Search::new(calls);
    let start = search.settled(Place { low: 0, ahead: Vec::new(), spent: Vec::new(), shows: Mark::NOTHING });
    let mut seen = BTreeSet::from([start.clone()]);
    let mut open = vec![start];
    while let Some(place) = open.pop() {
        if place.low as usize == search.sure.len() {
            return Answer::Yes;
        }
        if seen.len() >= budget as usize {
            return Answer::Unknown;
        }
        for next in search.after(&place) {
            if seen.insert(next.clone()) {
                open.push(next);
            }
        }
    }
    Answer::No
}

impl<'a> Search<'a> {
    fn new(calls: &'a [Call]) -> Search<'a> {
        let shown = set_of(calls.iter().filter(|c| c.is_read() && c.ended.is_some()).map(|c| c.act.mark()));
        let mut sure: Vec<&Call> = calls.iter().filter(|c| c.ended.is_some()).collect();
        let mut maybe: Vec<&Call> = calls.iter().filter(|c| c.ended.is_none() && !c.is_read() && shown.contains(&c.act.mark())).collect();
        arrange(&mut sure, |a, b| a.began.cmp(&b.began));
        arrange(&mut maybe, |a, b| a.began.cmp(&b.began));
        let mut uses: BTreeMap<Mark, [Vec<u32>; 3]> = BTreeMap::new();
        for (i, call) in sure.iter().enumerate() {
            uses.entry(call.act.mark()).or_default()[usize::from(!call.is_read())].push(i as u32);
        }
        for (i, call) in maybe.iter().enumerate() {
            uses.entry(call.act.mark()).or_default()[2].push(i as u32);
        }
        Search { sure, maybe, uses }
    }

    /// Calls that may be carried out next: begun before any other that is still to come had ended. And when the first of these ends.
    fn front(&self, place: &Place) -> (Vec<u32>, u32) {
        let mut deadline = u32::MAX;
        let mut front = Vec::new();
        for (i, call) in self.sure.iter().enumerate().skip(place.low as usize) {
            if call.began > deadline {
                break;
            }
            if place.ahead.binary_search(&(i as u32)).is_err() {
                deadline = deadline.min(call.ended.unwrap_or(u32::MAX));
                front.push(i as u32);
            }
        }
        // A call seen early may have begun after the end of one seen later.
        front.retain(|i| self.sure[*i as usize].began < deadline);
        (front, deadline)
    }

    /// Takes every read that fits, as long as there is one.
    fn settled(&self, mut place: Place) -> Place {
        loop {
            let (front, _) = self.front(&place);
            let fits = front.into_iter().filter(|i| self.sure[*i as usize].act == Act::Read(place.shows));
            let fits: Vec<u32> = fits.collect();
            if fits.is_empty() {
                return place;
            }
            for i in fits {
                place.take(i);
            }
        }
    }

    /// Whether a read of what shows is still to come although nobody can write it again.
    fn is_still_wanted(&self, place: &Place) -> bool {
        self.uses.get(&place.shows).is_some_and(|[reads, writes, maybe]| {
            reads.iter().any(|i| !place.has(*i))
                && writes.iter().all(|i| place.has(*i))
                && maybe.iter().all(|i| place.spent.binary_search(i).is_ok())
        })
    }

    /// Every place one write further on, the most urgent last.
    fn after(&self, place: &Place) -> Vec<Place> {
        if self.is_still_wanted(place) {
            return Vec::new();
        }
        let (front, deadline) = self.front(place);
        let mut next = Vec::new();
        for (i, call) in self.maybe.iter().enumerate().take_while(|(_, c)| c.began < deadline) {
            let reads = self.uses.get(&call.act.mark()).map_or(&[][..], |u| &u[0]);
            if let Err(at) = place.spent.binary_search(&(i as u32))
                && reads.iter().any(|r| !place.has(*r))
            {
                let mut after = place.clone();
                after.spent.insert(at, i as u32);
                after.shows = call.act.mark();
                next.push(self.settled(after));
            }
        }
        let mut writes: Vec<u32> = front.into_iter().filter(|i| !self.sure[*i as usize].is_read()).collect();
        arrange(&mut writes, |a, b| self.sure[*b as usize].ended.cmp(&self.sure[*a as usize].ended));
        for i in writes {
            let mut after = place.clone();
            after.take(i);
            after.shows = self.sure[i as usize].act.mark();
            next.push(self.settled(after));
        }
        next
    }
}

impl Place {
    fn has(&self, i: u32) -> bool {
        i < self.low || self.ahead.binary_search(&i).is_ok()
    }

    fn take(&mut self, i: u32) {
        if let Err(at) = self.ahead.binary_search(&i) {
            self.ahead.insert(at, i);
        }
        while self.ahead.first() == Some(&self.low) {
            self.ahead.remove(0);
            self.low += 1;
        }
    }
}
