//! Looking at a world from outside: the truth about its replicas, and the history its clients saw.

pub mod check;
mod history;
mod truth;

pub use history::{Attempt, History, Operation};
pub use truth::Truth;
