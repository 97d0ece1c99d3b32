//! Lessons: those that are shipped prove themselves; what is wrong with a lesson is said with its file and line.

use std::path::Path;

use drift::course::{
    Judged, Kind, LESSON_BOUNDS, Lesson, Library, Medal, Unit, check, judge, name_of_word, plotted, references, right, told, tried, units,
    words,
};
use drift::engine::base::DigestFunction;
use drift::lab::{Value, gallery};
use drift::view::glossary;

/// The text of a file of the project.
fn file(path: &str) -> Option<String> {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

fn library() -> Library<'static> {
    let of_the_lab = glossary::TERMS.iter().map(|t| t.word.to_owned());
    Library {
        lessons: units().into_iter().map(|u| u.slug).collect(),
        runs: gallery().iter().map(|(slug, _)| (*slug).to_owned()).collect(),
        terms: of_the_lab.chain(words().into_iter().map(|w| w.word)).map(|word| name_of_word(&word)).collect(),
        references: references().into_iter().map(|r| r.name).collect(),
        source: Some(&file),
    }
}

fn linked(name: &str, text: &str) -> Result<Lesson, String> {
    let mut lesson = Lesson::read(name, text).map_err(|faults| told(&faults))?;
    let run = |name: &str| file(&format!("static/course/runs/{name}.json")).or_else(|| file(&format!("static/runs/{name}.json")));
    lesson.link(run).map_err(|faults| told(&faults))?;
    Ok(lesson)
}

fn shipped(slug: &str) -> Lesson {
    let name = format!("static/course/{slug}.md");
    linked(&name, &file(&name).expect("it is written")).unwrap_or_else(|faults| panic!("{faults}"))
}

/// What is wrong with a lesson of one step, whose head has three lines and is followed by a heading: the body begins in line 6.
fn faults(body: &str) -> String {
    let text = format!("---\ntitle: A lesson\n---\n\n## Step\n{body}");
    linked("my.md", &text).map(|lesson| told(&check(&lesson, &library()))).unwrap_or_else(|faults| faults)
}

#[test]
fn every_lesson_that_is_shipped_proves_itself() {
    let units = units();
    std::thread::scope(|scope| units.iter().filter(|u| u.written).for_each(|unit| _ = scope.spawn(|| proves_itself(unit))));
    let all: Vec<&str> = units.iter().flat_map(|u| &u.challenges).map(|c| c.name.as_str()).collect();
    assert!(all.len() >= 12 && all.iter().enumerate().all(|(i, name)| !all[..i].contains(name)), "each has a name of its own: {all:?}");
}

fn proves_itself(unit: &Unit) {
    let lesson = shipped(&unit.slug);
    // The map may call it by a shorter name than its lesson.
    assert_eq!(lesson.unit, Some(unit.unit), "{}: as the course map has it", unit.slug);
    let challenges: Vec<String> = lesson
        .blocks()
        .filter_map(|(_, b)| if let Kind::Challenge(c) = &b.kind { Some(format!("{}: {}", c.name, c.title)) } else { None })
        .collect();
    let listed: Vec<String> = unit.challenges.iter().map(|c| format!("{}: {}", c.name, c.title)).collect();
    assert_eq!(challenges, listed, "{}: units.json lists the challenges as the lesson has them", unit.slug);
    let wrong = check(&lesson, &library());
    assert!(wrong.is_empty(), "{}", told(&wrong));
}

#[test]
fn the_course_map_is_whole() {
    let units = units();
    assert_eq!(units.iter().map(|u| u.unit).collect::<Vec<_>>(), (1..=17).collect::<Vec<_>>());
    for unit in &units {
        let there = file(&format!("static/course/{}.md", unit.slug)).is_some();
        assert_eq!(unit.written, there, "{}: written if its lesson is there", unit.slug);
        assert!(unit.needs.iter().all(|n| units.iter().any(|u| u.unit == *n)) && (1..=5).contains(&unit.part));
    }
    assert!(references().len() >= 10 && words().len() >= 10, "they can be read");
}

