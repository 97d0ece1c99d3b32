//! What the checkers say of a run, in words with links to the operations they speak of.

use crate::engine::base::OpId;
use crate::engine::data::Key;
use crate::engine::node::{Outcome, Verb};
use crate::engine::observe::check::{After, Because, Findings, Linear, Stale, lost};
use crate::lab::{BranchId, Session};
use crate::view::format::{counted, span};
use crate::view::narrate::Names;

/// Findings listed at most.
const LISTED: usize = 5;
/// Operations named at most where many contradict each other.
const NAMED: usize = 6;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Words.
    Words(String),
    /// An operation by its name: a link.
    Op(OpId, String),
}

/// A sentence with links.
pub type Line = Vec<Piece>;

/// A line as plain text.
pub fn plain(line: &[Piece]) -> String {
    line.iter()
        .map(|piece| match piece {
            Piece::Words(text) | Piece::Op(_, text) => text.as_str(),
        })
        .collect()
}

/// How the run stands so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nothing to complain of.
    Well,
    /// Somebody was told what cannot be.
    Broken,
    /// Too many possibilities to tell.
    Unknown,
}

/// The verdict at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictView {
    /// How the run stands.
    pub standing: Standing,
    /// What was found, counted: `2 stale reads, 1 lost write`; empty if nothing.
    pub counts: String,
    /// Whether every key behaved as one copy would, and why not.
    pub linear: Line,
    /// Each finding, the first few.
    pub lines: Vec<Line>,
    /// How many are not listed.
    pub hidden: usize,
}

impl VerdictView {
    /// Everything as one sentence.
    pub fn text(&self) -> String {
        let counts = if self.counts.is_empty() { "nothing stale, nothing lost" } else { &self.counts };
        format!("{counts}; {}", plain(&self.linear))
    }
}

/// Keeps what was found in a run, so that it is looked through again only when more of it is known.
#[derive(Debug, Default)]
pub struct Judge {
    /// Of which branch, after how many commands, up to which event.
    known: Option<(BranchId, usize, u32)>,
    findings: Findings,
}

impl Judge {
    /// The verdict at the cursor.
    pub fn verdict(&mut self, session: &Session) -> VerdictView {
        let (branch, commands, events) = (session.current(), session.script().commands.len(), session.log().len() as u32);
        // What is found in a longer history tells what was known at each instant of it.
        if !self.known.is_some_and(|(b, c, e)| (b, c) == (branch, commands) && e >= session.cursor()) {
            self.findings = Findings::of(session.history(), session.world().settings().rule);
            self.known = Some((branch, commands, events));
        }
        view(session, &self.findings.before(session.cursor()))
    }
}

/// A sentence under construction.
struct Words<'a> {
    names: Names<'a>,
    line: Line,
}

