//! What a change of a whole group of settings changed: one clause for each value that is another one now.

use crate::engine::node::{
    Contact, Coordinate, FallbackSettings, Full, HintSettings, Keeper, Level, Misbehaviour, Proximity, Reach, ReadSettings, Replay,
    Setting, Settings, Speculate, StandIn, WriteSettings,
};
use crate::view::format::{bytes, count, counted, list, per_cent, span};

/// A change of a setting, as a clause about what differs from `before`.
pub fn changed(before: &Settings, setting: Setting) -> String {
    let (clauses, same) = match setting {
        Setting::Hints(now) => (hints(&before.hints, &now), "hints are kept as before"),
        Setting::Fallback(now) => (stand_ins(&before.fallback, &now), "stand-ins are found as before"),
        Setting::Write(now) => (writes(&before.write, &now), "writes go as before"),
        Setting::Read(now) => (reads(&before.read, &now), "reads go as before"),
        Setting::Misbehave(now) => (rules(&before.misbehave, &now), "the same rules are kept"),
        other => return super::words::setting(other),
    };
    if clauses.is_empty() { same.to_owned() } else { list(clauses) }
}

/// Clauses for what differs.
struct Clauses(Vec<String>);

impl Clauses {
    fn when<T: PartialEq>(&mut self, before: &T, now: &T, words: impl FnOnce(&T) -> String) {
        if before != now {
            self.0.push(words(now));
        }
    }
}

fn either(on: bool, yes: &str, no: &str) -> String {
    if on { yes } else { no }.to_owned()
}

fn hints(before: &HintSettings, now: &HintSettings) -> Vec<String> {
    let mut c = Clauses(Vec::new());
    c.when(&before.keeper, &now.keeper, |keeper| match keeper {
        Keeper::Nobody => "no hints are kept".to_owned(),
        Keeper::Coordinator => "the coordinator keeps a hint of what a replica misses".to_owned(),
        Keeper::Replica => "another replica of the key keeps a hint of what a replica misses".to_owned(),
        Keeper::Any => "any node outside the list keeps a hint of what a replica misses".to_owned(),
        Keeper::Consistent(n) => format!("one of the next {n} nodes outside the list keeps a hint of what a replica misses"),
        Keeper::Proximity => "the nearest node outside the list keeps a hint of what a replica misses".to_owned(),
    });
    c.when(&before.window, &now.window, |at| format!("no new hints are kept for a replica that has been down for {}", span(*at)));
    c.when(&before.persistent_window, &now.persistent_window, |on| {
        either(*on, "a replica that shows up for a moment gets no new window", "each time a replica goes down its window begins anew")
    });
    c.when(&before.flush, &now.flush, |at| format!("hints reach the disk within {}", span(*at)));
    c.when(&before.poll, &now.poll, |at| format!("keepers look every {} who is back", span(*at)));
    c.when(&before.replay, &now.replay, |replay| match replay {
        Replay::Poll => "replay begins at the next look".to_owned(),
        Replay::OnUp => "replay begins as soon as a replica is believed up".to_owned(),
    });
    c.when(&before.page, &now.page, |size| format!("hints go in pages of {}", bytes(u64::from(*size))));
    c.when(&before.throttle, &now.throttle, |rate| match rate {
        0 => "hints are replayed as fast as they go".to_owned(),
        rate => format!("hints are replayed at {} a second at most, shared with the other nodes", bytes(*rate)),
    });
    c.when(&before.targets_at_once, &now.targets_at_once, |n| {
        format!("a keeper replays to {} at once", counted(u64::from(*n), "replica", "replicas"))
    });
    c.when(&before.lifetime, &now.lifetime, |lifetime| match lifetime {
        None => "a hint lives as long as tombstones do".to_owned(),
        Some(at) => format!("a hint lives {} at most", span(*at)),
    });
    c.when(&before.room, &now.room, |room| match room {
        0 => "hints get all the room they need".to_owned(),
        room => format!("hints for one replica get {}", bytes(*room)),
    });
    c.when(&before.full, &now.full, |full| match full {
        Full::Drop => "hints that do not fit are dropped".to_owned(),
        Full::Compact => "when hints do not fit only the newest of each key stays".to_owned(),
        Full::Refuse => "a write whose hint would not fit is refused".to_owned(),
    });
    c.when(&before.overload, &now.overload, |most| match most {
        0 => "writes are taken however many hints wait in memory".to_owned(),
        most => format!("writes are refused while more than {} wait in memory", counted(u64::from(*most), "hint", "hints")),
    });
    c.when(&before.paused, &now.paused, |on| either(*on, "replay stands still", "replay goes on"));
    c.when(&before.never_expire, &now.never_expire, |on| either(*on, "hints never expire, which is wrong", "hints expire in time"));
    c.0
}

