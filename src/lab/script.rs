//! A run as it is stored: what a person or a teacher writes down.

use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::LabError;
use crate::engine::base::{Draws, Micros};
use crate::engine::data::Key;
use crate::engine::place::{MOST_CHANGES, NoRedraw, Ring};
use crate::engine::world::{Command, CommandError, Config, LIMITS};

/// A command and when it is carried out. In a run file one object: `{"at":"1s","do":"crash","node":"C"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
pub struct Timed {
    /// When. Commands of one instant happen before everything else of that instant, in the order in which they stand.
    pub at: Micros,
    /// What.
    pub command: Command,
}

// serde can flatten and tag inside, too, but then compiles every command a second time, for its own form of values in between:
// a tenth of the page.
impl TryFrom<Map<String, Value>> for Timed {
    type Error = serde_json::Error;

    fn try_from(mut fields: Map<String, Value>) -> Result<Timed, serde_json::Error> {
        let mut take = |name| fields.remove(name).ok_or_else(|| serde_json::Error::missing_field(name));
        let at = Micros::deserialize(take("at")?)?;
        let name = String::deserialize(take("do")?)?;
        // A command without fields is its name alone.
        let bare = fields.is_empty().then(|| Command::deserialize(Value::String(name.clone())).ok()).flatten();
        let command = match bare {
            Some(command) => command,
            None => Command::deserialize(Value::Object(Map::from_iter([(name, Value::Object(fields))])))?,
        };
        Ok(Timed { at, command })
    }
}

impl From<Timed> for Map<String, Value> {
    fn from(timed: Timed) -> Map<String, Value> {
        // Plain structs of strings and numbers always have a JSON form.
        let json = |value: Result<Value, serde_json::Error>| value.unwrap_or_default();
        let mut all = Map::from_iter([("at".to_owned(), json(serde_json::to_value(timed.at)))]);
        match json(serde_json::to_value(timed.command)) {
            Value::Object(tagged) => {
                for (name, fields) in tagged {
                    all.insert("do".to_owned(), Value::String(name));
                    if let Value::Object(fields) = fields {
                        all.extend(fields);
                    }
                }
            }
            bare => _ = all.insert("do".to_owned(), bare),
        }
        all
    }
}

/// A run: the same script gives the same events, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    /// A short name.
    #[serde(default)]
    pub title: String,
    /// One or two sentences on what to look for.
    #[serde(default)]
    pub about: String,
    /// What the world is made of.
    #[serde(default)]
    pub config: Config,
    /// The source of all random draws.
    #[serde(default)]
    pub seed: u64,
    /// What is done, in time order.
    #[serde(default)]
    pub commands: Vec<Timed>,
    /// When the run ends: "always" and "eventually" reach no further.
    pub end: Micros,
    /// The key shown first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub focus: Option<Key>,
    /// The event (a count of events) at which a reader should begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<u32>,
    /// What a reader looks at first.
    #[serde(default, skip_serializing_if = "View::is_ring")]
    pub view: View,
}

/// What a lab shows in its middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// The ring of nodes.
    #[default]
    Ring,
    /// The sweep that is going on.
    Sweep,
}

impl View {
    /// Whether it is the ring.
    pub fn is_ring(&self) -> bool {
        *self == View::Ring
    }
}

/// Bounds on what comes from outside, on top of the engine's own [`LIMITS`].
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Commands of one run.
    pub commands: usize,
    /// Characters of a link's payload.
    pub link_bytes: usize,
    /// Bytes of a file.
    pub file_bytes: usize,
    /// Bytes of anything after inflating.
    pub inflated_bytes: usize,
    /// Branches of a tree.
    pub branches: usize,
    /// Branches from the first to the last of a line.
    pub depth: usize,
    /// Events of one run.
    pub events: u32,
    /// Inputs of one run: messages, timers and commands, whether or not they leave an event.
    pub inputs: u64,
    /// Characters of a title.
    pub title: usize,
    /// Characters of a description.
    pub about: usize,
}