const FIGURE: &str = "```figure f\nnodes: 3\nclients: ada\n1s: ada writes x = 1 via A\nend: 3s\n```\n";

#[test]
fn experiments_and_lines_of_a_plot_are_runs_of_their_own() {
    let hunt = "```hunt h\nask: Why?\ntry: nothing is written | writes\n  with:\n    without: 1-1\ntry: as it is | writes\noption: A\n  if: writes = 0\n  with:\n    without: 1\n  say: a\noption: B\n  if: writes = 0\n  say: b\n```\n";
    let plot = "```plot p\nx: x\ny: y\npoint: 1\npoint: 2\n  2s: ada writes x = 2 via A\nline: as it is | writes\nline: without the first | writes\n  without: 1\n```\n";
    let text = format!("---\ntitle: A lesson\n---\n\n## Step\n{FIGURE}{hunt}{plot}");
    let lesson = linked("my.md", &text).expect("it is one");
    assert_eq!(told(&check(&lesson, &library())), "");
    let numbers = |values: Vec<Value>| values.iter().filter_map(Value::number).collect::<Vec<_>>();
    for (_, block) in lesson.blocks() {
        match &block.kind {
            Kind::Question(q) => {
                let found = q.trials.iter().map(|trial| tried(&lesson, q, trial, None).expect("it runs")).collect();
                assert_eq!(numbers(found), [0.0, 1.0]);
            }
            Kind::Plot(p) => {
                let at = |i: usize| numbers(plotted(&lesson, p, &p.points[i].1, None).expect("it runs"));
                assert_eq!((at(0), at(1)), (vec![1.0, 0.0], vec![2.0, 1.0]));
            }
            _ => {}
        }
    }
}

#[test]
fn what_is_wrong_is_said_with_file_and_line() {
    let cases: &[(&str, &str)] = &[
        ("```figure\nnodes: 3\n", "my.md:6: expected this block to be closed"),
        ("```figure\nnods: 3\n```\n", "my.md:7: expected one of caption, claim, seeds"),
        ("```picture\nnodes: 3\n```\n", "my.md:6: expected a name after the kind of the block"),
        ("```picture p\nnodes: 3\n```\n", "my.md:6: expected a block of one of the kinds figure, predict"),
        ("```figure\nnodes: three\n```\n", "my.md:7: `nodes:` expected a whole number, found \"three\""),
        ("```figure\nset: read.repair sometimes\n```\n", "my.md:7: `set:` unknown variant `sometimes`"),
        ("```figure\nclients: ada\n1s: bob writes x = 1 via A\n```\n", "my.md:8: expected one of the clients ada, found \"bob\""),
        ("```figure\nclients: ada\n1s: ada writes x via A\n```\n", "my.md:8: expected `ada writes KEY = VALUE via NODE`"),
        ("```figure\nnodes: 3\n1s: crash Z\n```\n", "my.md:8: command 1, node"),
        ("```figure\nrun: nowhere\n```\n", "my.md:6: expected a run file or a figure above this one, found \"nowhere\""),
        ("Text {{ stale }}.\n", "my.md:6: expected a figure before a value of its run"),
        ("<b>bold</b>\n", "my.md:6: expected"),
        ("![a](b.png)\n", "my.md:6: expected a figure instead of an image"),
        ("[a](mailto:x)\n", "my.md:6: expected mark, at, figure, lesson"),
    ];
    for (body, expected) in cases {
        let found = faults(body);
        assert!(found.starts_with(expected), "expected {expected}\nfound    {found}");
    }
    let with_figure: &[(&str, &str)] = &[
        (
            "It is {{ stale-copys }}.\n",
            "my.md:12: in \"stale-copys\": expected a quantity, found \"stale-copys\"; there are now, stale-copies",
        ),
        ("It is {{ time(happens(crashed)) }}.\n", "my.md:12: has no value in \"f\": time(happens(crashed))"),
        ("[it](lesson:nothing)\n", "my.md: the link \"it\" leads nowhere"),
        ("[it](mark:Q)\n", "my.md: the link \"it\" leads nowhere"),
        (
            "```predict p\nask: What?\noption: A\n  if: agreement\n  say: Yes.\n```\n",
            "my.md:12: expected 2 to 40 lines `option: …`, found 1",
        ),
        (
            "```hunt h\nask: What?\ntry: nothing\noption: A\n  if: agreement\n  say: Yes.\n```\n",
            "my.md:14: expected two parts with | between them, such as `try: ",
        ),
        (
            "```what-if w\nleft: a\nright: b\nchange:\n  without: 1-2\n```\n",
            "my.md:16: `without:` expected the number of a command from 1 to 1, or several: 1-1",
        ),
        (
            "```predict p\nask: What?\noption: A\n  if: happens(hint-keptt)\n  say: Yes.\n```\n",
            "my.md:15: `if:` expected the name of an event, found \"hint-keptt\"; there is hint",
        ),
        (
            "```predict p\nask: What?\noption: A\n  if: agreement\n  say: A.\noption: B\n  if: stale-copies = 0\n  say: B.\n```\n",
            "my.md:12: expected an option that is wrong; all are right",
        ),
        (
            "```what-if w\nleft: a\nright: b\nchange:\n  end: 4s\n```\n",
            "my.md:12: expected a change that changes the run; both runs are the same",
        ),
        ("```case c\nbeat: 2s | Later.\nbeat: 1s | Earlier.\n```\n", "my.md:14: expected beats in the order of time"),
        ("```code\nfrom: src/lib.rs\n---\nfn nothing_of_the_kind() {}\n```\n", "my.md:12: expected code that stands in src/lib.rs"),
        (
            "```table t\nask: Fill it in.\nrow: How many?\n  value: count(crashed)\n  within: lots\n```\n",
            "my.md:16: `within:` expected a share",
        ),
    ];
    for (body, expected) in with_figure {
        let found = faults(&format!("{FIGURE}{body}"));
        assert!(found.starts_with(expected), "expected {expected}\nfound    {found}");
    }
    assert_eq!(faults(FIGURE), "");
    let large = "x".repeat(LESSON_BOUNDS.bytes + 1);
    assert!(Lesson::read("big.md", &large).is_err_and(|f| told(&f).starts_with("big.md: expected at most 1048576 bytes")));
}

