//! Sentences about what a person does to the world.

use super::changed::changed;
use super::facts::Facts;
use super::{Said, ranges, rot, turns, words};
use crate::engine::base::{CutId, Endpoint, EventId};
use crate::engine::node::{Detector, Setting, Tombstones};
use crate::engine::world::{Command, Event, EventKind, Fault};
use crate::view::format::{capital, counted, list, moment, offset, per_cent, span};

/// A cut in a few words: `D is cut off`.
pub(super) fn cut_clause(facts: &Facts<'_>, cut: CutId) -> String {
    let ends = |ends: &[Endpoint]| facts.names.ends(ends);
    match facts.cut_command(cut) {
        Some(Command::Cut { islands }) => match islands.as_slice() {
            [island] => format!("{} {} cut off", ends(island), if island.len() == 1 { "is" } else { "are" }),
            several => format!("{} are cut off from each other", list(several.iter().map(|i| format!("[{}]", ends(i))))),
        },
        Some(Command::CutOneWay { from, to }) => format!("messages from {} to {} stop", ends(from), ends(to)),
        Some(Command::CutLink { a, b }) => format!("the link between {} and {} is cut", facts.names.end(*a), facts.names.end(*b)),
        _ => "the network is cut".to_owned(),
    }
}

/// Somebody is told to compare, with one other node or with all replicas of its ranges.
fn sweep_asked(who: &str, with: &str) -> Said {
    let said = if who == with {
        Said::new(format!("{who} is told to repair its ranges.")).rest("All their replicas are to make trees.")
    } else {
        Said::new(format!("{who} is told to compare what it holds with {with}.")).rest("Both will get what they lack.")
    };
    said.rule("a sweep repairs what nobody reads")
}

pub(super) fn done(facts: &Facts<'_>, id: EventId, event: &Event, fault: &Fault) -> Said {
    let who = event.who.map_or_else(String::new, |w| facts.names.end(w));
    match fault {
        Fault::Cut(cut) => {
            let way_back = if matches!(facts.cut_command(*cut), Some(Command::CutOneWay { .. })) { " The way back is open." } else { "" };
            Said::new(format!("{}.", capital(&cut_clause(facts, *cut))))
                .rest(format!(
                    "Both sides go on working, and nobody is told. Messages stop half way; those already past it still arrive.{way_back}"
                ))
                .so("and nobody is told")
                .rule("nothing crosses a cut")
        }
        Fault::Mended(cut) => mended(facts, id, *cut),
        Fault::Crashed { lost } => crashed(facts, id, &who, *lost),
        Fault::Restarted => Said::new(format!("{who} starts again."))
            .rest("It has the rows from its disk, has forgotten all else, and asks nobody what it missed.")
            .so("with what was on its disk")
            .rule("what is on disk survives a crash"),
        Fault::Paused => Said::new(format!("{who} stops in its tracks."))
            .rest("It loses nothing, and what reaches it waits. To the others it looks dead.")
            .so("and looks dead to the others")
            .rule("a paused node handles nothing"),
        Fault::Resumed { waiting } => Said::new(format!("{who} goes on."))
            .rest(match waiting {
                0 => "Nothing was waiting for it.".to_owned(),
                n => format!(
                    "It handles {} that had piled up, late as they are.",
                    counted(u64::from(*n), "message or timer", "messages and timers")
                ),
            })
            .so("and handles what had piled up"),
        Fault::Rotted(rotted) => rot::fault(facts, event, &who, rotted),
        Fault::SweepAsked { with } => sweep_asked(&who, &with.to_string()),
        Fault::SweepStopped { .. } => turns::stopped(&who),
        Fault::Redrawn(change) => ranges::done(change),
        Fault::CleanupAsked => ranges::asked(&who),
        Fault::Wiped { rows } => Said::new(format!("{who} loses its disk and with it {}.", counted(*rows, "row", "rows")))
            .rest("When it starts again it is empty, yet counts as a replica as before.")
            .so("and will come back empty")
            .rule("an empty replica answers like any other"),
        Fault::Clock { offset_us } => Said::new(format!(
            "{who}'s clock now shows the {}.",
            if *offset_us == 0 { "right time".to_owned() } else { format!("wrong time: {}", offset(*offset_us)) }
        ))
        .rest(format!(
            "Versions that {who} makes as coordinator carry its clock's reading, and the later timestamp wins, whoever is right."
        ))
        .so("and its versions carry that time")
        .rule("the coordinator's clock stamps the version"),
        Fault::Slow { by } if by.0 == 0 => Said::new(format!("{who} is as quick as the others again."))
            .rest(format!("Messages to and from {who} travel as the network's settings say.")),
        Fault::Slow { by } => Said::new(format!("{who} becomes slow."))
            .rest(format!("Every message to or from it takes {} longer. What is already on its way does not.", span(*by)))
            .so(format!("by {} for each message", span(*by))),
        Fault::Link { from, to } => link(facts, event, *from, *to),
        Fault::Network => network(facts, event),
        Fault::Set(setting) => {
            Said::new(format!("From now on {}.", changed(&facts.settings_before(id), **setting))).rest(consequence(**setting))
        }
        Fault::HintsLost { count } => {
            Said::new(format!("{who} loses {} that were not on disk.", counted(u64::from(*count), "hint", "hints")))
                .rest("What they promised to deliver is delivered by nobody: the writes may still be on other replicas.")
                .rule("hints in memory die with their keeper")
        }
        Fault::BackedUp { .. } | Fault::Restored { .. } => disk(&who, fault),
        Fault::WorkloadBegan { .. } | Fault::WorkloadEnded { .. } => workload(facts, fault),
        Fault::Preloaded { count } => Said::new(format!("{} filled in.", counted(*count, "key is", "keys are")))
            .rest("Every replica is given its rows at once and without a message; they carry a timestamp from just before the run."),
    }
}