fn stand_ins(before: &FallbackSettings, now: &FallbackSettings) -> Vec<String> {
    let mut c = Clauses(Vec::new());
    c.when(&before.stand_in, &now.stand_in, |who| match who {
        StandIn::Nobody => "nobody stands in for a replica that is down".to_owned(),
        StandIn::NextHealthy => "the next healthy node stands in for a replica that is down".to_owned(),
        StandIn::Partition => "the owner of the next healthy partition stands in for a replica that is down".to_owned(),
    });
    c.when(&before.tick, &now.tick, |at| format!("stand-ins look every {} whether an owner is back", span(*at)));
    c.when(&before.idle, &now.idle, |at| format!("stand-ins hand over what has been left alone for {}", span(*at)));
    c.when(&before.at_once, &now.at_once, |n| format!("a stand-in hands over to {} at once", counted(u64::from(*n), "owner", "owners")));
    c.0
}

/// A level that may be left out, as a number of replicas.
fn many(level: &Option<Level>) -> String {
    level.map_or_else(|| "any number".to_owned(), |level| level.name().to_string())
}

fn writes(before: &WriteSettings, now: &WriteSettings) -> Vec<String> {
    let mut c = Clauses(Vec::new());
    c.when(&before.level, &now.level, |level| format!("a write waits for {} unless it says otherwise", level.name()));
    c.when(&before.timeout, &now.timeout, |at| format!("a coordinator waits {} for a write", span(*at)));
    c.when(&before.coordinate, &now.coordinate, |who| match who {
        Coordinate::Anyone => "whichever node is asked coordinates a write".to_owned(),
        Coordinate::Replica { patience } => {
            format!("a node that will hold the key coordinates its writes, and is given {} to take them up", span(*patience))
        }
    });
    c.when(&before.local_first, &now.local_first, |on| {
        either(*on, "a coordinator stores its own copy before it sends any", "a coordinator sends a write to all replicas at once")
    });
    c.when(&before.relay, &now.relay, |on| {
        either(*on, "one message goes into another zone and is passed on there", "every replica of another zone gets a message of its own")
    });
    c.when(&before.reach, &now.reach, |reach| {
        either(
            *reach == Reach::OwnZone,
            "a write goes to its coordinator's zone only, and to others by sweeps",
            "a write goes to every zone",
        )
    });
    c.when(&before.drop_late, &now.drop_late, |on| {
        either(*on, "a replica throws away writes that come too late", "a replica stores writes however late they come")
    });
    c.when(&before.durable, &now.durable, |level| format!("a write must be on the disk of {} of those it waits for", many(level)));
    c.when(&before.primary, &now.primary, |level| format!("{} of those a write waits for must be owners", many(level)));
    c.when(&before.confirms, &now.confirms, |n| {
        format!("confirmations must come from {} different machines at least", count(u64::from(*n)))
    });
    c.0
}

fn asked(contact: &Contact) -> String {
    match contact {
        Contact::Level => "a read asks as many replicas as it waits for".to_owned(),
        Contact::Everyone => "a read asks all replicas".to_owned(),
        Contact::Chance { all_ppm, zone_ppm: 0 } => format!("{} of the reads ask all replicas", per_cent(*all_ppm)),
        Contact::Chance { all_ppm, zone_ppm } => {
            format!("{} of the reads ask all replicas and {} those of the coordinator's zone", per_cent(*all_ppm), per_cent(*zone_ppm))
        }
        Contact::Adaptive { low_ppm, high_ppm } => {
            format!("{} to {} of the reads ask all replicas, the more the more differ", per_cent(*low_ppm), per_cent(*high_ppm))
        }
    }
}

