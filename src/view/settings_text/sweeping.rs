//! The sentences about sweeps: when they run, how they find what differs, how fast they may be; and what disks can do.

use super::{Part, Unit, amount, one_of, time};
use crate::engine::base::Micros;
use crate::engine::node::{
    Caps, Checkpoints, Disk, Order, QueueSettings, Schedule, Setting, Settings, Start, Streams, SweepPolicy, SweepSettings, Upkeep, Whose,
};
use crate::engine::sweep::{Combine, Depth, LeafContent, TreePolicy};
use crate::engine::world::LIMITS;
use crate::view::sweep::{names, start};

/// What begins when somebody switches it on: the interval, bytes a second, a share of the disk.
const EVERY: Micros = Micros::secs(10);
const RATE: u64 = 100_000;
const SHARE: u32 = 250_000;

fn span(id: &'static str, label: &'static str, value: Micros) -> Part {
    amount(id, label, value.0, (0, LIMITS.span.0), Unit::Span)
}

/// Everything about sweeps.
pub(super) fn sweeps(now: &SweepSettings) -> Vec<Vec<Part>> {
    let now = *now;
    let mut all = vec![when(now)];
    all.extend(now.queue.filter(|_| now.schedule.is_some()).map(|queue| turns(now, queue)));
    all.push(how(now));
    if start::has_trees(now.policy.method) {
        all.push(trees(now));
    }
    all.extend([speed(now), patience(now)]);
    all
}

fn when(now: SweepSettings) -> Vec<Part> {
    let usual = now.schedule.unwrap_or(Schedule { every: EVERY, jitter: Micros::ZERO, start: Start::Drawn });
    let by_itself = one_of(
        "sweep-when",
        "whether nodes sweep by themselves",
        &[("only when told to", None), ("by themselves", Some(usual))],
        now.schedule,
        |schedule| Setting::Sweeps(SweepSettings { schedule, ..now }),
    );
    let mut parts = vec![Part::Text("Nodes compare with others "), by_itself];
    if let Some(schedule) = now.schedule {
        let begins = one_of(
            "sweep-start",
            "when nodes begin",
            &[
                ("each at a time of its own", Start::Drawn),
                ("all at the same instant", Start::Together),
                ("one after another", Start::InTurn),
            ],
            schedule.start,
            |start| Setting::Sweeps(SweepSettings { schedule: Some(Schedule { start, ..schedule }), ..now }),
        );
        let queue = one_of(
            "sweep-queue",
            "what a turn does",
            &[("all ranges shared with the next peer", None), ("range by range, with everybody", Some(now.queue.unwrap_or_default()))],
            now.queue,
            |queue| Setting::Sweeps(SweepSettings { queue, ..now }),
        );
        parts.extend([
            Part::Text(", every "),
            time("sweep-interval", "time between two turns of a node", schedule.every),
            Part::Text(" and up to "),
            span("sweep-jitter", "jitter of turns", schedule.jitter),
            Part::Text(" later, "),
            begins,
            Part::Text(": "),
            queue,
        ]);
    }
    parts.push(Part::Text("."));
    parts
}

fn turns(now: SweepSettings, queue: QueueSettings) -> Vec<Part> {
    let set = move |queue: QueueSettings| Setting::Sweeps(SweepSettings { queue: Some(queue), ..now });
    let whose = one_of(
        "sweep-ranges",
        "which ranges a node sweeps",
        &[("that it holds", Whose::Held), ("of which it is the first replica", Whose::First)],
        queue.ranges,
        |ranges| set(QueueSettings { ranges, ..queue }),
    );
    let order = one_of(
        "sweep-order",
        "which range comes first",
        &[
            ("longest unswept first", Order::Oldest),
            ("in a drawn order", Order::Drawn),
            ("the most used first", Order::Hot),
            ("what differed most first", Order::Different),
            ("doubtful peers first", Order::Unstable),
        ],
        queue.order,
        |order| set(QueueSettings { order, ..queue }),
    );
    let alone = one_of(
        "sweep-one-each",
        "how many sweeps a node takes part in",
        &[("several at a time", false), ("one at a time, its own or another's", true)],
        queue.one_each,
        |one_each| set(QueueSettings { one_each, ..queue }),
    );
    let kept = one_of(
        "sweep-checkpoints",
        "what a crash leaves of a round",
        &[("goes on with it", Checkpoints::Disk), ("waits for the next", Checkpoints::Memory)],
        queue.checkpoints,
        |checkpoints| set(QueueSettings { checkpoints, ..queue }),
    );
    let gives_way = one_of(
        "sweep-throttle",
        "whether sweeps give way to clients",
        &[("does not look at", false), ("rests by Riak's table for", true)],
        queue.throttle,
        |throttle| set(QueueSettings { throttle, ..queue }),
    );
    vec![
        Part::Text("A turn is over the ranges "),
        whose,
        Part::Text(", each in "),
        amount("sweep-segments", "parts of a range", queue.segments.into(), (1, 64), Unit::Count),
        Part::Text(" parts, "),
        order,
        Part::Text("; at most "),
        amount("sweep-most", "sweeps that wait at most", queue.most.into(), (1, 10_000), Unit::Count),
        Part::Text(" wait. A node takes part in "),
        alone,
        Part::Text(" and spends "),
        amount("sweep-intensity", "share of time spent sweeping", queue.intensity_ppm.into(), (10_000, 1_000_000), Unit::Share),
        Part::Text(" of its time so. It "),
        gives_way,
        Part::Text(" reads that wait for its disk. After a crash in a round it "),
        kept,
        Part::Text("."),
    ]
}

