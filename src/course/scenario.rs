//! Runs as a lesson describes them: a run file or an empty ring, and what is changed in it, line by line.

use serde_json::{Value, json};

use super::fault::Wrong;
use super::fields::{Field, Fields};
use super::words::{command, network, put, value_of};
use crate::engine::node::Settings;
use crate::engine::world::{Command, Config};
use crate::lab::{Script, Timed, preset};

/// What a run may be described with.
pub(super) const WORDS: &str = "run, like, nodes, clients, zones, replicas, tokens, partitions, set, network, chatter, seed, end, key, without, or a time and a command";

/// A line of a run's description, to be carried out on a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit(Field);

impl Edit {
    /// The line of the file in which it stands.
    pub fn line(&self) -> usize {
        self.0.line
    }

    /// What it says: `set: read.repair off`, `2s: crash B`.
    pub fn text(&self) -> String {
        format!("{}: {}", self.0.key, self.0.value)
    }
}

const KEYS: [&str; 14] =
    ["like", "nodes", "clients", "zones", "replicas", "tokens", "partitions", "set", "network", "chatter", "seed", "end", "key", "without"];

/// Takes the lines of a run's description out of a block.
pub(super) fn edits(fields: &mut Fields) -> Result<Vec<Edit>, Wrong> {
    let mut found = Vec::new();
    for key in KEYS {
        found.extend(fields.take_all(key));
    }
    found.extend(fields.take_times());
    found.iter().try_for_each(Field::alone)?;
    Ok(found.into_iter().map(Edit).collect())
}

/// An empty ring, as lessons begin with: messages take 10 ms, the run lasts 20 s.
pub(super) fn empty() -> Script {
    let network = json!({"latency": {"fixed": "10ms"}});
    let config = Config { network: serde_json::from_value(network).unwrap_or_default(), ..Config::default() };
    Script {
        title: String::new(),
        about: String::new(),
        config,
        seed: 1,
        commands: Vec::new(),
        end: crate::engine::base::Micros::secs(20),
        focus: None,
        start: None,
        view: crate::lab::View::Ring,
    }
}

/// A run with these changes made to it.
pub fn changed(base: &Script, edits: &[Edit]) -> Result<Script, Wrong> {
    let mut script = base.clone();
    // The place from which a reader begins is the base's alone.
    script.start = script.start.filter(|_| edits.is_empty());
    let mut config = serde_json::to_value(&script.config).unwrap_or_default();
    for Edit(field) in edits {
        let wrong = |e: String| (field.line, format!("`{}:` {e}", field.key));
        let touched = configure(&mut config, &mut script, field).map_err(wrong)?;
        if touched {
            script.config = serde_json::from_value(config.clone()).map_err(|e| wrong(e.to_string()))?;
        }
    }
    let mut without: Vec<usize> = Vec::new();
    for Edit(field) in edits.iter().filter(|e| e.0.key == "without") {
        let (first, last) = field.value.split_once('-').unwrap_or((&field.value, &field.value));
        match (first.trim().parse::<usize>(), last.trim().parse::<usize>()) {
            (Ok(first), Ok(last)) if first > 0 && first <= last && last <= script.commands.len() => without.extend(first - 1..last),
            _ => {
                let most = script.commands.len();
                return Err((field.line, format!("`without:` expected the number of a command from 1 to {most}, or several: 1-{most}")));
            }
        }
    }
    let mut i = 0;
    script.commands.retain(|_| (!without.contains(&i), i += 1).0);
    let mut lines = vec![0usize; script.commands.len()];
    for Edit(field) in edits.iter().filter(|e| e.0.key.starts_with(|c: char| c.is_ascii_digit())) {
        let settings = in_force(&script, field);
        let made = command(&field.key, &field.value, &script.config.clients, &settings).map_err(|e| (field.line, e))?;
        let place = script.commands.partition_point(|t| t.at <= made.at);
        script.commands.insert(place, made);
        lines.insert(place, field.line);
    }
    script.check().map_err(|e| {
        // A command that is refused is named by its number; its line is better.
        let text = e.to_string();
        let number = text.strip_prefix("command ").and_then(|t| t.split(',').next()).and_then(|n| n.parse::<usize>().ok());
        let line = number.and_then(|n| lines.get(n.wrapping_sub(1)).copied()).filter(|line| *line > 0);
        (line.or(edits.first().map(Edit::line)).unwrap_or(0), text)
    })?;
    Ok(script)
}

/// The settings in force when a command's turn comes.
fn in_force(script: &Script, field: &Field) -> Settings {
    let mut settings = script.config.settings.clone();
    let at = field.key.parse().unwrap_or_default();
    for Timed { command, .. } in script.commands.iter().take_while(|t| t.at <= at) {
        if let Command::Set { setting } = command {
            settings.set(*setting);
        }
    }
    settings
}

/// Carries out one line that is no command. Returns whether it changed the configuration.
fn configure(config: &mut Value, script: &mut Script, field: &Field) -> Result<bool, String> {
    let value = field.value.as_str();
    let number = || value.parse::<u64>().map_err(|_| format!("expected a whole number, found \"{value}\""));
    match field.key.as_str() {
        "like" => {
            let preset = preset(value).ok_or_else(|| format!("expected a preset such as cassandra, found \"{value}\""))?;
            let mut made = script.config.clone();
            preset.apply(&mut made);
            *config = serde_json::to_value(&made).unwrap_or_default();
        }
        "nodes" => config["nodes"] = json!(number()?),
        "clients" => config["clients"] = value.split(',').map(|name| json!(name.trim())).collect(),
        "replicas" => config["settings"]["replicas"] = value_of(value),
        "tokens" => config["topology"]["style"] = json!({"tokens": number()?}),
        "partitions" => config["topology"]["style"] = json!({"partitions": number()?}),
        "chatter" => config["chatter"] = json!(value),
        "zones" => {
            let (mut zones, mut copies) = (Vec::new(), Vec::new());
            for zone in value.split(',') {
                let (name, n) = zone.trim().rsplit_once(' ').ok_or("expected zones with their copies, such as `east 2, west 1`")?;
                zones.push(json!({ "name": name }));
                copies.push(value_of(n));
            }
            config["topology"]["zones"] = Value::Array(zones);
            config["settings"]["replicas"] = Value::Array(copies);
        }
        "set" => {
            let (path, value) = value.split_once(' ').ok_or("expected `set: NAME VALUE`, such as `set: read.repair off`")?;
            put(&mut config["settings"], path, value_of(value))?;
        }
        "network" => {
            let Value::Object(more) = network(value) else { return Err("expected `network: latency 10ms`".to_owned()) };
            for (name, value) in more {
                config["network"][name] = value;
            }
        }
        "seed" => return number().map(|seed| (false, script.seed = seed).0),
        "end" => {
            script.end = value.parse().map_err(|e: crate::engine::base::ParseMicrosError| e.to_string())?;
            return Ok(false);
        }
        "key" => {
            script.focus = Some(crate::engine::data::Key::new(value));
            return Ok(false);
        }
        _ => return Ok(false),
    }
    Ok(true)
}
