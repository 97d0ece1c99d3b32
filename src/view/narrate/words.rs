//! Words for settings and other choices, shared by sentences and lists.

use crate::engine::node::{Detector, Keeper, Misbehaviour, Repair, SecondRound, Setting, StandIn, Sync};
use crate::view::format::{counted, span};

/// A change of a setting, as a clause: `a write waits for ALL`.
pub fn setting(setting: Setting) -> String {
    match setting {
        Setting::Replicas(n) => format!("each key lives on {}", counted(u64::from(n), "node", "nodes")),
        Setting::WriteLevel(level) => format!("a write waits for {} unless it says otherwise", level.name()),
        Setting::ReadLevel(level) => format!("a read waits for {} unless it says otherwise", level.name()),
        Setting::Repair(Repair::Blocking) => "stale replicas are repaired before the answer".to_owned(),
        Setting::Repair(Repair::Asynchronous) => "stale replicas are repaired after the answer".to_owned(),
        Setting::Repair(Repair::Off) => "stale replicas are not repaired".to_owned(),
        Setting::SecondRound(SecondRound::Differing) => "after a mismatch only those that differ send their rows".to_owned(),
        Setting::SecondRound(SecondRound::Everyone) => "after a mismatch everyone sends the whole row".to_owned(),
        Setting::Digests(true) => "a read asks one replica for its row and the others for digests".to_owned(),
        Setting::Digests(false) => "a read asks all replicas for whole rows".to_owned(),
        Setting::Sync(Sync::EveryWrite) => "a write is on disk before it is confirmed".to_owned(),
        Setting::Sync(Sync::Every(every)) => format!("writes reach the disk up to {} later", span(every)),
        Setting::Detector(Detector::None) => "no node ever believes another down".to_owned(),
        Setting::Detector(Detector::Heartbeat { every, timeout }) => {
            format!("nodes send heartbeats every {} and believe a peer down after {} of silence", span(every), span(timeout))
        }
        Setting::WriteTimeout(after) => format!("a coordinator waits {} for a write", span(after)),
        Setting::ReadTimeout(after) => format!("a coordinator works {} on a read", span(after)),
        Setting::Repair(Repair::BlockingAll) => "stale replicas are repaired before the answer, and all of them must confirm".to_owned(),
        Setting::Repair(Repair::Bounded(most)) => {
            format!("stale replicas are repaired before the answer, which waits {} at most", span(most))
        }
        Setting::Write(_) => "how writes are done".to_owned(),
        Setting::Read(_) => "how reads are done".to_owned(),
        Setting::Hints(hints) if hints.keeper == Keeper::Nobody => "no hints are kept".to_owned(),
        Setting::Hints(_) => "hints are kept for replicas that are down".to_owned(),
        Setting::Fallback(fallback) if fallback.stand_in == StandIn::Nobody => "nobody stands in for a replica that is down".to_owned(),
        Setting::Fallback(_) => "other nodes stand in for replicas that are down".to_owned(),
        Setting::Misbehave(rules) if rules == Misbehaviour::default() => "no rule is broken".to_owned(),
        Setting::Misbehave(_) => "rules are broken on purpose".to_owned(),
        Setting::ClientTimeout(after) => format!("a client waits {} for an answer", span(after)),
    }
}
