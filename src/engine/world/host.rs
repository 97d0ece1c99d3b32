//! A host: the machine a node runs on, which can stop, lose power and lose its disk.

use std::sync::Arc;

use super::network::Flight;
use super::sim::Alarm;
use crate::engine::base::NodeId;
use crate::engine::node::{Changed, Node, SweepPolicy};

/// Whether a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Up,
    /// It stands still; what reaches it waits.
    Paused,
    /// It does not run; what reaches it is lost.
    Down,
}

/// Something that reached a paused node.
#[derive(Debug, Clone)]
pub(super) enum Waiting {
    Flight(Flight),
    Alarm(Alarm),
    /// A setting changed meanwhile.
    Configured(Changed),
    /// It was told to compare with another node.
    Sweep(NodeId, SweepPolicy),
    /// It was told to stop.
    StopSweep(Option<u32>),
    /// It was told to clean up.
    CleanUp,
}

/// A machine and the node on it.
#[derive(Debug, Clone)]
pub struct Host {
    /// Whether the node runs.
    pub status: Status,
    /// The node: shared with snapshots until it changes.
    pub node: Arc<Node>,
    pub(super) waiting: Vec<Waiting>,
}

impl Host {
    pub(super) fn new(id: NodeId) -> Host {
        Host { status: Status::Down, node: Arc::new(Node::new(id)), waiting: Vec::new() }
    }

    /// How many messages wait at a paused node's door.
    pub fn held(&self) -> usize {
        self.waiting.iter().filter(|w| matches!(w, Waiting::Flight(_))).count()
    }
}
