//! What can be chosen of each method where a sweep is started by hand: as a sentence with gaps, each with a few values, all within the bounds.

use super::start::{COMBINES, CONTENTS, FANS, STREAMS, UPKEEPS, leaf_choice, leaves, with_fan_out};
use crate::engine::base::{DigestFunction, Micros};
use crate::engine::node::{Method, Parallelism, Radix, Scope, Segments, SweepPolicy, Validation};
use crate::engine::sweep::{SketchPolicy, SpanPolicy, TreePolicy};
use crate::view::format::{bytes, count, span};

/// A gap of the sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// A stable name.
    pub id: &'static str,
    /// What is chosen, for those who only hear it.
    pub label: &'static str,
    /// The words before it.
    pub before: &'static str,
    /// Its values: how each is called, and the policy that it gives.
    pub values: Vec<(String, SweepPolicy)>,
    /// The value in force. One that is not among the usual ones is put in front of them.
    pub chosen: usize,
}

/// A gap over these values of a part of the policy.
fn gap<T: PartialEq + Copy>(
    (id, label, before): (&'static str, &'static str, &'static str),
    now: T,
    usual: &[T],
    words: impl Fn(T) -> String,
    with: impl Fn(T) -> SweepPolicy,
) -> Gap {
    let own = (!usual.contains(&now)).then_some(now);
    let all: Vec<T> = own.into_iter().chain(usual.iter().copied()).collect();
    let chosen = all.iter().position(|value| *value == now).unwrap_or(0);
    Gap { id, label, before, values: all.into_iter().map(|value| (words(value), with(value))).collect(), chosen }
}

/// A gap over values that have their words beside them.
fn named<T: PartialEq + Copy>(
    head: (&'static str, &'static str, &'static str),
    now: T,
    usual: &[(T, &str)],
    with: impl Fn(T) -> SweepPolicy,
) -> Gap {
    let values: Vec<T> = usual.iter().map(|(value, _)| *value).collect();
    let words = |value: T| usual.iter().find(|(known, _)| *known == value).map_or_else(String::new, |(_, words)| (*words).to_owned());
    gap(head, now, &values, words, with)
}

/// The functions that hashes may be made with.
const FUNCTIONS: &[(DigestFunction, &str)] = &[
    (DigestFunction::Xxh64, "xxh64"),
    (DigestFunction::SipHash13, "SipHash"),
    (DigestFunction::Xxh3, "XXH3"),
    (DigestFunction::Md5, "MD5"),
    (DigestFunction::Sha256, "SHA-256"),
    (DigestFunction::Murmur3, "murmur3"),
];

fn tree_shape(policy: SweepPolicy) -> Vec<Gap> {
    let tree = policy.tree;
    let set = move |tree: TreePolicy| SweepPolicy { tree, ..policy };
    let all = leaves(&tree);
    let depths = Gap {
        id: "leaves",
        label: "leaves",
        before: " Trees have ",
        values: all.into_iter().map(|(depth, words)| (words, set(TreePolicy { depth, ..tree }))).collect(),
        chosen: leaf_choice(&tree),
    };
    let fan =
        gap(("fan", "children of a node", " leaves and "), tree.fan_out, FANS, |n| n.to_string(), |fan| set(with_fan_out(&tree, fan)));
    let combine = named(("combine", "how hashes are combined", "; hashes are combined "), tree.combine, COMBINES, |combine| {
        set(TreePolicy { combine, ..tree })
    });
    vec![depths, fan, content(policy, " children to a node. A leaf hashes "), combine, function(policy, ", with ")]
}

fn content(policy: SweepPolicy, before: &'static str) -> Gap {
    named(("content", "what is hashed of a row", before), policy.tree.leaf, CONTENTS, |leaf| SweepPolicy {
        tree: TreePolicy { leaf, ..policy.tree },
        ..policy
    })
}

fn function(policy: SweepPolicy, before: &'static str) -> Gap {
    named(("function", "what hashes are made with", before), policy.tree.digest, FUNCTIONS, |digest| SweepPolicy {
        tree: TreePolicy { digest, ..policy.tree },
        ..policy
    })
}

fn descent(policy: SweepPolicy) -> Vec<Gap> {
    let mut all = tree_shape(policy);
    all.push(named(("upkeep", "where trees come from", ". Trees are "), policy.upkeep, UPKEEPS, |upkeep| SweepPolicy { upkeep, ..policy }));
    all.push(named(("streams", "what is sent", ". Send "), policy.streams, STREAMS, |streams| SweepPolicy { streams, ..policy }));
    all
}

fn validation(policy: SweepPolicy, all_replicas: bool) -> Vec<Gap> {
    let now = policy.validation.unwrap_or_default();
    let set = move |validation: Validation| SweepPolicy { validation: Some(validation), ..policy };
    let mut all = tree_shape(policy);
    let orders = [
        (Parallelism::Parallel, "all at once"),
        (Parallelism::Sequential, "one after another, from snapshots"),
        (Parallelism::ZoneByZone, "one of each zone at a time, from snapshots"),
    ];
    all.push(named(("order", "in which order trees are made", ". Replicas make them "), now.order, &orders, |order| {
        set(Validation { order, ..now })
    }));
    if all_replicas {
        let scopes =
            [(Scope::Held, "that it holds"), (Scope::Primary, "of which it is the first replica"), (Scope::Ring, "of the whole ring")];
        all.push(named(("scope", "which ranges", ", for ranges "), now.scope, &scopes, |scope| set(Validation { scope, ..now })));
    }
    let pulls = [(false, "both ways"), (true, "only towards who started it")];
    all.push(named(("pull", "which way rows move", ". Rows move "), now.pull, &pulls, |pull| set(Validation { pull, ..now })));
    let marks = [(false, "every row, repaired before or not"), (true, "what no repair has taken in, and mark it")];
    all.push(named(("incremental", "full or incremental", ". Compare "), now.incremental, &marks, |incremental| {
        set(Validation { incremental, ..now })
    }));
    let down = [(false, "gives up"), (true, "goes on without it")];
    all.push(named(("force", "what happens if a replica is down", ". If a replica is down, it "), now.force, &down, |force| {
        set(Validation { force, ..now })
    }));
    all
}

fn segments(policy: SweepPolicy) -> Vec<Gap> {
    let now = policy.segments.unwrap_or_default();
    let set = move |segments: Segments| SweepPolicy { segments: Some(segments), ..policy };
    let times = |first: &'static str| move |at: Micros| if at == Micros::ZERO { first.to_owned() } else { span(at) };
    vec![
        gap(
            ("width", "segments of a tree", " A tree has "),
            now.width,
            &[4, 8, 16, 64, 256, 1024],
            |n| count(u64::from(n) * u64::from(n)),
            |width| set(Segments { width, ..now }),
        ),
        gap(
            ("build", "time that making a tree takes", " segments; making it takes "),
            now.build,
            &[Micros::ZERO, Micros::ms(500), Micros::secs(5)],
            times("no time"),
            |build| set(Segments { build, ..now }),
        ),
        gap(
            ("expire", "when a tree is made anew", ", and it is made anew after "),
            now.expire,
            &[Micros::secs(10), Micros::secs(3_600), Segments::default().expire],
            span,
            |expire| set(Segments { expire, ..now }),
        ),
        gap(
            ("throttle", "rest between two reads", ". Between two reads it rests for "),
            now.throttle,
            &[Micros::ZERO, Micros::ms(20), Micros::ms(200)],
            times("no time"),
            |throttle| set(Segments { throttle, ..now }),
        ),
        function(policy, ". Hashes are made with "),
    ]
}

fn ranges(policy: SweepPolicy) -> Vec<Gap> {
    let now = policy.ranges.unwrap_or_default();
    let set = move |ranges: SpanPolicy| SweepPolicy { ranges: Some(ranges), ..policy };
    let number = |n: u32| n.to_string();
    vec![
        gap(("parts", "parts of a range", " A range that differs is split into "), now.parts, &[2, 4, 8, 16, 64, 256], number, |parts| {
            set(SpanPolicy { parts, ..now })
        }),
        gap(("list", "items of a list", " parts, and listed below "), now.list, &[2, 8, 32, 256, 1024], number, |list| {
            set(SpanPolicy { list, ..now })
        }),
        gap(
            ("frame", "bytes of a message", " items. A message has at most "),
            now.frame,
            &[4 << 10, 64 << 10, 256 << 10, 4 << 20],
            |n| bytes(u64::from(n)),
            |frame| set(SpanPolicy { frame, ..now }),
        ),
        content(policy, ". A digest is of "),
    ]
}

fn symbols(policy: SweepPolicy) -> Vec<Gap> {
    let now = policy.sketch.unwrap_or_default();
    let set = move |sketch: SketchPolicy| SweepPolicy { sketch: Some(sketch), ..policy };
    vec![
        gap(
            ("page", "symbols of the first message", " The first message has "),
            now.page,
            &[1, 4, 16, 64, 256],
            |n| n.to_string(),
            |page| set(SketchPolicy { page, ..now }),
        ),
        gap(
            ("every", "time between two messages", " symbols; another comes every "),
            now.every,
            &[Micros::ms(10), Micros::ms(50), Micros::ms(200)],
            span,
            |every| set(SketchPolicy { every, ..now }),
        ),
        gap(
            ("most", "most symbols", ", until "),
            now.most,
            &[64, 1 << 10, 1 << 16, SketchPolicy::MOST],
            |n| count(u64::from(n)),
            |most| set(SketchPolicy { most, ..now }),
        ),
        content(policy, " symbols have gone. A digest is of "),
    ]
}

/// The gaps of a method's sentence, and the words at its end.
pub fn parameters(policy: &SweepPolicy, all_replicas: bool) -> Vec<Gap> {
    let policy = *policy;
    match policy.method {
        Method::Descent => descent(policy),
        Method::Validation => validation(policy, all_replicas),
        Method::Segments => segments(policy),
        Method::Trie => {
            let lag = policy.trie.unwrap_or_default().lag;
            let usual = [Micros::ms(10), Micros::secs(1), Micros::secs(10)];
            let lagging = gap(("lag", "how far tries follow the rows", " Tries follow the rows after "), lag, &usual, span, |lag| {
                SweepPolicy { trie: Some(Radix { lag }), ..policy }
            });
            vec![lagging, content(policy, ". A row is hashed by "), function(policy, ", with ")]
        }
        Method::Ranges => ranges(policy),
        Method::Sketch => symbols(policy),
        Method::Full => vec![content(policy, " A digest is of "), function(policy, ", made with ")],
        Method::Log | Method::Versions | Method::Bitmaps => Vec::new(),
    }
}

/// What a method that has nothing to choose goes by.
pub const fn fixed(method: Method) -> &'static str {
    match method {
        Method::Log => " Logs are kept as the settings say.",
        Method::Versions => " The version of every key goes across.",
        Method::Bitmaps => " Events are numbered if the settings say so.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::start::METHODS;
    use super::*;

    #[test]
    fn every_value_offered_is_within_bounds_and_the_one_in_force_is_among_them() {
        for method in METHODS {
            for all_replicas in [false, true] {
                let tree = TreePolicy { digest: DigestFunction::Md5, ..TreePolicy::default() };
                let policy = SweepPolicy { method: *method, tree, ..SweepPolicy::default() };
                let gaps = parameters(&policy, all_replicas);
                assert_eq!(gaps.is_empty(), !fixed(*method).is_empty(), "{method:?}");
                for gap in gaps {
                    assert!(gap.values.len() > 1 && gap.chosen < gap.values.len(), "{method:?} {}", gap.id);
                    for (words, value) in &gap.values {
                        assert_eq!(value.fault(), None, "{method:?} {} {words}", gap.id);
                        assert!(!words.is_empty() && value.method == *method);
                        let again = parameters(value, all_replicas).into_iter().find(|other| other.id == gap.id).expect("it stays");
                        assert_eq!(again.values[again.chosen].0, *words, "choosing it puts it in force");
                    }
                }
            }
        }
    }

    #[test]
    fn a_value_that_is_not_usual_is_offered_too() {
        let policy = SweepPolicy {
            method: Method::Ranges,
            ranges: Some(SpanPolicy { parts: 5, ..SpanPolicy::default() }),
            ..SweepPolicy::default()
        };
        let gap = parameters(&policy, false).remove(0);
        assert_eq!((gap.chosen, gap.values[0].0.as_str(), gap.values.len()), (0, "5", 7));
    }
}
