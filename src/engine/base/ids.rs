//! Identities. Nodes are lettered (`A`, `B`, … `Z`, `AA`), clients numbered (`c0`, `c1`); everything else counts from zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A node of the cluster, numbered in ring order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeId(pub u32);

/// A client, numbered as in the run's list of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(pub u32);

/// Anything that sends and receives messages: a node or a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Endpoint {
    /// A node of the cluster.
    Node(NodeId),
    /// A client outside the ring.
    Client(ClientId),
}

/// A client operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId {
    /// Counts operations of a run in the order in which they began, from 1.
    pub number: u32,
    /// Names the same operation in another run of the same script, whatever was added or removed before it: draws depend on this.
    pub tag: u32,
    /// Counts a client's further attempts at it: 0 for the first.
    pub attempt: u8,
}

/// What is added to the tag from one attempt to the next: odd, so that it takes 2³² attempts to come round.
const NEXT_TAG: u32 = 0x9e37_79b1;

impl OpId {
    /// The name of a read that a node makes for itself, by how many it has made: no client has such numbers. `about` tells two reads of one
    /// number apart.
    pub const fn own(node: NodeId, count: u32, about: u64) -> OpId {
        let number = 1 << 31 | (node.0 & 0x3fff) << 17 | count & 0x1_ffff;
        OpId { number, tag: (about >> 32) as u32 ^ count.wrapping_mul(NEXT_TAG), attempt: 0 }
    }

    /// Whether no client asked for it: a node reads for itself.
    pub const fn is_own(self) -> bool {
        self.number >> 31 == 1
    }

    /// Counts the reads that a node has made for itself.
    pub const fn own_count(self) -> u32 {
        self.number & 0x1_ffff
    }

    /// The next attempt at the same operation. Its draws are its own.
    pub const fn again(self) -> OpId {
        OpId { tag: self.tag.wrapping_add(NEXT_TAG), attempt: self.attempt.saturating_add(1), ..self }
    }

    /// The first attempt: what the log and the history name the operation by.
    pub const fn first(self) -> OpId {
        OpId { tag: self.tag.wrapping_sub(NEXT_TAG.wrapping_mul(self.attempt as u32)), attempt: 0, ..self }
    }
}

/// The place of an event in a run's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub u32);

/// A cut in the network, numbered in the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CutId(pub u32);

/// The text names no node (`A`, `AB`) and no client (`c0`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseIdError(String);

impl fmt::Display for ParseIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a node such as A or a client such as c0, found \"{}\"", self.0)
    }
}

impl std::error::Error for ParseIdError {}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bijective base 26, as spreadsheet columns count: A … Z, AA … ZZ, AAA ….
        let mut letters = [0u8; 8];
        let (mut n, mut i) = (u64::from(self.0) + 1, letters.len());
        while n > 0 {
            i -= 1;
            letters[i] = b'A' + ((n - 1) % 26) as u8;
            n = (n - 1) / 26;
        }
        f.write_str(std::str::from_utf8(&letters[i..]).unwrap_or("?"))
    }
}

impl FromStr for NodeId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<NodeId, ParseIdError> {
        let wrong = || ParseIdError(text.chars().take(20).collect());
        if text.is_empty() || text.len() > 6 || !text.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(wrong());
        }
        let n = text.bytes().fold(0u64, |n, b| n * 26 + u64::from(b - b'A') + 1);
        Ok(NodeId(u32::try_from(n - 1).map_err(|_| wrong())?))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

impl FromStr for ClientId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<ClientId, ParseIdError> {
        let number = text.strip_prefix('c').filter(|n| n.bytes().all(|b| b.is_ascii_digit()));
        number.and_then(|n| n.parse().ok()).map(ClientId).ok_or_else(|| ParseIdError(text.chars().take(20).collect()))
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Node(node) => node.fmt(f),
            Endpoint::Client(client) => client.fmt(f),
        }
    }
}

impl FromStr for Endpoint {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Endpoint, ParseIdError> {
        text.parse().map(Endpoint::Node).or_else(|_| text.parse().map(Endpoint::Client))
    }
}

macro_rules! text_form {
    ($($kind:ty),*) => {$(
        impl TryFrom<String> for $kind {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<$kind, ParseIdError> {
                text.parse()
            }
        }
        impl From<$kind> for String {
            fn from(id: $kind) -> String {
                id.to_string()
            }
        }
    )*};
}
text_form!(NodeId, ClientId, Endpoint);

impl From<NodeId> for Endpoint {
    fn from(node: NodeId) -> Endpoint {
        Endpoint::Node(node)
    }
}

impl From<ClientId> for Endpoint {
    fn from(client: ClientId) -> Endpoint {
        Endpoint::Client(client)
    }
}

impl NodeId {
    /// Index into a list kept in node order.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Endpoint {
    /// The node, if it is one.
    pub const fn node(self) -> Option<NodeId> {
        match self {
            Endpoint::Node(node) => Some(node),
            Endpoint::Client(_) => None,
        }
    }

    /// One number per endpoint, for draws and fingerprints: nodes even, clients odd.
    pub const fn code(self) -> u64 {
        match self {
            Endpoint::Node(node) => (node.0 as u64) << 1,
            Endpoint::Client(client) => ((client.0 as u64) << 1) | 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_count_like_spreadsheet_columns() {
        for (n, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (u32::MAX, "MWLQKWV")] {
            assert_eq!(NodeId(n).to_string(), name);
        }
        for n in (0..20_000).chain([999_999]) {
            assert_eq!(NodeId(n).to_string().parse(), Ok(NodeId(n)));
        }
    }

    #[test]
    fn attempts_differ_and_lead_back_to_the_first() {
        let first = OpId { number: 7, tag: 5, attempt: 0 };
        let third = first.again().again();
        assert_eq!((third.number, third.attempt, third.first()), (7, 2, first));
        assert!(third.tag != first.tag && third.tag != first.again().tag);
    }

    #[test]
    fn names_of_nothing_are_refused() {
        for text in ["", "a", "A1", "c", "c-1", "cx", "c99999999999", "ZZZZZZZZZ", "é"] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
    }
}
