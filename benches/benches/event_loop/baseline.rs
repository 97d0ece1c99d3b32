//! What the work costs with nothing around it, in three steps towards what our world must do at least.
use crate::work::{Draw, Message, PEERS};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A heap of (time, number, receiver).
pub fn bare(pending: usize, events: u64) -> Duration {
    let start = Instant::now();
    let (mut draw, mut queue, mut handled) = (Draw::new(), BinaryHeap::new(), [0_u64; PEERS as usize]);
    let mut sent = 0;
    let mut send = |now: u64, queue: &mut BinaryHeap<_>| {
        if sent < events {
            let (delay, to) = draw.message();
            queue.push(Reverse((now + delay, sent, to)));
            sent += 1;
        }
    };
    for _ in 0..pending {
        send(0, &mut queue);
    }
    while let Some(Reverse((now, _, to))) = queue.pop() {
        handled[to as usize] += 1;
        send(now, &mut queue);
    }
    assert_eq!(handled.iter().sum::<u64>(), events);
    start.elapsed()
}

/// Messages kept aside, so that the heap moves only small entries.
#[derive(Default)]
struct Slab {
    messages: Vec<Message>,
    free: Vec<u32>,
}

impl Slab {
    fn put(&mut self, message: Message) -> u32 {
        if let Some(slot) = self.free.pop() {
            self.messages[slot as usize] = message;
            return slot;
        }
        self.messages.push(message);
        self.messages.len() as u32 - 1
    }

    fn take(&mut self, slot: u32) -> Message {
        self.free.push(slot);
        self.messages[slot as usize]
    }
}

/// What is kept of an event: when, which, its cause, and to whom.
struct Record {
    at: u64,
    number: u64,
    cause: u64,
    to: u32,
}

/// The heap with an 80-byte message for each entry.
pub fn slab(pending: usize, events: u64) -> Duration {
    with_messages(pending, events, |_| {})
}

/// The same with a record of every event.
pub fn trace(pending: usize, events: u64) -> Duration {
    let mut kept = Vec::new();
    let time = with_messages(pending, events, |record| kept.push(record));
    assert_eq!(kept.len() as u64, events);
    let weighed = kept.iter().fold(0, |sum, r: &Record| sum ^ r.at ^ r.number ^ r.cause ^ u64::from(r.to));
    black_box(weighed);
    time
}

fn with_messages(pending: usize, events: u64, mut keep: impl FnMut(Record)) -> Duration {
    let start = Instant::now();
    let (mut draw, mut queue, mut handled) = (Draw::new(), BinaryHeap::new(), [0_u64; PEERS as usize]);
    let (mut slab, mut sent) = (Slab::default(), 0);
    let mut send = |now: u64, message: Message, slab: &mut Slab, queue: &mut BinaryHeap<_>| {
        if sent < events {
            let (delay, to) = draw.message();
            queue.push(Reverse((now + delay, sent, to, slab.put(message))));
            sent += 1;
        }
    };
    for _ in 0..pending {
        send(0, Message::default(), &mut slab, &mut queue);
    }
    while let Some(Reverse((at, number, to, slot))) = queue.pop() {
        let mut message = slab.take(slot);
        handled[to as usize] += 1;
        keep(Record { at, number, cause: message[0], to });
        // The next message names this one as its cause and carries one hop more.
        message[0] = number;
        message[9] += 1;
        send(at, message, &mut slab, &mut queue);
    }
    assert_eq!(handled.iter().sum::<u64>(), events);
    start.elapsed()
}
