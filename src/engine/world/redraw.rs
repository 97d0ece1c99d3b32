//! The ring redrawn by an operator's word: ranges split, merge and move, and everybody knows at once. No row goes along; what a node holds of
//! ranges that it no longer owns stays on its disk until it is told to clean up (Apache Cassandra, `nodetool cleanup`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bounds::CommandError;
use super::command::{Command, check_key};
use super::config::Config;
use super::event::{Event, Fault};
use super::host::{Status, Waiting};
use super::sim::World;
use crate::engine::base::{EventId, NodeId};
use crate::engine::data::{Key, Token};
use crate::engine::node::{Changed, Input};
use crate::engine::place::{Redraw, Ring};

/// A range, named by something in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RangeOf {
    /// The range that this key lies in.
    Key(Key),
    /// The range that this token lies in.
    Token(Token),
}

impl RangeOf {
    /// A token in it.
    pub fn token(&self) -> Token {
        match self {
            RangeOf::Key(key) => key.token(),
            RangeOf::Token(token) => *token,
        }
    }

    fn check(&self) -> Result<(), CommandError> {
        if let RangeOf::Key(key) = self { check_key(key) } else { Ok(()) }
    }
}

impl Command {
    /// What it does to the ring, if anything.
    pub fn redraws(&self) -> Option<Redraw> {
        match self {
            Command::Split { range, cut } => Some(Redraw::Split { range: range.token(), at: *cut }),
            Command::Merge { range } => Some(Redraw::Merge { range: range.token() }),
            Command::Move { range, to } => Some(Redraw::Move { range: range.token(), to: *to }),
            _ => None,
        }
    }

    /// Whether the range and the node that it names can be.
    pub(super) fn check_range(&self, config: &Config) -> Result<(), CommandError> {
        match self {
            Command::Split { range, .. } | Command::Merge { range } => range.check(),
            Command::Move { range, to } => range.check().and_then(|()| config.knows("to", *to)),
            _ => Ok(()),
        }
    }

    /// Whether the ring, as it is when the command is carried out, can be redrawn like this.
    pub fn check_ring(&self, ring: &Ring) -> Result<(), CommandError> {
        let fault = self.redraws().and_then(|redraw| ring.may_redraw(&redraw).err());
        fault.map_or(Ok(()), |why| Err(CommandError { field: why.field(), problem: why.to_string() }))
    }
}

impl World {
    /// Redraws the ring, and tells every node.
    pub(super) fn redraw(&mut self, command: &Command, log: &mut Vec<Event>) {
        let replicas = self.settings().replicas;
        let Some(Ok(ring)) = command.redraws().map(|redraw| self.ring.redrawn(&redraw, &replicas)) else { return };
        let Some(change) = ring.last_change().cloned() else { return };
        self.ring = Arc::new(ring);
        let cause = self.fault(None, Fault::Redrawn(change), log);
        self.tell_all(Changed::Ranges, cause, log);
    }

    /// Tells a node to throw away what it does not own. A node that is down hears nothing, and a paused one will.
    pub(super) fn clean_up(&mut self, node: NodeId, log: &mut Vec<Event>) {
        let Some(status) = self.host(node).map(|h| h.status).filter(|status| *status != Status::Down) else { return };
        let cause = self.fault(Some(node.into()), Fault::CleanupAsked, log);
        match status {
            Status::Up => self.cleans_up(node, cause, log),
            _ => self.hosts[node.index()].waiting.push(Waiting::CleanUp),
        }
    }

    pub(super) fn cleans_up(&mut self, node: NodeId, cause: Option<EventId>, log: &mut Vec<Event>) {
        Arc::make_mut(&mut self.ring).cleaned();
        self.run_node(node, Input::CleanUp, cause, log);
    }
}
