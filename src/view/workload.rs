//! Workloads on the page: reading what somebody typed, and saying what goes on.

use super::settings_text::{read_per_cent, read_span};
use crate::engine::base::Micros;
use crate::engine::node::Level;
use crate::engine::world::{Command, Config, Popularity, Running, ValueSize, Workload};
use crate::lab::Session;
use crate::view::format::{count, counted, moment, per_cent, span};

/// What stands in the fields, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Mean time between two operations.
    pub every: String,
    /// How long it goes on.
    pub duration: String,
    /// Share of reads, in per cent.
    pub reads: String,
    /// How many keys.
    pub keys: String,
    /// Share of the keys that are popular, in per cent; empty if all are alike.
    pub popular: String,
    /// Share of the operations that these take, in per cent.
    pub taken: String,
    /// The level; the setting's if none.
    pub level: Option<Level>,
}

/// Which field is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The gap.
    Every,
    /// The duration.
    Duration,
    /// The share of reads.
    Reads,
    /// The number of keys.
    Keys,
    /// A share of the skew.
    Skew,
    /// Anything else: the engine's check says what.
    Other,
}

impl Draft {
    /// Something to begin with: slow enough to be watched at this session's pace.
    pub fn usual(session: &Session) -> Draft {
        let travel = session.median_travel().0;
        // The next rounder number of milliseconds above five travel times.
        let every = [10u64, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000].into_iter().find(|ms| ms * 1_000 >= travel * 5).unwrap_or(10_000);
        Draft {
            every: span(Micros::ms(every)),
            duration: span(Micros::ms(every * 100)),
            reads: "80".to_owned(),
            keys: "100".to_owned(),
            popular: "1".to_owned(),
            taken: "90".to_owned(),
            level: None,
        }
    }

    /// The command that begins it, or the field at fault and what is wrong with it. `seed` tells it from others.
    pub fn command(&self, config: &Config, seed: u64) -> Result<Command, (Field, String)> {
        let at = |field: Field, name: &'static str| move |why: String| (field, format!("{name}: {why}."));
        let popularity = if self.popular.trim().is_empty() {
            Popularity::Uniform
        } else {
            Popularity::Skew {
                keys_ppm: read_per_cent(&self.popular).map_err(at(Field::Skew, "Popular keys"))?,
                operations_ppm: read_per_cent(&self.taken).map_err(at(Field::Skew, "Share they take"))?,
            }
        };
        let workload = Workload {
            clients: Vec::new(),
            via: Vec::new(),
            every: read_span(&self.every).map_err(at(Field::Every, "One operation every"))?,
            duration: read_span(&self.duration).map_err(at(Field::Duration, "For"))?,
            reads_ppm: read_per_cent(&self.reads).map_err(at(Field::Reads, "Reads"))?,
            keys: self.keys.trim().parse().map_err(|_| (Field::Keys, "Keys: write a whole number.".to_owned()))?,
            popularity,
            value_bytes: ValueSize::Fixed(16),
            level: self.level,
            seed,
        };
        let field = |name: &str| match name {
            "every" => Field::Every,
            "duration" => Field::Duration,
            "keys" => Field::Keys,
            "keys-ppm" | "operations-ppm" => Field::Skew,
            _ => Field::Other,
        };
        workload.check(config).map_err(|e| (field(e.field), format!("{e}.")))?;
        Ok(Command::Workload(workload))
    }
}

/// A seed that no workload of this run has had.
pub fn fresh_seed(session: &Session) -> u64 {
    session.script().commands.iter().filter(|t| matches!(t.command, Command::Workload(_))).count() as u64 + 1
}

/// A workload that goes on at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Going {
    /// Its number in the run, from 0.
    pub number: u32,
    /// What it is.
    pub text: String,
    /// Stops it.
    pub stop: Command,
}

/// The workloads that go on at the cursor.
pub fn going(session: &Session) -> Vec<Going> {
    session.world().workloads().map(one).collect()
}

fn one(running: &Running) -> Going {
    let workload = &running.workload;
    let keys = match workload.popularity {
        Popularity::Uniform => counted(workload.keys, "key", "keys"),
        Popularity::Skew { keys_ppm, operations_ppm } => {
            format!("{} keys, {} of which take {}", count(workload.keys), per_cent(keys_ppm), per_cent(operations_ppm))
        }
    };
    let text = format!(
        "Workload {}: {} so far, one every {}, {} reads, {keys}, until {}",
        running.number + 1,
        counted(u64::from(running.operations), "operation", "operations"),
        span(workload.every),
        per_cent(workload.reads_ppm),
        moment(running.ends)
    );
    Going { number: running.number, text, stop: Command::StopWorkload { workload: Some(running.number) } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::Script;

    fn session() -> Session {
        let script: Script = serde_json::from_str(r#"{"seed": 3, "end": "9s"}"#).expect("a script");
        Session::open(script).expect("within bounds")
    }

    #[test]
    fn what_is_offered_begins_and_is_said_and_stops() {
        let mut s = session();
        let draft = Draft::usual(&s);
        assert_eq!((draft.every.as_str(), draft.duration.as_str()), ("100 ms", "10 s"));
        let command = draft.command(&s.script().config, fresh_seed(&s)).expect("it is within bounds");
        s.act(command).expect("accepted");
        s.seek_time(Micros::secs(3));
        let going_on = going(&s);
        assert_eq!(going_on.len(), 1);
        let text = &going_on[0].text;
        assert!(
            text.starts_with("Workload 1: ") && text.contains("one every 100 ms, 80 % reads, 100 keys, 1 % of which take 90 %"),
            "{text}"
        );
        assert_eq!(fresh_seed(&s), 2);
        let so_far = s.history().operations().iter().filter(|o| o.began.0 < s.cursor()).count();
        assert!(text.contains(&format!("{so_far} operations so far")), "{text}");
        s.act(going_on[0].stop.clone()).expect("accepted");
        assert!(going(&s).is_empty());
    }

    #[test]
    fn fields_at_fault_are_named() {
        let s = session();
        let usual = Draft::usual(&s);
        let wrong = |draft: Draft| draft.command(&s.script().config, 1).expect_err("at fault");
        assert!(
            matches!(wrong(Draft { every: "soon".to_owned(), ..usual.clone() }), (Field::Every, why) if why.starts_with("One operation every"))
        );
        assert!(matches!(wrong(Draft { every: "1us".to_owned(), ..usual.clone() }), (Field::Every, _)));
        assert!(matches!(wrong(Draft { keys: "many".to_owned(), ..usual.clone() }), (Field::Keys, _)));
        assert!(matches!(wrong(Draft { reads: "101".to_owned(), ..usual.clone() }), (Field::Reads, _)));
        assert!(matches!(wrong(Draft { taken: "0.5".to_owned(), ..usual.clone() }), (Field::Skew, _)));
        let even = Draft { popular: String::new(), taken: "nonsense".to_owned(), ..usual };
        assert!(matches!(even.command(&s.script().config, 1), Ok(Command::Workload(Workload { popularity: Popularity::Uniform, .. }))));
    }
}