/// The bounds in force (one table in ARCHITECTURE.md).
pub const BOUNDS: Bounds = Bounds {
    commands: 10_000,
    link_bytes: 8 << 10,
    file_bytes: 16 << 20,
    inflated_bytes: 64 << 20,
    branches: 256,
    depth: 64,
    events: 2_000_000,
    inputs: 20_000_000,
    title: 120,
    about: 2_000,
};

impl Script {
    /// Whether everything is within bounds and in order.
    pub fn check(&self) -> Result<(), LabError> {
        let too_large = |what, size: usize, limit: usize, unit| {
            if size <= limit { Ok(()) } else { Err(LabError::TooLarge { what, size: size as u64, limit: limit as u64, unit }) }
        };
        too_large("the title", self.title.chars().count(), BOUNDS.title, "characters")?;
        too_large("the description", self.about.chars().count(), BOUNDS.about, "characters")?;
        too_large("the run", self.commands.len(), BOUNDS.commands, "commands")?;
        self.config.check()?;
        let invalid = |field, problem| LabError::from(CommandError { field, problem });
        if self.end > LIMITS.span {
            return Err(invalid("end", format!("must be at most {}, is {}", LIMITS.span, self.end)));
        }
        if let Some(key) = &self.focus
            && key.name().len() > LIMITS.key_bytes
        {
            return Err(invalid("focus", format!("must have at most {} bytes", LIMITS.key_bytes)));
        }
        // Each command is judged by the settings in force when its turn comes.
        let mut config = self.config.clone();
        let (mut last, mut keys, mut bytes, mut workloads) = (Micros::ZERO, 0u64, 0u64, 0usize);
        let (mut ring, mut redrawn) = (None, 0);
        for (i, timed) in self.commands.iter().enumerate() {
            let at_fault = |error| LabError::Invalid { place: format!("command {}, ", i + 1), error };
            timed.command.check(&config).map_err(at_fault)?;
            if let Command::Set { setting } = &timed.command {
                config.settings.set(*setting);
            }
            if let Some(redraw) = timed.command.redraws() {
                let ring: &mut Ring = ring.get_or_insert_with(|| Ring::of(&self.config.topology, self.config.nodes, Draws::new(self.seed)));
                redrawn += 1;
                let full = if redrawn > MOST_CHANGES { Err(NoRedraw::Full) } else { Ok(()) };
                let done = full.and_then(|()| ring.redraw(&redraw));
                done.map_err(|why| at_fault(CommandError { field: why.field(), problem: why.to_string() }))?;
            }
            if timed.at < last {
                let problem = format!("must not be before the command above it ({last}), is {}", timed.at);
                return Err(at_fault(CommandError { field: "at", problem }));
            }
            if timed.at > self.end {
                let problem = format!("must not be after the end of the run ({}), is {}", self.end, timed.at);
                return Err(at_fault(CommandError { field: "at", problem }));
            }
            last = timed.at;
            if let Command::Workload(_) = &timed.command {
                workloads += 1;
                if workloads > LIMITS.workloads {
                    let problem = format!("a run has at most {} of them", LIMITS.workloads);
                    return Err(at_fault(CommandError { field: "workload", problem }));
                }
            }
            if let Command::Preload(preload) = &timed.command {
                keys = keys.saturating_add(preload.count);
                if keys > LIMITS.keys {
                    let problem = format!("all preloads together must be at most {}, are {keys}", LIMITS.keys);
                    return Err(at_fault(CommandError { field: "count", problem }));
                }
                bytes = bytes.saturating_add(preload.count.saturating_mul(u64::from(preload.value_bytes)));
                if bytes > LIMITS.preload_bytes {
                    let problem = format!("all preloads together must have at most {} bytes of values, have {bytes}", LIMITS.preload_bytes);
                    return Err(at_fault(CommandError { field: "value-bytes", problem }));
                }
            }
        }
        Ok(())
    }
}
