//! Names for everything an event mentions: nodes by letter, clients by name, operations as `R4`, versions as `v3`.

use std::sync::Arc;

use crate::engine::base::{Endpoint, OpId};
use crate::engine::data::{Key, Payload, Row, Version};
use crate::engine::node::{Message, Request, Verb};
use crate::engine::observe::History;
use crate::lab::Session;
use crate::view::format::{clipped, list};

/// Letters of a value quoted in a sentence.
const QUOTED: usize = 20;

/// What names are made from.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// Names of the clients, in their order.
    pub clients: &'a [String],
    /// Operations and versions of the log.
    pub history: &'a History,
}

/// The letter of an operation's name.
pub fn verb_letter(verb: &Verb) -> char {
    match verb {
        Verb::Read => 'R',
        Verb::Write(_) => 'W',
        Verb::Delete => 'D',
    }
}

/// The name of what a client wants.
pub fn verb_name(verb: &Verb) -> &'static str {
    match verb {
        Verb::Read => "read",
        Verb::Write(_) => "write",
        Verb::Delete => "delete",
    }
}

impl<'a> Names<'a> {
    /// Names of a session's run.
    pub fn of(session: &'a Session) -> Names<'a> {
        Names { clients: &session.script().config.clients, history: session.history() }
    }

    /// A node's letter or a client's name.
    pub fn end(&self, end: impl Into<Endpoint>) -> String {
        match end.into() {
            Endpoint::Node(node) => node.to_string(),
            Endpoint::Client(client) => self.clients.get(client.0 as usize).cloned().unwrap_or_else(|| client.to_string()),
        }
    }

    /// Several of them, in words.
    pub fn ends<E: Into<Endpoint> + Copy>(&self, ends: &[E]) -> String {
        list(ends.iter().map(|e| self.end(*e)))
    }

    /// What a client asked with an operation.
    pub fn request(&self, op: OpId) -> Option<&'a Arc<Request>> {
        self.history.operation(op).map(|o| &o.request)
    }

    /// An operation's name: `R4`, `W3`, `D7`; `S2` is the second read that a node makes for its sweeps.
    pub fn op(&self, op: OpId) -> String {
        if op.is_own() {
            return format!("S{}", op.own_count());
        }
        let letter = self.request(op).map_or('O', |r| verb_letter(&r.verb));
        format!("{letter}{}", op.number)
    }

    /// The key of an operation.
    pub fn key(&self, op: Option<OpId>) -> Option<&'a Key> {
        Some(&self.request(op?)?.key)
    }

    /// A version's number: `v3`; `v0` for one from before the run.
    pub fn version(&self, key: &Key, version: &Version) -> String {
        format!("v{}", self.history.ordinal(key, version))
    }

    /// A row by its versions: `v3`, or `v3 (a tombstone)`.
    pub fn row(&self, key: &Key, row: &Row) -> String {
        list(row.versions().iter().map(|v| match v.payload {
            Payload::Value(_) | Payload::Summed(..) => self.version(key, v),
            Payload::Tombstone => format!("{} (a tombstone)", self.version(key, v)),
        }))
    }

    /// A row, or that there is none.
    pub fn maybe_row(&self, key: &Key, row: Option<&Arc<Row>>) -> String {
        row.map_or_else(|| "no row".to_owned(), |r| self.row(key, r))
    }

    /// The row a message carries, in words; `its row` where the key is not known.
    pub fn carried(&self, message: &Message) -> String {
        match (self.key(message.op), message.body.row()) {
            (Some(key), Some(row)) => self.row(key, row),
            (None, Some(_)) => "a row".to_owned(),
            (_, None) => "no row".to_owned(),
        }
    }
}

/// A row's value in quotation marks, clipped; what to say of a tombstone.
pub fn quoted(row: &Row) -> String {
    match row.value() {
        Some(bytes) => format!("“{}”", clipped(&String::from_utf8_lossy(bytes), QUOTED)),
        None if row.is_deleted() => "deleted".to_owned(),
        None => "several values".to_owned(),
    }
}

/// A value that is written, in quotation marks.
pub fn quoted_bytes(bytes: &[u8]) -> String {
    format!("“{}”", clipped(&String::from_utf8_lossy(bytes), QUOTED))
}
