//! Other simulators doing the same work, each in the way its own examples do things.
use crate::work::{Draw, Message, PEERS};
use desque::SimState;
use desque::serial::{Event, Simulation};
use nexosim::model::{Context, Model, schedulable};
use nexosim::simulation::{Mailbox, SimInit};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// Desque's state: the draws, and what each peer has handled.
struct Cluster {
    draw: Draw,
    handled: [u64; PEERS as usize],
    sent: u64,
    events: u64,
}

impl SimState<u64> for Cluster {}

#[derive(Debug)]
struct Arrival {
    to: u32,
    message: Message,
}

fn send(sim: &mut Simulation<Cluster, u64>, message: Message) -> desque::Result {
    if sim.state().sent == sim.state().events {
        return Ok(());
    }
    sim.state_mut().sent += 1;
    let (delay, to) = sim.state_mut().draw.message();
    sim.schedule_with_delay(Arrival { to, message }, delay)
}

impl Event<Cluster, u64> for Arrival {
    fn execute(&mut self, sim: &mut Simulation<Cluster, u64>) -> desque::Result {
        sim.state_mut().handled[self.to as usize] += 1;
        let mut message = self.message;
        message[9] += 1;
        send(sim, message)
    }
}

/// The crate desque: a heap of boxed events.
pub fn desque(pending: usize, events: u64) -> Duration {
    let start = Instant::now();
    let cluster = Cluster { draw: Draw::new(), handled: [0; PEERS as usize], sent: 0, events };
    let mut sim = Simulation::new(cluster, 0);
    for _ in 0..pending {
        send(&mut sim, Message::default()).expect("room for the first messages");
    }
    sim.run().expect("a run without errors");
    assert_eq!(sim.state().handled.iter().sum::<u64>(), events);
    start.elapsed()
}

/// A nexosim model: keeps its share of the messages going. Sending through ports between models would only add to it.
#[derive(Serialize, Deserialize)]
struct Peer {
    seed: u64,
    pending: u64,
    sent: u64,
    handled: u64,
    events: u64,
}

#[Model]
impl Peer {
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        for _ in 0..self.pending {
            self.send(cx, Message::default());
        }
    }

    #[nexosim(schedulable)]
    async fn arrive(&mut self, mut message: Message, cx: &Context<Self>) {
        self.handled += 1;
        assert!(self.handled <= self.events, "no more are handled than were sent");
        message[9] += 1;
        self.send(cx, message);
    }

    fn send(&mut self, cx: &Context<Self>, message: Message) {
        if self.sent < self.events {
            self.sent += 1;
            let mut draw = Draw::at(self.seed);
            let (delay, _) = draw.message();
            self.seed = draw.seed();
            cx.schedule_event(Duration::from_micros(delay), schedulable!(Self::arrive), message).expect("a time in the future");
        }
    }
}

/// The crate nexosim on one thread.
pub fn nexosim(pending: usize, events: u64) -> Duration {
    let start = Instant::now();
    let mut bench = SimInit::with_num_threads(1);
    for n in 0..PEERS {
        let share = |whole: u64| whole / PEERS + u64::from(n < whole % PEERS);
        let peer = Peer { seed: n, pending: share(pending as u64), sent: 0, handled: 0, events: share(events) };
        bench = bench.add_model(peer, Mailbox::new(), &format!("peer {n}"));
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("a valid bench");
    simulation.run().expect("a run without errors");
    start.elapsed()
}
