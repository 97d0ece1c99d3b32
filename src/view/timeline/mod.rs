//! The timeline: a whole run as a strip. Time runs to the right; rows show operations, decisions, messages, faults and disagreement.
//!
//! [`Track`] is what a run holds at any zoom, found once per recording. [`Dock`] is one view of it, laid out for a size and a [`Window`].

mod bands;
mod beats;
mod clock;
mod dock;
mod faults;
mod marks;
#[cfg(test)]
mod tests;
mod track;
mod window;

pub use bands::{Bands, NARROW};
pub use beats::BeatMark;
pub use clock::{Tick, clock, ratio};
pub use dock::{Diamond, Dock, FaultBox, GhostLine, Hit, OpBox, Plot, fitting};
pub use faults::{FaultSpan, Wrong};
pub use marks::{Bars, Look, Mark, Marks};
pub use track::{Ghost, OpSpan, Stamp, Track, is_past};
pub use window::{Scale, Window};
