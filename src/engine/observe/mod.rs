//! Looking at a world from outside: the truth about its replicas, and the history its clients saw.

pub mod check;
mod history;
mod metrics;
mod pulse;
mod spans;
mod sweeps;
mod truth;

pub use history::{Attempt, History, Operation};
pub use metrics::{Ends, Metrics, Repairs, Toll, hint_backlog};
pub use pulse::{Latency, Pulse, Swept, WINDOW, sweep_backlog};
pub use spans::Spans;
pub use sweeps::{SweepCost, Sweeps, least_bits};
pub use truth::{Entropy, Truth};