fn how(now: SweepSettings) -> Vec<Part> {
    let policy = now.policy;
    let methods: Vec<_> = start::METHODS.iter().map(|method| (names(*method).0, *method)).collect();
    let method = one_of("sweep-method", "how two replicas find what differs", &methods, policy.method, |method| {
        Setting::Sweeps(SweepSettings { policy: SweepPolicy { method, ..policy }, ..now })
    });
    vec![Part::Text("Two replicas find what differs by this method: "), method, Part::Text(".")]
}

fn trees(now: SweepSettings) -> Vec<Part> {
    let policy = now.policy;
    let set = move |policy: SweepPolicy| Setting::Sweeps(SweepSettings { policy, ..now });
    let tree = move |tree: TreePolicy| set(SweepPolicy { tree, ..policy });
    let leaf = one_of(
        "tree-leaf",
        "what is hashed of a row",
        &[("all of it", LeafContent::Row), ("key and version", LeafContent::Version), ("the key alone, by mistake", LeafContent::Key)],
        policy.tree.leaf,
        |leaf| tree(TreePolicy { leaf, ..policy.tree }),
    );
    let combine = one_of(
        "tree-combine",
        "how hashes are combined",
        &[("exclusive or", Combine::Xor), ("hashing them again", Combine::Hash)],
        policy.tree.combine,
        |combine| tree(TreePolicy { combine, ..policy.tree }),
    );
    let upkeep = one_of(
        "tree-upkeep",
        "where trees come from",
        &[("made anew for each sweep", Upkeep::Scan), ("kept up to date", Upkeep::Kept)],
        policy.upkeep,
        |upkeep| set(SweepPolicy { upkeep, ..policy }),
    );
    let streams = one_of(
        "tree-streams",
        "what goes across of a leaf that differs",
        &[("only rows that differ", Streams::Keys), ("all its rows", Streams::Leaves)],
        policy.streams,
        |streams| set(SweepPolicy { streams, ..policy }),
    );
    let fans: Vec<(String, u32)> = start::FANS.iter().map(|fan| (fan.to_string(), *fan)).collect();
    let fans: Vec<(&str, u32)> = fans.iter().map(|(words, fan)| (words.as_str(), *fan)).collect();
    let fan = one_of("tree-fan-out", "children of a node of a tree", &fans, policy.tree.fan_out, |fan| {
        tree(start::with_fan_out(&policy.tree, fan))
    });
    let leaves = start::leaves(&policy.tree);
    let depths: Vec<(&str, Depth)> = leaves.iter().map(|(depth, words)| (words.as_str(), *depth)).collect();
    let depth = one_of("tree-leaves", "leaves of a tree", &depths, policy.tree.depth, |depth| tree(TreePolicy { depth, ..policy.tree }));
    vec![
        Part::Text("Their trees are "),
        upkeep,
        Part::Text(": "),
        fan,
        Part::Text(" children a node, leaves: "),
        depth,
        Part::Text("; of a row "),
        leaf,
        Part::Text(" is hashed, and hashes are combined by "),
        combine,
        Part::Text(". Of a leaf that differs go "),
        streams,
        Part::Text("."),
    ]
}

fn speed(now: SweepSettings) -> Vec<Part> {
    let caps = now.caps;
    let some = |rate: u64| if rate > 0 { rate } else { RATE };
    let set = move |caps: Caps| Setting::Sweeps(SweepSettings { caps, ..now });
    let limit = |id, label, is: u64, make: fn(Caps, u64) -> Caps| {
        one_of(id, label, &[("as many bytes as it likes", 0), ("at most", some(is))], is, |rate| set(make(caps, rate)))
    };
    let mut parts = vec![
        Part::Text("A node runs "),
        amount("sweep-at-once", "sweeps of a node at the same time", now.at_once.into(), (1, 64), Unit::Count),
        Part::Text(" at a time, with "),
        amount("sweep-rows", "rows of one message", now.rows_at_once.into(), (1, 1_024), Unit::Count),
        Part::Text(" rows a message. For them it sends "),
        limit("sweep-node-cap", "what a node may send for sweeps", caps.node, |caps, node| Caps { node, ..caps }),
    ];
    if caps.node > 0 {
        parts.extend([
            Part::Text(" "),
            amount("sweep-node-rate", "bytes a second by a node", caps.node, (1, 1 << 30), Unit::Bytes),
            Part::Text(" a second"),
        ]);
    }
    parts.extend([
        Part::Text("; out of its zone a zone sends "),
        limit("sweep-zone-cap", "what a zone may send for sweeps", caps.zone, |caps, zone| Caps { zone, ..caps }),
    ]);
    if caps.zone > 0 {
        parts.extend([
            Part::Text(" "),
            amount("sweep-zone-rate", "bytes a second out of a zone", caps.zone, (1, 1 << 30), Unit::Bytes),
            Part::Text(" a second"),
        ]);
    }
    parts.push(Part::Text("."));
    parts
}