/// A seed that does not deliver what the text promises is found.
#[test]
fn seeds_must_deliver_what_is_promised() {
    let lossy = "```figure f\nnodes: 3\nclients: ada\nnetwork: loss-ppm 300000\n1s: ada writes x = 1 via A\nend: 9s\nseeds: 1-30\nclaim: ended(1, written)\n```\n";
    let found = faults(lossy);
    assert!(found.contains("my.md:13: does not hold: ended(1, written) (with seeds "), "{found}");
}

/// A challenge must be one with every seed that somebody may get, and figures that are measured together have theirs together.
#[test]
fn challenges_and_tables_must_hold_with_every_seed() {
    let lossy = CHALLENGE.replace("end: 9s\n", "end: 9s\nnetwork: loss-ppm 300000\nseeds: 1-30\n");
    let found = faults(&lossy);
    assert!(found.contains("expected that doing nothing fails") && found.contains("\" (with seed"), "{found}");
    let other = FIGURE.replace("figure f", "figure g").replace("end: 3s", "end: 3s\nseeds: 1-3");
    let table = "```table t\nask: Fill it in.\nrow: Here?\n  figure: f\n  value: writes\nrow: There?\n  figure: g\n  value: writes\n```\n";
    let found = faults(&format!("{FIGURE}{other}{table}"));
    assert_eq!(found, "my.md:19: expected the same `seeds:` for the figures \"f\" and \"g\", which are measured together");
    assert_eq!(faults(&format!("{}{other}{table}", FIGURE.replace("end: 3s", "end: 3s\nseeds: 1-3"))), "");
}

