//! Keys and their place on the ring.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::engine::base::{Digest, Sink, Wire};

/// A place on the ring: the whole ring is 2⁶⁴ long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Token(pub u64);

/// A key and the token it hashes to. Ordered by token, then name, as a store keeps its rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Key {
    token: Token,
    name: Arc<str>,
}

impl Key {
    /// The key of this name.
    pub fn new(name: &str) -> Key {
        Key { token: Token(Digest::of_bytes(name.as_bytes()).head()), name: name.into() }
    }

    /// The key of this name, whose token has been worked out before.
    pub(in crate::engine) fn placed(name: &str, token: Token) -> Key {
        Key { token, name: name.into() }
    }

    /// Where the key lies on the ring: xxh64 of its name.
    pub fn token(&self) -> Token {
        self.token
    }

    /// The name as the client wrote it.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl From<String> for Key {
    fn from(name: String) -> Key {
        Key::new(&name)
    }
}

impl From<Key> for String {
    fn from(key: Key) -> String {
        key.name.as_ref().to_owned()
    }
}

impl Wire for Key {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.bytes(self.name.as_bytes());
    }
}
