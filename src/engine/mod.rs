//! Floor 1: a replicated store and the world around it.
//!
//! The contract, which everything above relies on:
//!
//! ```text
//!   Command ─► World ─► Node::handle(Input, &mut Ctx) ─► Out* (drained completely)
//!                ▲                                        │ send · timer · note · applied
//!                └── queue: next input by (time, seq) ◄── network decides fate
//! ```
//!
//! * Pure: no clock, no entropy, no input or output. Time and randomness come in through [`node::Ctx`] and [`base::Draws`].
//! * Integer only, ordered collections only: the same run has the same [`world::Fingerprint`] natively and in WebAssembly.
//! * Total: a handler cannot fail. What can go wrong in a cluster is an event, never an error.
//! * A node knows only itself and what messages told it.
//!
//! Rooms, each using only those above it: [`base`], [`data`], [`place`], [`sweep`], [`node`], [`world`], [`observe`].

pub mod base;
pub mod data;
pub mod node;
pub mod observe;
pub mod place;
pub mod sweep;
pub mod world;
