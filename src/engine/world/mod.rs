//! The simulator: an event queue, a network with faults, nodes that crash and clients that wait.

mod ahead;
mod backup;
mod bounds;
mod client;
mod command;
mod config;
mod event;
mod fault;
mod fingerprint;
mod host;
mod ledger;
mod load;
mod network;
mod placement;
mod preload;
mod queue;
mod redraw;
mod rot;
mod settings;
mod sim;
mod sweeping;
mod workload;

pub use ahead::{Ahead, Doing};
pub use backup::Backup;
pub use bounds::{CommandError, LIMITS, Limits};
pub use command::Command;
pub use config::{Chatter, Config, Latency, NetworkConfig};
pub use event::{ClientAct, Event, EventKind, Fault, LostWhy, Rotted};
pub use fingerprint::{ENGINE_VERSION, Fingerprint};
pub use host::{Host, Status};
pub use ledger::{Ledger, Tally};
pub use network::{Cut, CutShape, Fate, Flight, LinkRule, Network};
pub use preload::Preload;
pub use redraw::RangeOf;
pub use sim::World;
pub use workload::{Popularity, Running, ValueSize, Workload};
