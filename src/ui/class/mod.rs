//! For a class: one's own work, handing it in, exercise sheets, and grading what was handed in.

mod hand_in;
mod keep;
mod logs;
mod sheets;
mod work;

pub use hand_in::HandedInPage;
pub use sheets::SheetsPage;
pub use work::{WorkPage, strip};
