//! Proves a lesson: what it states is computed, what it asks has an answer, what it challenges to can be done, what it links to is there.

use super::facts::Facts;
use super::fault::{Fault, Wrong, folded};
use super::grade::{Filled, Judged, attempted, filled, judge, plotted, right};
use super::lesson::{Attempt, Beat, Case, Challenge, Claim, Code, Inline, Kind, Lesson, Plot, Question, Row, Table, Target, WhatIf};
use super::prose::plain;
use super::tries::tried;
use crate::engine::base::Micros;
use crate::engine::world::World;
use crate::lab::{Condition, Film, Player, Quantity, Script, Value};

/// Gives the text of a source file by its path; none if there is no such file.
pub type Source<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a lesson may lead to.
#[derive(Default)]
pub struct Library<'a> {
    /// Short names of lessons, those that are planned included.
    pub lessons: Vec<String>,
    /// Short names of runs that the lab opens.
    pub runs: Vec<String>,
    /// Terms of the glossary.
    pub terms: Vec<String>,
    /// Entries of the references.
    pub references: Vec<String>,
    /// The source files of this project. Without them code is not compared.
    pub source: Option<Source<'a>>,
}

/// Proves a lesson whose runs are put together. Returns what is wrong with it.
pub fn check(lesson: &Lesson, library: &Library<'_>) -> Vec<Fault> {
    let mut proof = Proof { lesson, library, faults: Vec::new() };
    proof.steps();
    proof.texts();
    super::numbers::typed(lesson).into_iter().for_each(|wrong| proof.wrong(wrong));
    for figure in 0..lesson.figures.len() {
        for seed in proof.seeds(figure) {
            proof.figure(figure, seed);
        }
    }
    for (_, block) in lesson.blocks() {
        match &block.kind {
            Kind::Question(q) => proof.question(q, block.line),
            Kind::WhatIf(w) => proof.what_if(w, block.line),
            Kind::Challenge(c) => proof.challenge(c, block.line),
            Kind::Plot(p) => proof.plot(p, block.line),
            Kind::Table(t) => proof.table(t, block.line),
            Kind::Case(c) => proof.case(c),
            Kind::Code(c) => proof.code(c, block.line),
            _ => {}
        }
    }
    folded(proof.faults)
}

struct Proof<'a> {
    lesson: &'a Lesson,
    library: &'a Library<'a>,
    faults: Vec<Fault>,
}

fn with_seed(seed: Option<u64>) -> String {
    seed.map_or(String::new(), |seed| format!(" (with seed {seed})"))
}