fn patience(now: SweepSettings) -> Vec<Part> {
    vec![
        Part::Text("It waits "),
        time("sweep-timeout", "patience with the peer of a sweep", now.timeout),
        Part::Text(" for an answer, and tries again "),
        amount("sweep-retries", "further tries", now.retries.into(), (0, LIMITS.retries.into()), Unit::Count),
        Part::Text(" times after "),
        span("sweep-back-off", "rest before another try", now.back_off),
        Part::Text(", longer each time."),
    ]
}

/// What disks can do.
pub(super) fn disks(now: Option<Disk>) -> Vec<Vec<Part>> {
    let some = now.unwrap_or_default();
    let on =
        one_of("disk-takes", "whether disks take time", &[("take no time", None), ("take their time", Some(some))], now, Setting::Disk);
    let mut parts = vec![Part::Text("Disks "), on];
    if let Some(disk) = now {
        let ms = |id, label, value: Micros| amount(id, label, value.0, (0, 1_000_000), Unit::Span);
        let share = one_of(
            "disk-share",
            "whether sweeps have a share of the disk",
            &[("first come, first served", None), ("sweeps get", Some(disk.sweep_share_ppm.unwrap_or(SHARE)))],
            disk.sweep_share_ppm,
            |sweep_share_ppm| Setting::Disk(Some(Disk { sweep_share_ppm, ..disk })),
        );
        parts.extend([
            Part::Text(": "),
            ms("disk-read", "time to find a row", disk.read),
            Part::Text(" to find a row, "),
            ms("disk-write", "time to write a row", disk.write),
            Part::Text(" to write one, "),
            ms("disk-scan", "time for each row of a scan", disk.scan),
            Part::Text(" for each row of a scan; "),
            share,
        ]);
        if let Some(share) = disk.sweep_share_ppm {
            parts.extend([
                Part::Text(" "),
                amount("disk-sweep-share", "share of a disk for sweeps", share.into(), (10_000, 990_000), Unit::Share),
                Part::Text(" of it"),
            ]);
        }
    }
    parts.push(Part::Text("."));
    vec![parts]
}

/// What a new number under this name means.
pub(super) fn change(s: &Settings, id: &str, value: u64) -> Option<Setting> {
    let (now, at) = (s.sweeps, Micros(value));
    let few = || u32::try_from(value).ok();
    let scheduled = |schedule: Schedule| Some(Setting::Sweeps(SweepSettings { schedule: Some(schedule), ..now }));
    let queued = |queue: QueueSettings| Some(Setting::Sweeps(SweepSettings { queue: Some(queue), ..now }));
    let disk = |disk: Disk| Some(Setting::Disk(Some(disk)));
    match id {
        "sweep-interval" => scheduled(Schedule { every: at, ..now.schedule? }),
        "sweep-jitter" => scheduled(Schedule { jitter: at, ..now.schedule? }),
        "sweep-segments" => queued(QueueSettings { segments: few()?, ..now.queue? }),
        "sweep-most" => queued(QueueSettings { most: few()?, ..now.queue? }),
        "sweep-intensity" => queued(QueueSettings { intensity_ppm: few()?, ..now.queue? }),
        "sweep-at-once" => Some(Setting::Sweeps(SweepSettings { at_once: few()?, ..now })),
        "sweep-rows" => Some(Setting::Sweeps(SweepSettings { rows_at_once: few()?, ..now })),
        "sweep-node-rate" => Some(Setting::Sweeps(SweepSettings { caps: Caps { node: value, ..now.caps }, ..now })),
        "sweep-zone-rate" => Some(Setting::Sweeps(SweepSettings { caps: Caps { zone: value, ..now.caps }, ..now })),
        "sweep-timeout" => Some(Setting::Sweeps(SweepSettings { timeout: at, ..now })),
        "sweep-retries" => Some(Setting::Sweeps(SweepSettings { retries: few()?, ..now })),
        "sweep-back-off" => Some(Setting::Sweeps(SweepSettings { back_off: at, ..now })),
        "disk-read" => disk(Disk { read: at, ..s.disk? }),
        "disk-write" => disk(Disk { write: at, ..s.disk? }),
        "disk-scan" => disk(Disk { scan: at, ..s.disk? }),
        "disk-sweep-share" => disk(Disk { sweep_share_ppm: Some(few()?), ..s.disk? }),
        _ => None,
    }
}