/// A disk copied aside, or put back.
fn disk(who: &str, fault: &Fault) -> Said {
    match fault {
        Fault::BackedUp { rows } => Said::new(format!("{who}'s disk is copied aside, with {}.", counted(*rows, "row", "rows")))
            .rest(format!("{who} notices nothing. What has not reached its disk yet is not in the copy."))
            .so("and goes on as before")
            .rule("a backup holds what was on disk"),
        Fault::Restored { rows, taken } => {
            Said::new(format!("{who}'s disk is replaced by the copy of {}, with {}.", moment(*taken), counted(*rows, "row", "rows")))
                .rest(format!(
                    "What it has stored since is gone, though it has confirmed it. When {who} starts again it answers from the old copy, as sure as before."
                ))
                .so("and what it confirmed since is gone")
                .rule("a restored replica answers like any other")
        }
        _ => Said::default(),
    }
}

/// A workload begins or ends. Workloads of a run are numbered in the order of their commands.
fn workload(facts: &Facts<'_>, fault: &Fault) -> Said {
    match fault {
        Fault::WorkloadBegan { number } => {
            let commands = facts.session.script().commands.iter();
            let mut found = commands.filter_map(|t| if let Command::Workload(w) = &t.command { Some(w) } else { None });
            let said = Said::new(format!("Workload {} begins.", number + 1)).rule("clients ask whether or not earlier answers have come");
            match found.nth(*number as usize) {
                Some(workload) => said.rest(format!("{}.", words::workload(workload))),
                None => said,
            }
        }
        Fault::WorkloadEnded { number, operations } => {
            let count = counted(u64::from(*operations), "operation", "operations");
            Said::new(format!("Workload {} ends after {count}.", number + 1)).rest("What it has asked is still answered.")
        }
        _ => Said::default(),
    }
}

fn mended(facts: &Facts<'_>, id: EventId, cut: CutId) -> Said {
    let ends = |ends: &[Endpoint]| facts.names.ends(ends);
    let headline = match facts.cut_command(cut) {
        Some(Command::Cut { islands }) => format!("The cut round {} is mended.", list(islands.iter().map(|i| ends(i)))),
        Some(Command::CutOneWay { from, to }) => format!("The one-way cut from {} to {} is mended.", ends(from), ends(to)),
        Some(Command::CutLink { a, b }) => format!("The link between {} and {} is mended.", facts.names.end(*a), facts.names.end(*b)),
        _ => "A cut is mended.".to_owned(),
    };
    let count = |wanted: fn(&Fault) -> bool| facts.before(id).filter(|(_, e)| matches!(&e.kind, EventKind::Fault(f) if wanted(f))).count();
    let made = count(|f| matches!(f, Fault::Cut(_)));
    let left = made - count(|f| matches!(f, Fault::Mended(_))) - 1;
    let through = match left {
        0 => "Messages get through again".to_owned(),
        n => format!("Messages get through again unless one of {} stops them", counted(n as u64, "other cut", "other cuts")),
    };
    Said::new(headline)
        .rest(format!("{through}, but what was stopped is not sent again: copies that drifted apart stay so for now."))
        .so("but nothing is sent again")
        .rule("mending a cut sends nothing again")
}