impl Proof<'_> {
    fn fault(&mut self, line: usize, what: String) {
        self.faults.push(Fault { file: self.lesson.file.clone(), line, what });
    }

    fn wrong(&mut self, (line, what): Wrong) {
        self.fault(line, what);
    }

    /// The seeds with which a figure may be run: its own first.
    fn seeds(&self, figure: usize) -> Vec<Option<u64>> {
        let others = self.lesson.figures.get(figure).map_or(&[][..], |f| &f.seeds);
        std::iter::once(None).chain(others.iter().copied().map(Some)).collect()
    }

    /// Every step has something in it and a heading of its own; a block comes after the figure it is about.
    fn steps(&mut self) {
        let lesson = self.lesson;
        for (i, step) in lesson.steps.iter().enumerate() {
            if step.blocks.is_empty() {
                self.fault(step.line, format!("expected something in the step \"{}\"", step.title));
            }
            if lesson.steps[..i].iter().any(|other| other.title == step.title) {
                self.fault(step.line, format!("expected another heading: there is a step \"{}\" already", step.title));
            }
        }
        for (_, block) in lesson.blocks() {
            let figure = match &block.kind {
                Kind::Question(q) => q.figure,
                Kind::WhatIf(w) => w.figure,
                Kind::Challenge(c) => c.figure,
                Kind::Case(c) => c.figure,
                _ => continue,
            };
            let Some(about) = lesson.figures.get(figure) else { continue };
            if about.line > block.line {
                self.fault(block.line, format!("expected the figure \"{}\" above what is asked about it", about.name));
            }
        }
    }

    /// Links lead somewhere; marks are in a figure.
    fn texts(&mut self) {
        let lesson = self.lesson;
        let mut wrong = Vec::new();
        let mut typed = Vec::new();
        lesson.each_text(&mut |part| {
            if let Inline::Live(live) = part
                && let (q, Quantity::Number(_) | Quantity::Span(_)) = (&live.quantity, &live.quantity)
            {
                let what = format!("expected a value of a run, found \"{q}\"; a number of your own is {{{{ \"{q}\" }}}}");
                typed.push((live.line, what));
            }
            if let Inline::Link(target, inner) = part {
                let found = match target {
                    Target::Lesson(slug) => self.library.lessons.contains(slug),
                    Target::Run(slug) => self.library.runs.contains(slug),
                    Target::Term(term) => self.library.terms.contains(term),
                    Target::Reference(name) => self.library.references.contains(name),
                    Target::Page(to) => {
                        let (place, rest) = to[2..].split_once('/').unwrap_or((&to[2..], ""));
                        match place.split('?').next().unwrap_or_default() {
                            "" | "lab" | "two" | "new" | "glossary" | "references" => {
                                rest.is_empty() || self.library.runs.iter().any(|r| r == rest)
                            }
                            "lesson" => self.library.lessons.iter().any(|l| l == rest),
                            _ => false,
                        }
                    }
                    Target::Mark(name) => lesson.figures.iter().any(|f| f.script.as_ref().is_some_and(|s| is_there(s, name))),
                    Target::Moment(_) | Target::Figure(_) | Target::Web(_) => true,
                };
                if !found {
                    wrong.push(format!("the link \"{}\" leads nowhere: {target:?}", plain(inner)));
                }
            }
        });
        wrong.into_iter().for_each(|what| self.fault(0, what));
        typed.into_iter().for_each(|wrong| self.wrong(wrong));
    }

    /// What is said of a figure's run holds, with this seed.
    fn figure(&mut self, place: usize, seed: Option<u64>) {
        let lesson = self.lesson;
        let figure = &lesson.figures[place];
        let facts = match Facts::of(lesson, place, seed) {
            Ok(facts) => facts,
            Err(wrong) => return self.wrong(wrong),
        };
        let with = with_seed(seed);
        if facts.is_cut_short() {
            self.fault(figure.line, format!("the run of \"{}\" is too long for a lesson: too many events", figure.name));
        }
        for claim in &figure.claims {
            if !facts.holds(&claim.condition) {
                self.fault(claim.line, format!("does not hold{with}: {}", claim.condition));
            }
        }
        for live in lesson.lives().into_iter().filter(|l| l.figure == place) {
            if facts.value(&live.quantity) == Value::Nothing {
                self.fault(live.line, format!("has no value in \"{}\"{with}: {}", figure.name, live.quantity));
            }
        }
        if let Some(start) = figure.start.as_ref().filter(|q| facts.moment(q).is_none_or(|at| at > figure.end())) {
            self.fault(figure.line, format!("is no instant of the run{with}: {start}"));
        }
        self.beats(&figure.beats, place, &facts, seed);
    }

    /// Beats have their instants, in order, and hold then.
    fn beats(&mut self, beats: &[Beat], figure: usize, facts: &Facts, seed: Option<u64>) {
        let with = with_seed(seed);
        let mut last = Micros::ZERO;
        let mut claims = Vec::new();
        for beat in beats {
            let Some(at) = facts.moment(&beat.at) else {
                self.fault(beat.line, format!("is no instant of the run{with}: {}", beat.at));
                continue;
            };
            if at < last {
                self.fault(beat.line, format!("expected beats in the order of time{with}; this one is at {at}, the one above at {last}"));
            }
            last = at;
            let then = |claim: &Claim| Claim { condition: Condition::At(at, Box::new(claim.condition.clone())), line: claim.line };
            claims.extend(beat.claim.as_ref().map(then));
        }
        self.claims(self.lesson.variant(figure, &[], seed), &claims, &with);
    }

    /// What must hold in a run.
    fn claims(&mut self, script: Result<Script, Wrong>, claims: &[Claim], with: &str) {
        let mut film = Film::default();
        let places: Vec<usize> = claims.iter().map(|claim| film.ask(&claim.condition)).collect();
        if places.is_empty() {
            return;
        }
        let line = claims.first().map_or(0, |c| c.line);
        match script.and_then(|s| film.play(&s).map_err(|e| (line, e.to_string()))) {
            Ok(seen) => {
                for (claim, place) in claims.iter().zip(places) {
                    if !seen.holds[place] {
                        self.fault(claim.line, format!("does not hold{with}: {}", claim.condition));
                    }
                }
            }
            Err(wrong) => self.wrong(wrong),
        }
    }

    /// With every seed some option is right and some is wrong, and only one is right unless the question says otherwise.
    fn question(&mut self, question: &Question, line: usize) {
        for seed in self.seeds(question.figure) {
            let with = with_seed(seed);
            match right(self.lesson, question, seed) {
                Ok(right) => {
                    let count = right.iter().filter(|r| **r).count();
                    let named = |(i, _): (usize, &bool)| format!("\"{}\"", plain(&question.options[i].text));
                    let which: Vec<String> = right.iter().enumerate().filter(|(_, r)| **r).map(named).collect();
                    if count == 0 {
                        self.fault(line, format!("expected an option that is right{with}; none is"));
                    } else if count == right.len() {
                        self.fault(line, format!("expected an option that is wrong{with}; all are right"));
                    } else if count > 1 && !question.many {
                        self.fault(line, format!("expected one right option{with}, found {}; or say `many: yes`", which.join(" and ")));
                    }
                }
                Err(wrong) => self.wrong(wrong),
            }
            self.moments(question, seed, line);
            for trial in &question.trials {
                match tried(self.lesson, question, trial, seed) {
                    Ok(Value::Nothing) => self.fault(trial.line, format!("has no value{with}: {}", trial.quantity)),
                    Ok(_) => {}
                    Err(wrong) => self.wrong(wrong),
                }
            }
        }
    }

    fn moments(&mut self, question: &Question, seed: Option<u64>, line: usize) {
        let with = with_seed(seed);
        let Ok(facts) = Facts::of(self.lesson, question.figure, seed) else { return };
        let end = self.lesson.figures[question.figure].end();
        let mut instants = Vec::new();
        for q in question.at.iter().chain(&question.until) {
            match facts.moment(q).filter(|at| *at <= end) {
                Some(at) => instants.push(at),
                None => self.fault(line, format!("is no instant of the run{with}: {q}")),
            }
        }
        if instants.windows(2).any(|pair| pair[0] >= pair[1]) {
            self.fault(line, format!("expected `until:` after `at:`{with}"));
        }
        for option in &question.options {
            let Some(moment) = &option.moment else { continue };
            let mut film = Film::default();
            film.measure(moment);
            let seen = self
                .lesson
                .variant(option.figure, &option.with, seed)
                .and_then(|s| film.play(&s).map_err(|e| (option.line, e.to_string())));
            match seen {
                Ok(seen) if seen.values[0].time().is_none() => self.fault(option.line, format!("is no instant of the run{with}: {moment}")),
                Ok(_) => {}
                Err(wrong) => self.wrong(wrong),
            }
        }
    }

    /// The changed run is another run, and both keep what is claimed of them.
    fn what_if(&mut self, what_if: &WhatIf, line: usize) {
        for seed in self.seeds(what_if.figure) {
            let with = with_seed(seed);
            let (left, right) =
                (self.lesson.variant(what_if.figure, &[], seed), self.lesson.variant(what_if.figure, &what_if.change, seed));
            if let (Ok(left), Ok(right)) = (&left, &right) {
                if mix(left) == mix(right) {
                    self.fault(line, format!("expected a change that changes the run{with}; both runs are the same"));
                }
                let mut film = Film::default();
                what_if.rows.iter().for_each(|(_, q)| _ = film.measure(q));
                if let (Ok(a), Ok(b)) = (film.play(left), film.play(right)) {
                    for (label, q) in &what_if.rows {
                        let nothing = |seen: &crate::lab::Seen| film.place_of(q).is_none_or(|i| seen.values[i] == Value::Nothing);
                        if nothing(&a) && nothing(&b) {
                            self.fault(line, format!("has no value in either run{with}: {label}"));
                        }
                    }
                }
            }
            self.claims(left, &what_if.claims.0, &format!(" on the left{with}"));
            self.claims(right, &what_if.claims.1, &format!(" on the right{with}"));
        }
    }

    /// With every seed the solution wins its medal, doing nothing fails, each wrong attempt gets its verdict; each verdict is got by one.
    fn challenge(&mut self, challenge: &Challenge, line: usize) {
        let [gold, silver, bronze] = challenge.medals;
        if !(gold <= silver && silver <= bronze) {
            self.fault(line, "expected gold at most silver, and silver at most bronze".to_owned());
        }
        for seed in self.lesson.seeds_of(challenge.figure) {
            match self.lesson.variant(challenge.figure, &[], seed).and_then(|s| judge(self.lesson, challenge, seed, &s)) {
                Ok(Judged::Lost(_)) => {}
                Ok(other) => {
                    let with = with_seed(seed);
                    self.fault(line, format!("expected that doing nothing fails{with}; it is {}", self.got(challenge, &other)));
                }
                Err(wrong) => self.wrong(wrong),
            }
            self.attempt(challenge, seed, &challenge.solution);
            challenge.attempts.iter().for_each(|attempt| self.attempt(challenge, seed, attempt));
        }
        for verdict in &challenge.verdicts {
            if !challenge.attempts.iter().any(|a| a.gets == verdict.name) {
                self.fault(line, format!("expected an attempt that gets the verdict \"{}\"", verdict.name));
            }
        }
    }

    fn got(&self, challenge: &Challenge, judged: &Judged) -> String {
        match judged {
            Judged::Refused(why) => format!("refused ({why})"),
            Judged::Lost(None) => "lost".to_owned(),
            Judged::Lost(Some(i)) => challenge.verdicts[*i].name.clone(),
            Judged::Won(medal, score) => format!("{} (score {score})", medal.name()),
        }
    }

    fn attempt(&mut self, challenge: &Challenge, seed: Option<u64>, attempt: &Attempt) {
        match attempted(self.lesson, challenge, seed, &attempt.edits).and_then(|s| judge(self.lesson, challenge, seed, &s)) {
            Ok(judged) => {
                let got = self.got(challenge, &judged);
                if got.split(" (").next() != Some(attempt.gets.as_str()) {
                    self.fault(attempt.line, format!("expected \"{}\", got \"{got}\"{}", attempt.gets, with_seed(seed)));
                }
            }
            Err(wrong) => self.wrong(wrong),
        }
    }

    fn plot(&mut self, plot: &Plot, line: usize) {
        for (x, edits) in &plot.points {
            let script = self.lesson.variant(plot.figure, edits, None);
            match plotted(self.lesson, plot, edits, None) {
                Ok(values) if values.iter().any(|v| v.number().is_none()) => {
                    self.fault(line, format!("expected a number for every line at \"{x}\""));
                }
                Ok(_) => {}
                Err((0, what)) => self.fault(line, what),
                Err(wrong) => self.wrong(wrong),
            }
            let claims: Vec<Claim> = plot.claims.iter().filter(|(at, _)| at == x).map(|(_, c)| c.clone()).collect();
            self.claims(script, &claims, &format!(" at \"{x}\""));
        }
    }

    /// Every cell has an answer, with every seed; figures that are measured together have their seeds together.
    fn table(&mut self, table: &Table, line: usize) {
        let Some(first) = table.rows.first().map(|row| row.figure) else { return };
        let seeds = |figure: usize| self.lesson.figures.get(figure).map(|f| &f.seeds);
        if let Some(other) = self.lesson.together(first).into_iter().find(|other| seeds(*other) != seeds(first)) {
            let name = |figure: usize| self.lesson.figures.get(figure).map_or("", |f| f.name.as_str());
            let (one, other) = (name(first), name(other));
            self.fault(line, format!("expected the same `seeds:` for the figures \"{one}\" and \"{other}\", which are measured together"));
        }
        for row in &table.rows {
            for seed in self.lesson.seeds_of(row.figure) {
                self.row(row, seed);
            }
        }
    }

    fn row(&mut self, row: &Row, seed: Option<u64>) {
        let with = with_seed(seed);
        match filled(self.lesson, row, seed) {
            Ok(Filled::Number(value)) if value.number().is_none() => {
                self.fault(row.line, format!("expected a number{with}, found {value:?}"))
            }
            Ok(Filled::Pick(picks)) if picks.iter().filter(|p| **p).count() != 1 => {
                self.fault(row.line, format!("expected one pick that holds{with}, found {}", picks.iter().filter(|p| **p).count()));
            }
            Ok(_) => {}
            Err(wrong) => self.wrong(wrong),
        }
    }

    fn case(&mut self, case: &Case) {
        for seed in self.seeds(case.figure) {
            match Facts::of(self.lesson, case.figure, seed) {
                Ok(facts) => self.beats(&case.beats, case.figure, &facts, seed),
                Err(wrong) => self.wrong(wrong),
            }
        }
    }

    /// Code that is said to be ours stands in our source, line by line; how far it is indented does not matter.
    fn code(&mut self, code: &Code, line: usize) {
        let (Some(from), Some(source)) = (&code.from, self.library.source) else { return };
        let Some(text) = source(from) else { return self.fault(line, format!("there is no file \"{from}\"")) };
        let bare = |text: &str| text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect::<Vec<_>>();
        let (ours, theirs) = (bare(&code.text), bare(&text));
        if ours.is_empty() || !theirs.windows(ours.len()).any(|lines| lines == ours) {
            self.fault(line, format!("expected code that stands in {from} as it is shown here"));
        }
    }
}

/// Whether a node or client of this name is in a run.
fn is_there(script: &Script, name: &str) -> bool {
    let node = name.parse::<crate::engine::base::NodeId>().is_ok_and(|n| n.0 < script.config.nodes);
    node || script.config.clients.iter().any(|client| client == name)
}

/// What tells two runs apart.
fn mix(script: &Script) -> (u64, u32) {
    let mut log = Vec::new();
    let mut player = Player::new(script, &mut log);
    player.run(script, &mut log, 400_000);
    let world: &World = &player.world;
    (world.running_mix(), world.events())
}
