//! Time, identities, random draws, digests, sorting and the byte sink that every encoding writes to.

mod arrange;
mod digest;
mod digest_function;
mod draw;
mod ids;
mod logarithm;
mod power;
mod time;
mod wire;
mod zipf;

pub use arrange::{arrange, map_of, set_of};
pub use digest::{Digest, Mix};
pub use digest_function::DigestFunction;
pub use draw::{Draws, Purpose, chance, exponential, pick, uniform};
pub use ids::{ClientId, CutId, Endpoint, EventId, NodeId, OpId, ParseIdError};
pub use logarithm::{log2_q32, neg_ln_q32};
pub use power::exp2_neg_q63;
pub use time::{Micros, ParseMicrosError};
pub use wire::{Count, Sink, Wire};
pub use zipf::Zipf;
