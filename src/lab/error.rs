//! What can be wrong with something from outside, said so that a person can mend it.

use crate::engine::world::CommandError;

/// A run, file or link that is not accepted, or an action that is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    /// The text is not the format it claims to be.
    #[error("{what} cannot be read: {why}")]
    Unreadable {
        /// "The run file", "The link".
        what: &'static str,
        /// Where and why.
        why: String,
    },
    /// It was made by something else, or by a version this one does not know.
    #[error("{what} is of {found}; this page reads {known}")]
    Foreign {
        /// "The run file", "The link".
        what: &'static str,
        /// What it says it is.
        found: String,
        /// What would be accepted.
        known: String,
    },
    /// Something is larger than allowed.
    #[error("{what} is too large: {size} {unit}, at most {limit}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large.
        size: u64,
        /// The limit.
        limit: u64,
        /// Of what: "bytes", "commands".
        unit: &'static str,
    },
    /// A value is outside its bounds.
    #[error("{place}{error}")]
    Invalid {
        /// Where: empty, or "command 3, ".
        place: String,
        /// The field and its bound.
        error: CommandError,
    },
    /// There is no such branch.
    #[error("there is no branch {0}")]
    NoBranch(u32),
}

impl From<CommandError> for LabError {
    fn from(error: CommandError) -> LabError {
        LabError::Invalid { place: String::new(), error }
    }
}
