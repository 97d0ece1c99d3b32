//! Settings as tests look at them. How they are stored is known here and nowhere else among the tests.
#![allow(dead_code, reason = "shared by several test programs, each of which uses a part")]

use drift::engine::base::Micros;
use drift::engine::node::{Detector, Repair, Settings, Sync};
use drift::engine::world::Command;
use drift::lab::Script;

/// The rules in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// N.
    pub replicas: u32,
    /// How long a write may wait for the disk; `None` if it is on disk before it is acknowledged.
    pub lazy_sync: Option<Micros>,
    /// How long a coordinator works on a write.
    pub write_timeout: Micros,
    /// How long a coordinator works on a read.
    pub read_timeout: Micros,
    /// How long a client waits.
    pub client_timeout: Micros,
    /// One row and digests, or rows only.
    pub digests: bool,
    /// Stale replicas are repaired before the answer.
    pub blocking: bool,
    /// Time between two heartbeats, and silence after which a peer is held to be down.
    pub beats: Option<(Micros, Micros)>,
    /// All settings as they are.
    pub all: Settings,
}

impl Rules {
    /// The rules that these settings say.
    pub fn of(settings: &Settings) -> Rules {
        Rules {
            replicas: settings.replicas.total(),
            lazy_sync: if let Sync::Every(span) = settings.sync { Some(span) } else { None },
            write_timeout: settings.write.timeout,
            read_timeout: settings.read.timeout,
            client_timeout: settings.client_timeout,
            digests: settings.read.digests,
            blocking: settings.read.repair == Repair::Blocking,
            beats: match settings.detector {
                Detector::None => None,
                Detector::Heartbeat { every, timeout } => Some((every, timeout)),
                // How long a silence is too long is not fixed; suspicion by a fixed time does not occur.
                Detector::Accrual(accrual) => Some((accrual.every, Micros::MAX)),
            },
            all: settings.clone(),
        }
    }

    /// The rules of a run from its start on, one for each change; only the first so many commands count.
    pub fn in_turn(script: &Script, commands: usize) -> Vec<Rules> {
        let mut settings = script.config.settings.clone();
        let mut found = vec![Rules::of(&settings)];
        for timed in &script.commands[..commands] {
            if let Command::Set { setting } = timed.command {
                settings.set(setting);
                found.push(Rules::of(&settings));
            }
        }
        found
    }
}
