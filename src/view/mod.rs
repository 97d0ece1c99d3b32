//! Floor 4: pure view-models. Everything a screen shows, as plain values, testable without a browser.

pub mod break_even;
pub mod chip;
pub mod client_text;
pub mod console;
pub mod digest_bars;
pub mod faults;
pub mod format;
pub mod gauge;
pub mod geometry;
pub mod glossary;
pub mod glyph;
pub mod home;
pub mod inspect;
pub mod narrate;
pub mod network_text;
pub mod outage;
pub mod overlap;
pub mod placement_text;
pub mod plot;
pub mod scene;
pub mod settings_text;
pub mod sweep;
pub mod timeline;
pub mod value_text;
pub mod verdict;
pub mod workload;