fn crashed(facts: &Facts<'_>, id: EventId, who: &str, lost: u32) -> Said {
    let back: Vec<String> = facts
        .at_once(id)
        .filter_map(|(_, e)| match &e.kind {
            EventKind::Reverted { key, before, after, .. } => Some(format!(
                "{key} falls from {} to {}",
                facts.names.maybe_row(key, before.as_ref()),
                facts.names.maybe_row(key, after.as_ref())
            )),
            _ => None,
        })
        .take(3)
        .collect();
    let rest = match lost {
        0 => "Everything it held was on disk, so no row is lost. What is sent to it is.".to_owned(),
        n => {
            let more = n as usize - back.len().min(n as usize);
            let more = if more == 0 { String::new() } else { format!(", and {} more", counted(more as u64, "key", "keys")) };
            format!("Changes that had not reached its disk are gone: {}{more}. It had confirmed them.", back.join("; "))
        }
    };
    let so = if lost == 0 {
        "with everything safe on disk".to_owned()
    } else {
        format!("and loses changes of {}", counted(u64::from(lost), "key", "keys"))
    };
    Said::new(format!("{who} crashes.")).rest(rest).so(so).rule("a crash takes back what was not synced")
}

fn link(facts: &Facts<'_>, event: &Event, from: Endpoint, to: Endpoint) -> Said {
    let (a, b) = (facts.names.end(from), facts.names.end(to));
    let rule = facts.session.script().commands.iter().filter(|t| t.at <= event.at).rev().find_map(|t| match &t.command {
        Command::Link { from: f, to: t, rule } if (*f, *t) == (from, to) => Some(*rule),
        _ => None,
    });
    let what = match rule {
        Some(r) if r.slower.0 == 0 && r.loss_ppm == 0 => "Its messages travel like all others again.".to_owned(),
        Some(r) => {
            let slower = (r.slower.0 > 0).then(|| format!("take {} longer", span(r.slower)));
            let loss = (r.loss_ppm > 0).then(|| format!("are lost in {} of cases besides", per_cent(r.loss_ppm)));
            format!("Its messages {}.", list(slower.into_iter().chain(loss)))
        }
        None => String::new(),
    };
    Said::new(format!("The link from {a} to {b} changes.")).rest(format!("{what} The way back is as it was.").trim().to_owned())
}

fn network(facts: &Facts<'_>, event: &Event) -> Said {
    let net = facts.session.script().commands.iter().filter(|t| t.at <= event.at).rev().find_map(|t| match &t.command {
        Command::Network { network } => Some(*network),
        _ => None,
    });
    let rest = net.map_or_else(String::new, |n| {
        let mut parts = vec![format!("half of all messages take {} or less", span(n.latency.median()))];
        if n.loss_ppm > 0 {
            parts.push(format!("{} are lost", per_cent(n.loss_ppm)));
        }
        if n.duplicate_ppm > 0 {
            parts.push(format!("{} arrive twice", per_cent(n.duplicate_ppm)));
        }
        if n.reorder_ppm > 0 {
            parts.push(format!("{} are held back", per_cent(n.reorder_ppm)));
        }
        format!("From now on {}.", list(parts))
    });
    Said::new("The network changes.").rest(rest)
}

fn consequence(setting: Setting) -> &'static str {
    match setting {
        Setting::Replicas(_) => "Rows are not moved: a node that becomes a replica of a key starts without its row.",
        Setting::WriteLevel(_) | Setting::ReadLevel(_) => "Operations already begun keep the level they began with.",
        Setting::Detector(Detector::None) => "Everyone is asked, dead or alive.",
        Setting::Detector(Detector::Heartbeat { .. } | Detector::Accrual(_)) => {
            "Every node starts to listen anew and believes everyone up until it hears otherwise."
        }
        Setting::Sweeps(_) => "Sweeps under way go on as they began.",
        Setting::Integrity(_) => "Checksums of a replica are made anew of what it holds now: what has rotted before fits from now on.",
        Setting::Client(_) => "Sessions remember from now on.",
        Setting::Tombstones(Tombstones::Purge { .. }) => {
            "A replica that misses a delete for longer than the grace may bring the value back."
        }
        Setting::Digest(_) => "A digest already on its way was made with the function before; it will not match, and the row is asked for.",
        _ => "Nothing that has happened changes.",
    }
}
