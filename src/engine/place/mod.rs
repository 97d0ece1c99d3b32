//! Who owns what: the token ring and the preference list of a key.

mod ring;

pub use ring::Ring;