impl<'a> Words<'a> {
    fn new(session: &'a Session) -> Words<'a> {
        Words { names: Names::of(session), line: Vec::new() }
    }

    fn say(mut self, text: impl Into<String>) -> Self {
        self.line.push(Piece::Words(text.into()));
        self
    }

    fn op(mut self, op: OpId) -> Self {
        self.line.push(Piece::Op(op, self.names.op(op)));
        self
    }

    /// An operation and what it returned or wrote: `R7 returned v1`.
    fn did(self, op: OpId) -> Self {
        let operation = self.names.history.operation(op);
        let row = |key: &Key, outcome: &Outcome| match outcome {
            Outcome::Found(Some(row)) => self.names.row(key, row),
            _ => "nothing".to_owned(),
        };
        let text = operation.map_or_else(String::new, |o| match &o.request.verb {
            Verb::Read => {
                let found = o.ended.as_ref().map_or_else(|| "nothing".to_owned(), |e| row(&o.request.key, &e.2));
                format!(" returned {found}")
            }
            Verb::Write(_) => o.version.as_ref().map_or_else(String::new, |v| format!(" wrote {}", self.names.version(&o.request.key, v))),
            Verb::Delete => " deleted it".to_owned(),
        });
        self.op(op).say(text)
    }

    /// The client of an operation.
    fn whose(&self, op: OpId) -> String {
        self.names.history.operation(op).map_or_else(String::new, |o| self.names.end(o.client))
    }
}

fn view(session: &Session, findings: &Findings) -> VerdictView {
    let complaints = &findings.complaints;
    // Nothing acknowledged can be lost before a disk has gone back.
    let gone = if session.metrics().disk_losses > 0 { lost(session.world(), session.history(), session.cursor()) } else { Vec::new() };
    let mut lines: Vec<Line> = gone
        .iter()
        .map(|l| Words::new(session).op(l.op).say(" was acknowledged and is lost: no node holds it or anything newer").line)
        .collect();
    lines.extend(findings.stale.iter().map(|s| stale_line(session, s)));
    lines.extend(complaints.went_back.iter().map(|a| {
        let words = Words::new(session).did(a.op).say(" after ");
        let who = words.whose(a.op);
        words.did(a.after).say(format!(": time ran backwards for {who}")).line
    }));
    lines.extend(complaints.own_missed.iter().map(|a| own_line(session, a)));
    lines.extend(complaints.outranked.iter().map(|a| {
        Words::new(session)
            .op(a.op)
            .say(" will never be seen: by the clocks it is older than ")
            .op(a.after)
            .say(", which ended before it began")
            .line
    }));
    let lost_writes = gone.len() + complaints.outranked.len();
    let counts = [
        (findings.stale.len(), "stale read", "stale reads"),
        (complaints.went_back.len(), "read that went back", "reads that went back"),
        (complaints.own_missed.len(), "own write missed", "own writes missed"),
        (lost_writes, "lost write", "lost writes"),
    ];
    let counts: Vec<String> = counts.iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(*n as u64, one, many)).collect();
    let linear = findings.linear();
    let standing = match linear {
        Linear::No { .. } => Standing::Broken,
        _ if !lines.is_empty() => Standing::Broken,
        Linear::Unknown => Standing::Unknown,
        Linear::Yes => Standing::Well,
    };
    let hidden = lines.len().saturating_sub(LISTED);
    lines.truncate(LISTED);
    VerdictView { standing, counts: counts.join(", "), linear: linear_line(session, findings), lines, hidden }
}

fn stale_line(session: &Session, stale: &Stale) -> Line {
    let words = Words::new(session).did(stale.op).say(format!(
        ", {} and {} behind",
        counted(u64::from(stale.versions), "write", "writes"),
        span(stale.age)
    ));
    match stale.missed {
        Some(missed) => words.say(": it misses ").op(missed).line,
        None => words.say(": it misses what was there before the run").line,
    }
}

fn own_line(session: &Session, after: &After) -> Line {
    let words = Words::new(session).did(after.op).say(" although ");
    let who = words.whose(after.op);
    words.say(format!("{who}'s own ")).op(after.after).say(" was acknowledged before").line
}

