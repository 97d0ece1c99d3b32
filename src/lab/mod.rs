//! Floor 2: runs in time. A run is a configuration, a seed and a list of commands; everything else is derived from them.

mod break_even;
mod compare;
mod compared;
mod condition;
mod error;
mod file;
mod gallery;
mod link;
mod pace;
mod player;
mod predicate;
mod preset;
mod race;
mod report;
mod report_checks;
mod report_pulse;
mod sample;
mod script;
mod session;
mod sweep_log;
mod tape;

pub use break_even::{BreakEven, KEYS, Measured, RATES};
pub use compare::first_difference;
pub use compared::{Compared, GUESSED, STEPS};
pub use condition::{
    Condition, ConditionError, Film, Happening, NAMES_OF_MESSAGES, Ordering, Quantity, Seen, Sum, Text, Unit, Value, Watch, name_of_event,
    name_of_message, names_of_events,
};
pub use error::LabError;
pub use file::{FILE_VERSION, from_file, from_file_at, script_from_file, to_file};
pub use gallery::{gallery, heading};
pub use link::{Spot, from_link, linked, pack, to_link, unpack};
pub use pace::{Pace, Progress, Worked};
pub use player::Player;
pub use predicate::Predicate;
pub use preset::{Preset, preset, presets};
pub use race::{Axis, Field, Raced, Racer, Run, racers};
pub use report::{AttemptReport, OperationReport, Report, TrafficReport};
pub use report_checks::{
    ChecksReport, EntropyReport, KeyReport, MetricsReport, PairReport, RepairsReport, SpansReport, StaleReport, VerbReport,
};
pub use sample::Sample;
pub use script::{BOUNDS, Bounds, Script, Timed, View};
pub use session::{Acted, Advance, Branch, BranchId, Session, Stride};
pub use sweep_log::SweepLog;