/// What unit 4 says of digest functions is what the engine has and what was measured last.
#[test]
fn digests_are_as_they_were_measured() {
    let lesson = file("static/course/digest-reads.md").expect("it is written");
    for function in DigestFunction::EVERY {
        let name = if function == DigestFunction::Murmur3 { "murmur3" } else { function.name() };
        let row = lesson.lines().find(|line| line.starts_with("| ") && line.contains(name)).expect("it is in the table");
        assert!(row.contains(&format!("| {{{{ \"{}\" }}}} |", function.size())), "{row}");
    }
    let measured = file("BENCHMARKS.md").expect("they are there");
    let table = |title: &str| {
        let (_, rest) = measured.split_once(&format!("\n## {title}\n")).expect("it was measured");
        let rows = rest.split("\n## ").next().unwrap_or_default().lines().filter(|line| line.starts_with("| ")).skip(1);
        rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let of = |title: &str, name: &str| {
        let row = table(title).into_iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{title}: {name}"));
        row[2..].iter().map(|cell| cell.parse::<f64>().expect("a number")).collect::<Vec<_>>()
    };
    let (native, page) = ("Digests", "Digests in the page");
    let below = |a: &[f64], b: &[f64]| a.len() == 3 && a.iter().zip(b).all(|(a, b)| a < b);
    assert!(below(&of(native, "SHA-256"), &of(native, "MD5")), "natively SHA-256 is faster than MD5");
    for other in DigestFunction::EVERY.into_iter().filter(|f| *f != DigestFunction::Sha256) {
        assert!(below(&of(page, other.name()), &of(page, "SHA-256")), "in the page SHA-256 is slower than {}", other.name());
    }
    let times = of(native, "MD5").iter().zip(of(native, "xxh64")).map(|(md5, xxh)| md5 / xxh).collect::<Vec<_>>();
    assert!(times.iter().all(|n| *n > 3.0), "MD5 is several times slower than xxh64: {times:?}");
}

/// Numbers in a text have a reason to be there.
#[test]
fn typed_numbers_are_refused() {
    let refused = |text: &str, number: &str| {
        let found = faults(&format!("{FIGURE}{text}\n"));
        let line = 12 + text.matches('\n').count();
        assert!(found.starts_with(&format!("my.md:{line}: expected no typed number, found \"{number}\"")), "{text}: {found}");
    };
    refused("It took 30 ms.", "30 ms");
    refused("Forty-two keys differ.", "Forty two");
    refused("**1,024** leaves", "1,024");
    refused("- one\n- and nine hundred more", "nine hundred");
    refused("[4 nodes](mark:A)", "4");
    for kept in [
        "It took {{ latency(1) }}, and {{ writes }} write.",
        "At 1 s Ada writes 1; three nodes hold it, and key-7 is a name, as SHA-256 is.",
        "The run ends 2 s later.",
        "[Cassandra 4](ref:cassandra) does it, and `grace 10` is code.",
        "A courier rings at number {{ \"12\" }}.",
    ] {
        assert_eq!(faults(&format!("{FIGURE}{kept}\n")), "", "{kept}");
    }
    let option = "```quiz q\nask: What?\noption: Six\n  if: writes = 6\n  say: No.\noption: One\n  if: writes = 1\n  say: Not 7.\n```\n";
    assert!(faults(&format!("{FIGURE}{option}")).starts_with("my.md:17: expected no typed number, found \"7\""));
    assert!(faults(&format!("{FIGURE}It is {{{{ 4s }}}}.\n")).starts_with("my.md:12: expected a value of a run, found \"4s\""));
    assert!(faults("```measure ping\nask: How far?\n```\n").starts_with("my.md:6: expected the name of what can be measured: digests"));
}

#[test]
fn options_are_graded_by_the_engine() {
    let body = "```figure f\nnodes: 3\nclients: ada\n1s: cut C\n2s: ada writes x = 1 via A\nend: 5s\n```\n\
        ```predict p\nask: Who holds x?\noption: Everyone\n  if: agree(x)\n  say: No.\noption: Not C\n  if: behind(C, x)\n  say: Yes.\n\
        option: Everyone, without the cut\n  with:\n    without: 1\n  if: not(agree(x))\n  say: No.\n```\n";
    let lesson = linked("my.md", &format!("---\ntitle: A lesson\n---\n\n## Step\n{body}")).unwrap();
    let question = lesson.blocks().find_map(|(_, b)| if let Kind::Question(q) = &b.kind { Some(q) } else { None }).unwrap();
    assert_eq!(right(&lesson, question, None), Ok(vec![false, true, false]));
    assert_eq!(faults(body), "");
}

const CHALLENGE: &str = "```figure f\nnodes: 3\nclients: ada\n1s: ada writes x = 1 via A\nend: 9s\n```\n\
```challenge c\ntitle: Leave somebody behind\nask: Do it.\nallow: cut, cut-link, write, read\nat-most: 3\nwin: stale-copies > 0\nscore: faults\ngold: 1\nsilver: 2\nbronze: 3\n\
verdict: nobody cut off\n  if: not(happens(cut))\n  say: All of them heard it.\n\
solution:\n  2s: cut C\n  3s: ada writes x = 2 via A\n\
attempt: Write once more\n  3s: ada writes x = 2 via A\n  gets: nobody cut off\n\
attempt: Kill one\n  2s: crash C\n  gets: refused\n\
attempt: Two cuts\n  1s: cut-link A C\n  2s: cut C\n  3s: ada writes x = 2 via A\n  gets: silver\n```\n";

#[test]
fn challenges_are_judged_by_the_engine() {
    assert_eq!(faults(CHALLENGE), "");
    let wrong = CHALLENGE.replace("gold: 1", "gold: 0");
    assert!(faults(&wrong).starts_with("my.md:25: expected \"gold\", got \"silver (score 1)\""), "{}", faults(&wrong));
    let lesson = linked("my.md", &format!("---\ntitle: A lesson\n---\n\n## Step\n{CHALLENGE}")).unwrap();
    let challenge = lesson.blocks().find_map(|(_, b)| if let Kind::Challenge(c) = &b.kind { Some(c) } else { None }).unwrap();
    let base = lesson.variant(challenge.figure, &[], None).unwrap();
    assert_eq!(judge(&lesson, challenge, None, &base), Ok(Judged::Lost(Some(0))), "doing nothing");
    let solved = lesson.variant(challenge.figure, &challenge.solution.edits, None).unwrap();
    assert_eq!(judge(&lesson, challenge, None, &solved), Ok(Judged::Won(Medal::Gold, 1.0)));
    let mut other = solved.clone();
    other.seed = 99;
    assert!(matches!(judge(&lesson, challenge, None, &other), Ok(Judged::Refused(_))), "another seed is another challenge");
    let mut easier = solved.clone();
    easier.config.settings.write.level = drift::engine::node::Level::One;
    assert!(matches!(judge(&lesson, challenge, None, &easier), Ok(Judged::Refused(_))), "another world is another challenge");
    let mut less = solved;
    less.commands.remove(0);
    assert!(matches!(judge(&lesson, challenge, None, &less), Ok(Judged::Refused(_))), "what belongs to it stays");
}

/// The example of the authors' guide is a lesson that proves itself.
#[test]
fn the_guides_example_passes() {
    let guide = file("static/course/AUTHORING.md").expect("there is a guide");
    let (_, rest) = guide.split_once("````markdown\n").expect("it has an example");
    let (example, _) = rest.split_once("````\n").expect("which ends");
    let lesson = linked("my-lesson.md", example).unwrap_or_else(|faults| panic!("{faults}"));
    let wrong = check(&lesson, &library());
    assert!(wrong.is_empty(), "{}", told(&wrong));
    assert!(lesson.blocks().any(|(_, b)| matches!(b.kind, Kind::WhatIf(_))));
}

#[test]
fn only_run_files_are_asked_for() {
    let text =
        "---\ntitle: T\n---\n## One\n```figure first\nrun: week\n```\n```figure second\nrun: first\n```\n```figure third\nrun: week\n```\n";
    let lesson = Lesson::read("t.md", text).expect("it can be read");
    assert_eq!(lesson.runs(), ["week"], "the second begins with the figure above it");
}
