//! The entropy gauge: how fast copies fall behind and catch up, and how many are behind; with what repair has cost and achieved.

use crate::engine::base::Micros;
use crate::engine::observe::{Ends, Entropy, Toll, hint_backlog};
use crate::lab::Session;
use crate::view::format::{count, counted, span};

/// Which way disorder goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// More copies fell behind than caught up.
    Grows,
    /// As many.
    Level,
    /// Fewer.
    Shrinks,
}

/// One direction of the gauge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Copies within the window.
    pub copies: u64,
    /// The same as a rate with its unit: `20 /s`.
    pub rate: String,
    /// Length of its bar, in thousandths of the longer one's full length.
    pub share: u32,
}

/// The gauge at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GaugeView {
    /// The span that is looked back over: `in the last 200 ms`.
    pub window: String,
    /// Copies that became behind.
    pub entered: Flow,
    /// Copies that caught up.
    pub left: Flow,
    /// Which way it goes.
    pub trend: Trend,
    /// True divergence now: copies behind.
    pub behind: u64,
    /// The same in words: `3 copies of 2 keys`.
    pub behind_words: String,
    /// What the run cost and achieved so far, as names and values with units.
    pub facts: Vec<(&'static str, String)>,
}

/// About a tenth of the run, as a span that is easily said: 1, 2 or 5 of a power of ten milliseconds below a minute, else whole minutes,
/// hours or days.
fn window(end: Micros) -> Micros {
    const MINUTE: u64 = 60_000_000;
    let tenth = (end.0 / 10).max(1_000);
    for unit in [1_440 * MINUTE, 60 * MINUTE, MINUTE] {
        if tenth >= unit {
            return Micros(tenth / unit * unit);
        }
    }
    let power = 10u64.pow(tenth.ilog10());
    Micros([5, 2, 1].into_iter().map(|n| n * power).find(|n| *n <= tenth).unwrap_or(power))
}

/// Copies within a window as a rate: for each second, or each hour where seconds would be too short.
fn rate(copies: u64, window: Micros) -> String {
    let (unit, name) = if window.0 < 600_000_000 { (1_000_000, "/s") } else { (3_600_000_000, "/h") };
    let tenths = (u128::from(copies) * 10 * unit / u128::from(window.0.max(1))) as u64;
    ratio(tenths, name)
}

/// Tenths and a unit: `2.5 /s`; whole where it is large.
fn ratio(tenths: u64, name: &str) -> String {
    let number = if tenths.is_multiple_of(10) || tenths >= 1_000 { count(tenths / 10) } else { format!("{}.{}", tenths / 10, tenths % 10) };
    if name.is_empty() { number } else { format!("{number} {name}") }
}

/// Totals at an instant, from the changes recorded.
fn totals(session: &Session, before: impl Fn(u32, Micros) -> bool) -> Entropy {
    let changes = session.entropy();
    let passed = changes.partition_point(|(event, at, _)| before(event.0, *at));
    passed.checked_sub(1).map_or(Entropy::default(), |i| changes[i].2)
}

impl GaugeView {
    /// The gauge at the cursor.
    pub fn of(session: &Session) -> GaugeView {
        let window = window(session.end());
        let from = session.now().0.checked_sub(window.0);
        let now = session.truth().entropy();
        // Before the run everything agreed.
        let then = from.map_or(Entropy::default(), |from| totals(session, |event, at| event < session.cursor() && at.0 <= from));
        let (entered, left) = (now.entered - then.entered, now.left - then.left);
        let most = entered.max(left).max(1);
        let flow = |copies: u64| Flow { copies, rate: rate(copies, window), share: (copies * 1_000 / most) as u32 };
        let (behind, keys) = (session.truth().stale_copies(), session.truth().stale_keys());
        GaugeView {
            window: format!("in the last {}", span(window)),
            entered: flow(entered),
            left: flow(left),
            trend: match entered.cmp(&left) {
                std::cmp::Ordering::Greater => Trend::Grows,
                std::cmp::Ordering::Equal => Trend::Level,
                std::cmp::Ordering::Less => Trend::Shrinks,
            },
            behind,
            behind_words: if behind == 0 {
                "every copy agrees".to_owned()
            } else {
                format!("{} of {} behind", counted(behind, "copy", "copies"), counted(keys, "key", "keys"))
            },
            facts: facts(session),
        }
    }

    /// The gauge as one sentence, for those who do not see the bars.
    pub fn text(&self) -> String {
        let trend = match self.trend {
            Trend::Grows => "disorder grows",
            Trend::Level => "as much in as out",
            Trend::Shrinks => "disorder shrinks",
        };
        format!("{}: {} in, {} out, {trend}; {}", self.window, self.entered.rate, self.left.rate, self.behind_words)
    }
}

