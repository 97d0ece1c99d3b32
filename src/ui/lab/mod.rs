//! The lab: one session on the page and the panels that show it.

pub mod act;
pub mod amount;
pub mod branches;
pub mod checks;
pub mod chooser;
pub mod console;
pub mod dock;
pub mod event_inspector;
pub mod faults;
pub mod handle;
pub mod help;
pub mod inspector;
pub mod keeping;
mod kept;
pub mod keys;
pub mod legend;
pub mod messages;
pub mod moves;
pub mod network;
pub mod node_inspector;
pub mod open;
pub mod page;
pub mod play;
pub mod scrub;
pub mod settings;
pub mod stage;
pub mod tabs;
pub mod timeline;
pub mod title;
pub mod tools;
pub mod transport;
pub mod two;
mod two_clocks;
pub mod why;
pub mod workloads;

pub use handle::{ConsoleVerb, LabHandle, Selection, Tool, UiState};