fn linear_line(session: &Session, findings: &Findings) -> Line {
    let words = Words::new(session);
    let broken = findings.keys.iter().filter(|(_, l)| matches!(l, Linear::No { .. })).count();
    let line = match findings.linear() {
        Linear::Yes => return words.say("linearizable: yes").line,
        Linear::Unknown => return words.say("linearizable: unknown, too many orders to try them all").line,
        Linear::No { op, because, .. } => {
            let words = words.say("linearizable: no, because ").did(*op);
            match because {
                Because::Nowhere => words.say(", which nobody had written").line,
                Because::Passed { by: None, .. } => words.say(" although there was a value before the run").line,
                Because::Passed { by: Some(by), .. } => words.say(" after ").did(*by).line,
                Because::Together(others) if others.is_empty() => words.say(", which fits no order of what was before").line,
                Because::Together(others) => {
                    let more = others.len().saturating_sub(NAMED);
                    let mut words = words.say(", which cannot be true together with ");
                    for (i, other) in others.iter().take(NAMED).enumerate() {
                        words = if i > 0 { words.say(", ").op(*other) } else { words.op(*other) };
                    }
                    if more > 0 { words.say(format!(" and {more} more")).line } else { words.line }
                }
            }
        }
    };
    if broken > 1 {
        return line.into_iter().chain([Piece::Words(format!(" (the first of {broken} keys)"))]).collect();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Micros;
    use crate::engine::world::Command;
    use crate::lab::Script;

    fn session(commands: &str) -> Session {
        let text = format!(
            r#"{{"end":"4s","seed":7,"config":{{"nodes":3,"clients":["ada","bob"],"network":{{"latency":{{"fixed":"10ms"}}}},
            "settings":{{"read":{{"repair":"off"}},"write":{{"timeout":"200ms"}},"sync":{{"every":"3s"}}}}}},"commands":[{commands}]}}"#
        );
        let script: Script = serde_json::from_str(&text).expect("a run");
        Session::open(script).expect("within bounds")
    }

    const CUT: &str = r#"{"at":"100ms","do":"write","client":"c0","via":"A","key":"k","value":"a","level":"ALL"},
        {"at":"500ms","do":"cut","islands":[["C","c1"]]}"#;

    fn at_end(commands: &str) -> VerdictView {
        let mut session = session(commands);
        session.seek_time(session.end());
        Judge::default().verdict(&session)
    }

    #[test]
    fn a_quiet_run_is_well() {
        let verdict = at_end(CUT);
        assert_eq!(verdict.text(), "nothing stale, nothing lost; linearizable: yes");
        assert_eq!((verdict.standing, verdict.lines.len()), (Standing::Well, 0));
    }

    #[test]
    fn a_stale_read_is_told_with_what_it_misses() {
        let commands = format!(
            r#"{CUT},{{"at":"600ms","do":"write","client":"c0","via":"A","key":"k","value":"b","level":"ONE"}},
            {{"at":"1s","do":"read","client":"c1","via":"C","key":"k","level":"ONE"}}"#
        );
        let verdict = at_end(&commands);
        assert_eq!(verdict.text(), "1 stale read; linearizable: no, because R3 returned v1 after W2 wrote v2");
        assert_eq!(verdict.lines.iter().map(|l| plain(l)).collect::<Vec<_>>(), ["R3 returned v1, 1 write and 379 ms behind: it misses W2"]);
        let links: Vec<u32> = verdict.linear.iter().filter_map(|p| if let Piece::Op(op, _) = p { Some(op.number) } else { None }).collect();
        assert_eq!((links, verdict.standing), (vec![3, 2], Standing::Broken));
    }

    #[test]
    fn a_read_after_a_read_is_told_as_such() {
        // The second write times out at ALL; ada sees it all the same, then bob does not.
        let commands = format!(
            r#"{CUT},{{"at":"600ms","do":"write","client":"c0","via":"A","key":"k","value":"b","level":"ALL"}},
            {{"at":"1s","do":"read","client":"c0","via":"A","key":"k","level":"ONE"}},{{"at":"2s","do":"mend-all"}},
            {{"at":"3s","do":"read","client":"c0","via":"C","key":"k","level":"ONE"}}"#
        );
        let verdict = at_end(&commands);
        assert_eq!(verdict.text(), "1 read that went back; linearizable: no, because R4 returned v1 after R3 returned v2");
        assert_eq!(plain(&verdict.lines[0]), "R4 returned v1 after R3 returned v2: time ran backwards for ada");
    }

    #[test]
    fn the_verdict_is_that_of_the_cursor_and_follows_what_is_done() {
        let commands = format!(
            r#"{CUT},{{"at":"600ms","do":"write","client":"c0","via":"A","key":"k","value":"b","level":"ONE"}},
            {{"at":"1s","do":"read","client":"c1","via":"C","key":"k","level":"ONE"}}"#
        );
        let mut session = session(&commands);
        let mut judge = Judge::default();
        session.seek_time(session.end());
        assert_eq!(judge.verdict(&session).standing, Standing::Broken);
        session.seek_time(Micros::ms(900));
        assert_eq!(judge.verdict(&session).standing, Standing::Well, "bob has not read yet");
        // In another future both disks that hold the write are lost before bob reads.
        for node in [0, 1] {
            session.act(Command::Wipe { node: crate::engine::base::NodeId(node) }).expect("accepted");
        }
        let verdict = judge.verdict(&session);
        assert_eq!(verdict.counts, "1 lost write");
        assert_eq!(plain(&verdict.lines[0]), "W2 was acknowledged and is lost: no node holds it or anything newer");
        session.seek_time(Micros::ms(800));
        assert_eq!(judge.verdict(&session).counts, "", "and going back it is there again");
    }
}