fn reads(before: &ReadSettings, now: &ReadSettings) -> Vec<String> {
    let mut c = Clauses(Vec::new());
    let plain = |setting| super::words::setting(setting);
    c.when(&before.level, &now.level, |level| plain(Setting::ReadLevel(*level)));
    c.when(&before.timeout, &now.timeout, |at| plain(Setting::ReadTimeout(*at)));
    c.when(&before.digests, &now.digests, |on| plain(Setting::Digests(*on)));
    c.when(&before.second_round, &now.second_round, |round| plain(Setting::SecondRound(*round)));
    c.when(&before.repair, &now.repair, |repair| plain(Setting::Repair(*repair)));
    c.when(&before.contact, &now.contact, asked);
    c.when(&before.proximity, &now.proximity, |order| match order {
        Proximity::Ring => "replicas are asked in ring order".to_owned(),
        Proximity::Latency => "the quickest replicas are asked first".to_owned(),
        Proximity::Prefix => "always the first replicas of the list are asked, which is wrong".to_owned(),
    });
    c.when(&before.speculate, &now.speculate, |when| match when {
        Speculate::Never => "a slow read asks nobody more".to_owned(),
        Speculate::Always => "a read asks one replica more from the start".to_owned(),
        Speculate::After(at) => format!("a read asks one replica more after {}", span(*at)),
        Speculate::Percentile(share) => {
            format!("a read asks one replica more when it takes longer than {} of recent reads did", per_cent(share.saturating_mul(1_000)))
        }
    });
    c.when(&before.additional_write, &now.additional_write, |wait| match wait {
        None => "a slow repair is not widened".to_owned(),
        Some(at) => format!("a repair goes to all replicas once it has taken {}", span(*at)),
    });
    c.when(&before.primary, &now.primary, |level| format!("{} of the answers to a read must come from owners", many(level)));
    c.when(&before.absent_counts, &now.absent_counts, |on| {
        either(*on, "having no row is an answer like any other", "having no row counts as a failure")
    });
    c.when(&before.basic_quorum, &now.basic_quorum, |on| {
        either(*on, "a read gives up when a majority has failed", "a read gives up when too few can still answer")
    });
    c.when(&before.hint_repairs, &now.hint_repairs, |on| {
        either(*on, "a repair that is not confirmed is kept as a hint", "a repair that is not confirmed is left at that")
    });
    c.0
}

fn rules(before: &Misbehaviour, now: &Misbehaviour) -> Vec<String> {
    let mut c = Clauses(Vec::new());
    c.when(&before.blind_repair, &now.blind_repair, |on| {
        either(*on, "a repair overwrites whatever is there, which is wrong", "a repair replaces only what is older")
    });
    c.when(&before.one_way_sweeps, &now.one_way_sweeps, |on| {
        either(*on, "a sweep sends and asks for nothing, which is wrong", "a sweep goes both ways")
    });
    c.when(&before.hopeful_hints, &now.hopeful_hints, |on| {
        either(*on, "a hint is thrown away unconfirmed, which is wrong", "a hint is kept until it is confirmed")
    });
    c.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Micros;

    #[test]
    fn only_what_differs_is_said() {
        let mut now = Settings::default();
        let hints = HintSettings { keeper: Keeper::Coordinator, window: Micros::secs(60), ..now.hints };
        let said =
            "the coordinator keeps a hint of what a replica misses and no new hints are kept for a replica that has been down for 1 min";
        assert_eq!(changed(&now, Setting::Hints(hints)), said);
        assert_eq!(super::super::words::setting(Setting::Hints(hints)), said, "without a before: what is not as usual");
        now.set(Setting::Hints(hints));
        assert_eq!(changed(&now, Setting::Hints(HintSettings { paused: true, ..hints })), "replay stands still");
        assert_eq!(changed(&now, Setting::Hints(hints)), "hints are kept as before");
        let read = ReadSettings { repair: crate::engine::node::Repair::Off, contact: Contact::Everyone, ..now.read };
        assert_eq!(changed(&now, Setting::Read(read)), "stale replicas are not repaired and a read asks all replicas");
        let write = WriteSettings { durable: Some(Level::Two), ..now.write };
        assert_eq!(changed(&now, Setting::Write(write)), "a write must be on the disk of TWO of those it waits for");
        let fallback = FallbackSettings { stand_in: StandIn::NextHealthy, ..now.fallback };
        assert_eq!(changed(&now, Setting::Fallback(fallback)), "the next healthy node stands in for a replica that is down");
        assert!(changed(&now, Setting::Misbehave(Misbehaviour { blind_repair: true, ..now.misbehave })).contains("which is wrong"));
        assert_eq!(changed(&now, Setting::ReadLevel(Level::One)), "a read waits for ONE unless it says otherwise");
    }
}
