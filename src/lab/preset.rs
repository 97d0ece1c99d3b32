//! Presets: the documented defaults of real systems as settings of a run, and in what the engine still differs from them.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::engine::node::{Setting, Settings};
use crate::engine::place::{Replication, Style};
use crate::engine::world::Config;

/// The files, in the order in which they are offered.
const FILES: [&str; 6] = [
    include_str!("../../static/presets/plain.json"),
    include_str!("../../static/presets/dynamo.json"),
    include_str!("../../static/presets/cassandra.json"),
    include_str!("../../static/presets/cassandra-3.json"),
    include_str!("../../static/presets/riak.json"),
    include_str!("../../static/presets/managed.json"),
];

/// A system's defaults.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// Its short name for addresses and the command line.
    pub name: String,
    /// The system and its version.
    pub title: String,
    /// The same after the word "like".
    pub like: String,
    /// What it is known for, in a sentence.
    pub about: String,
    /// How it divides the ring.
    pub style: Style,
    /// Its settings, as a run file writes them.
    pub settings: Settings,
    /// Where each of these values is written, one line for each group.
    pub sources: Vec<String>,
    /// In what the engine differs from the real system, one line for each difference.
    pub fidelity: Vec<String>,
}

/// All presets; the plain ring first.
pub fn presets() -> &'static [Preset] {
    static ALL: OnceLock<Vec<Preset>> = OnceLock::new();
    // A test reads every file; one that could not be read would only be missing here. Read through a value, as run files are, so that
    // a configuration is compiled for one reader only.
    let read = |file: &&str| serde_json::from_value(serde_json::from_str(file).ok()?).ok();
    ALL.get_or_init(|| FILES.iter().filter_map(read).collect())
}

/// The preset of this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    presets().iter().find(|preset| preset.name == name)
}

impl Preset {
    /// Gives a world these settings and this division of the ring. Its nodes, clients, zones and network stay as they are, and so do
    /// numbers of copies that are counted zone by zone.
    pub fn apply(&self, config: &mut Config) {
        config.settings = self.settings_beside(&config.settings.replicas);
        config.topology.style = self.style;
    }

    fn settings_beside(&self, replicas: &Replication) -> Settings {
        let mut settings = self.settings.clone();
        if let Replication::PerZone(_) = replicas {
            settings.replicas = *replicas;
        }
        settings
    }

    /// Whether a world with these settings, the ring divided in this style, is as this preset says.
    pub fn is(&self, settings: &Settings, style: Style) -> bool {
        style == self.style && self.has(settings)
    }

    /// Whether these settings are the preset's, however the ring is divided.
    pub fn has(&self, settings: &Settings) -> bool {
        *settings == self.settings_beside(&settings.replicas)
    }

    /// The changes that turn these settings into the preset's while a run goes on; how the ring is divided cannot change then.
    pub fn changes(&self, from: &Settings) -> Vec<Setting> {
        let to = self.settings_beside(&from.replicas);
        let mut all = vec![
            Setting::Write(to.write),
            Setting::Read(to.read),
            Setting::Sync(to.sync),
            Setting::Detector(to.detector),
            Setting::ClientTimeout(to.client_timeout),
            Setting::Hints(to.hints),
            Setting::Fallback(to.fallback),
            Setting::Misbehave(to.misbehave),
            Setting::Client(to.client),
            Setting::Digest(to.digest),
            Setting::Tombstones(to.tombstones),
            Setting::Sweeps(to.sweeps),
            Setting::Integrity(to.integrity),
        ];
        // A level is a number out of N: N grows before the levels do, and shrinks after them.
        let at = if to.replicas.total() < from.replicas.total() { all.len() } else { 0 };
        all.insert(at, Setting::Replicas(to.replicas));
        let mut now = from.clone();
        all.into_iter()
            .filter(|setting| {
                let before = now.clone();
                now.set(*setting);
                now != before
            })
            .collect()
    }

    /// What the command line prints: what it is, its settings as a run file writes them, their sources, the differences.
    pub fn text(&self) -> String {
        let config = serde_json::json!({"topology": {"style": self.style}, "settings": self.settings});
        let config = serde_json::to_string_pretty(&config).unwrap_or_default();
        let list = |lines: &[String]| lines.iter().map(|line| format!("  - {line}\n")).collect::<String>();
        format!(
            "{} ({})\n{}\n\nSources of its values\n{}\nWhere the engine differs\n{}\nIn a run file's \"config\"\n{config}",
            self.title,
            self.name,
            self.about,
            list(&self.sources),
            list(&self.fidelity)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::node::Level;

    #[test]
    fn every_file_is_read_and_within_bounds() {
        for file in FILES {
            let preset: Preset = serde_json::from_str(file).expect("it reads");
            let mut config = Config::default();
            preset.apply(&mut config);
            config.check().expect("within bounds");
            assert!(preset.is(&config.settings, config.topology.style) && !preset.sources.is_empty() && !preset.fidelity.is_empty());
        }
        assert_eq!(presets().len(), FILES.len());
        assert!(presets().iter().all(|p| preset(&p.name) == Some(p)), "names differ");
        assert!(preset("plain").is_some_and(|p| p.settings == Settings::default()));
    }

    #[test]
    fn changes_lead_from_any_preset_to_any_other() {
        for (from, to) in presets().iter().flat_map(|a| presets().iter().map(move |b| (a, b))) {
            let mut settings = from.settings.clone();
            let changes = to.changes(&settings);
            assert_eq!(changes.is_empty(), from.settings == to.settings, "{} to {}", from.name, to.name);
            changes.into_iter().for_each(|change| settings.set(change));
            assert_eq!(settings, to.settings, "{} to {}", from.name, to.name);
        }
    }

    #[test]
    fn no_change_on_the_way_is_out_of_bounds() {
        for (n, level) in [(5, Level::Count(5)), (1, Level::One)] {
            let mut from = Settings { replicas: n.into(), ..Settings::default() };
            from.write.level = level;
            from.read.level = level;
            for preset in presets() {
                let mut settings = from.clone();
                for change in preset.changes(&from) {
                    settings.set(change);
                    assert_eq!(settings.check(), Ok(()), "from {n} to {}", preset.name);
                }
                assert_eq!(settings, preset.settings);
            }
        }
    }

    #[test]
    fn copies_counted_zone_by_zone_are_left_alone() {
        let replicas = Replication::per_zone(&[3, 2]).expect("two zones");
        for preset in presets() {
            let mut config = Config { settings: Settings { replicas, ..Settings::default() }, ..Config::default() };
            preset.apply(&mut config);
            assert_eq!(config.settings.replicas, replicas);
            assert!(preset.is(&config.settings, preset.style) && preset.changes(&config.settings).is_empty());
        }
    }
}