fn ends(ends: &Ends) -> String {
    let mut text = format!("{} of {} well", count(ends.succeeded), count(ends.begun));
    for (n, what) in [(ends.unavailable, "refused"), (ends.timed_out, "timed out"), (ends.no_answer, "unanswered")] {
        if n > 0 {
            text.push_str(&format!(", {} {what}", count(n)));
        }
    }
    text
}

fn each(toll: Toll, begun: u64) -> String {
    let begun = begun.max(1);
    format!("{}, {} B", ratio(toll.messages * 10 / begun, "messages"), count(toll.bytes / begun))
}

fn facts(session: &Session) -> Vec<(&'static str, String)> {
    let (metrics, truth) = (session.metrics(), session.truth());
    let (reads, writes, repairs) = (metrics.reads, metrics.writes, metrics.repairs);
    let mut facts = Vec::new();
    if writes.begun > 0 {
        facts.push(("writes", ends(&writes)));
        facts.push(("each write", each(metrics.write_toll, writes.begun)));
    }
    if reads.begun > 0 {
        facts.push(("reads", ends(&reads)));
        facts.push(("each read", each(metrics.read_toll, reads.begun)));
        facts.push(("found stale", format!("{} of {}", count(repairs.found), counted(reads.begun, "read", "reads"))));
        let per_read = repairs.sent * 100 / reads.begun;
        facts.push(("repairs", format!("{}.{:02} per read, {} stored", per_read / 100, per_read % 100, count(repairs.stored))));
        if repairs.lost > 0 {
            facts.push(("repairs lost", counted(repairs.lost, "message", "messages")));
        }
    }
    let short = match truth.last_copies() {
        0 => counted(truth.stale_keys(), "key", "keys"),
        alone => format!("{}, {} on one disk alone", counted(truth.stale_keys(), "key", "keys"), count(alone)),
    };
    facts.push(("under-replicated", short));
    let healed = truth.healed();
    if healed.count() > 0 {
        let (half, most) = (span(healed.quantile(500)), span(healed.max()));
        facts.push(("time to agree", format!("median {half}, 99 % in {}, longest {most}", span(healed.quantile(990)))));
    }
    let backlog = hint_backlog(session.world());
    if !backlog.is_empty() {
        let waiting: Vec<String> = backlog.iter().map(|(node, hints)| format!("{} at {node}", count(*hints))).collect();
        facts.push(("hints waiting", waiting.join(", ")));
    }
    if metrics.retries > 0 {
        facts.push(("tried again", counted(metrics.retries, "time", "times")));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{gallery, script_from_file};

    fn shipped(slug: &str) -> Session {
        let (_, text) = gallery().iter().find(|(s, _)| *s == slug).expect("a shipped run");
        Session::open(script_from_file(text).expect("within bounds")).expect("opens")
    }

    #[test]
    fn windows_are_easily_said() {
        let cases = [(2_800_000, "200 ms"), (10_000_000, "1 s"), (604_800_000_000, "16 h"), (1, "1 ms"), (700_000_000, "1 min")];
        for (end, words) in cases {
            assert_eq!(span(window(Micros(end))), words, "{end}");
        }
        assert_eq!(
            (rate(4, Micros::ms(200)), rate(1, Micros::secs(3)), rate(3, Micros::secs(7_200))),
            ("20 /s".into(), "0.3 /s".into(), "1.5 /h".into())
        );
    }

    #[test]
    fn the_gauge_says_what_the_world_shows_at_every_instant() {
        for (slug, _) in gallery() {
            let mut session = shipped(slug);
            session.seek_time(session.end());
            let last = session.log().len() as u32;
            // Jumbled, so that time goes back as often as forth.
            for i in 0..60u32 {
                session.seek_event((i * 7_919 + 13) % (last + 1));
                let gauge = GaugeView::of(&session);
                assert_eq!(gauge.behind, session.truth().stale_copies());
                let from = session.now().0.saturating_sub(window(session.end()).0);
                let mut recent = Entropy::default();
                let mut before = Entropy::default();
                for (_, at, total) in session.entropy().iter().filter(|(event, ..)| event.0 < session.cursor()) {
                    if from > 0 && at.0 <= from {
                        before = *total;
                    }
                    recent = *total;
                }
                assert_eq!((gauge.entered.copies, gauge.left.copies), (recent.entered - before.entered, recent.left - before.left));
                assert!(gauge.entered.share.max(gauge.left.share) <= 1_000);
            }
        }
    }

    #[test]
    fn a_week_without_repair_ends_level_and_behind() {
        let mut session = shipped("week");
        session.seek_time(session.end());
        let gauge = GaugeView::of(&session);
        assert_eq!((gauge.trend, gauge.behind), (Trend::Level, 1));
        assert_eq!(gauge.text(), "in the last 16 h: 0 /h in, 0 /h out, as much in as out; 1 copy of 1 key behind");
        assert!(gauge.facts.contains(&("under-replicated", "1 key".to_owned())), "{:?}", gauge.facts);
    }
}
