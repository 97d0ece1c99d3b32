//! Copied work shows: runs are somebody's by their seeds, in questions, tables and challenges alike.

#[path = "support/class.rs"]
mod class;

use class::{forged, learner, lesson, medal, solved};
use drift::course::{Class, Grader, HandIn, Kind, Lesson, Standing, shipped};
use drift::lab::{Session, from_link, to_link};

fn hand_in(who: &str, late: usize, with_first: bool) -> HandIn {
    HandIn::of(who, &[learner(&lesson("read-repair"), who, late)], with_first)
}

/// A figure's seed follows from the number: whoever copies an answer has another's.
#[test]
fn seeds_are_somebodys() {
    let lesson = lesson("drift");
    let seeded = |i: &usize| lesson.seeds_of(*i).len() > 1;
    let figure = (0..lesson.figures.len()).find(seeded).expect("a figure with seeds");
    let (seeds, names) = (lesson.seeds_of(figure), (1..=200).map(|n| n.to_string()));
    let mut got = vec![0; seeds.len()];
    for who in names {
        let turns: Vec<Option<u64>> = (0..seeds.len() as u32).map(|turn| lesson.seed_of(&who, figure, turn)).collect();
        assert!(seeds.iter().all(|s| turns.contains(s)), "every turn is another run until all were seen");
        assert_eq!(lesson.seed_of(&who, figure, seeds.len() as u32), turns[0]);
        assert_eq!(lesson.seed_of(&format!(" {who}").trim().to_uppercase(), figure, 0), turns[0]);
        got[seeds.iter().position(|s| *s == turns[0]).expect("one of them")] += 1;
    }
    assert!(got.iter().all(|n| *n * seeds.len() * 3 > 200), "evenly: {got:?}");
    assert_eq!(lesson.seed_of("", figure, 0), None, "nobody's is the figure's own");
    assert!((0..lesson.figures.len()).filter(|i| !seeded(i)).all(|i| lesson.seed_of("17", i, 3).is_none()));

    let mine = |who: &str| HandIn::of(who, &[learner(&lesson, who, 0)], true);
    let item = (0..).zip(lesson.items()).find(|(_, (_, item))| lesson.figure_of(item).is_some_and(|f| seeded(&f))).expect("asked");
    let (place, figure) = (item.0, lesson.figure_of(item.1.1).expect("it has a figure"));
    let other = (18..).map(|n: u32| n.to_string()).find(|n| {
        let (a, b) = (lesson.seed_of(n, figure, 0), lesson.seed_of("17", figure, 0));
        a.is_some() && a != b
    });
    let copied = forged(&mine(&other.expect("somebody")), |json| json["who"] = serde_json::json!("17"));
    let graded = Grader::new(vec![lesson.clone()]).grade(&copied);
    assert_eq!(graded.marks[0][place].standing, Standing::Foreign);
    assert!(graded.remarks.iter().any(|r| r.grave && r.text.contains("which is not this number's")), "{:?}", graded.remarks);
    // Somebody who answers before giving a number has answered on the figure's own run: that is said, and counts.
    let mut early = HandIn::of("", &[learner(&lesson, "", 0)], true);
    early.who = "17".to_owned();
    let graded = Grader::new(vec![lesson.clone()]).grade(&forged(&early, |_| {}));
    assert!(graded.remarks.iter().all(|r| !r.grave && r.text.contains("before the number was given")), "{:?}", graded.remarks);
    assert_eq!(graded.remarks.len(), 1);
}

#[test]
fn a_class_is_compared() {
    let mut class = Class::new(Grader::new(vec![lesson("read-repair")]));
    let one = hand_in("1", 2, true);
    class.add("one.json", Ok(one.clone()));
    class.add("two.json", Ok(forged(&one, |json| json["who"] = serde_json::json!("2"))));
    class.add("again.json", Ok(hand_in("7", 0, false)));
    class.add("seven.json", Ok(HandIn::of("7", &[], false)));
    class.add("cut.json", HandIn::read(&one.text()[..200]));
    class.compare();
    assert!(!class.is_clean());
    let table = class.table();
    for said in [
        "! the same log, answer by answer and run by run, as 2 (two.json)",
        "! the same log, answer by answer and run by run, as 1 (one.json)",
        "! the same number as 7 (seven.json)",
        "read-repair/mend-cheaply: the same, which may well be chance, as 1 (one.json), 2 (two.json)",
        "! it is cut off",
    ] {
        assert!(table.contains(said), "{said}\n{table}");
    }
    let mut honest = Class::new(Grader::new(vec![lesson("read-repair")]));
    honest.add("one.json", Ok(one));
    honest.compare();
    assert!(honest.is_clean());
}

/// A number whose run of a figure is neither this number's nor the one that everybody begins with.
fn another(lesson: &Lesson, figure: usize, number: &str) -> String {
    let of = |n: &str| lesson.seed_of(n, figure, 0);
    let other = |n: &String| of(n).is_some() && of(n) != of(number) && of(n) != lesson.figures[figure].script.as_ref().map(|s| s.seed);
    (18..400).map(|n: u32| n.to_string()).find(other).expect("somebody has another run")
}

/// Every challenge of the course: one's own run gets its points, another number's is told, and so is who has no number.
#[test]
fn challenges_are_somebodys() {
    let mut seen = 0;
    for (slug, _) in shipped() {
        let lesson = lesson(slug);
        let items = lesson.items();
        for (place, (_, name)) in items.iter().enumerate() {
            let Some(Kind::Challenge(c)) = lesson.item(name) else { continue };
            seen += 1;
            let (figure, gets) = (c.figure, medal(&c.solution.gets));
            assert!(lesson.seeds_of(figure).len() > 4, "{slug}/{name} has a run for few");
            let of = |who: &str, run: Option<u64>| {
                let mut log = drift::course::Answers::new(slug);
                log.give(name, drift::course::On::default(), vec![solved(&lesson, c, run)], true, Some(gets));
                let graded = Grader::new(vec![lesson.clone()]).grade(&HandIn::of(who, &[log], false));
                let said: Vec<String> = graded.remarks.iter().filter(|r| r.grave).map(|r| r.text.clone()).collect();
                (graded.marks[0][place].standing, graded.marks[0][place].points, said, graded.remarks.len())
            };
            let seed = |who: &str| lesson.seed_of(who, figure, 0);
            let other = another(&lesson, figure, "17");
            let own = of("17", seed("17"));
            assert_eq!((own.0, &own.2), (Standing::Won(gets), &vec![]), "{slug}/{name}: one's own");
            let copied = of("17", seed(&other));
            assert_eq!((copied.0, copied.1), (Standing::Foreign, 0), "{slug}/{name}: of {other}");
            let (theirs, ours) = (seed(&other).expect("a seed"), copied.2.join(" "));
            assert!(ours.contains(&format!("answered on seed {theirs}, which is not this number's")), "{ours}");
            // Before there was a number, on the run that everybody begins with; and hand-ins of before challenges had seeds.
            let early = of("17", None);
            assert_eq!((early.0, &early.2), (Standing::Won(gets), &vec![]), "{slug}/{name}: early");
            let nobody = of("", None);
            assert_eq!((nobody.0, nobody.3), (Standing::Won(gets), 0), "{slug}/{name}: without a number");
            assert_eq!(of("", seed(&other)).0, Standing::Foreign, "{slug}/{name}: without a number, on somebody's");
        }
    }
    assert!(seen >= 15, "{seen} challenges");
}

/// Whoever takes over the commands and puts the own seed before them has made the same run to the microsecond; one sweep may be chance.
#[test]
fn commands_that_were_taken_over_are_told() {
    let told = |slug: &str, name: &str| {
        let lesson = lesson(slug);
        let Some(Kind::Challenge(c)) = lesson.item(name) else { panic!("a challenge") };
        let mut class = Class::new(Grader::new(vec![lesson.clone()]));
        let other = another(&lesson, c.figure, "17");
        let first = solved(&lesson, c, lesson.seed_of(&other, c.figure, 0));
        let (mut script, _) = from_link(&first).expect("a run");
        script.seed = lesson.seed_of("17", c.figure, 0).unwrap_or(script.seed);
        let taken = to_link(&Session::open(script).expect("within bounds")).expect("short enough");
        for (who, link) in [(other.as_str(), first), ("17", taken)] {
            let mut log = drift::course::Answers::new(slug);
            log.give(name, drift::course::On { seed: lesson.seed_of(who, c.figure, 0), turn: 0 }, vec![link], true, Some(medal("gold")));
            class.add(who, Ok(HandIn::of(who, &[log], false)));
        }
        class.compare();
        (class.is_clean(), class.table())
    };
    let (clean, table) = told("quorums", "stale-by-restoring");
    assert!(!clean && table.contains("! quorums/stale-by-restoring: the same 8 commands, to the microsecond, as 17 (17)"), "{table}");
    let (clean, table) = told("merkle-trees", "fewest-bytes");
    assert!(clean && table.contains("- merkle-trees/fewest-bytes: the same, which may well be chance, as"), "{table}");
    let (clean, table) = told("hinted-handoff", "lose-no-hint");
    assert!(clean && !table.contains("    -") && !table.contains("chance"), "settings alone, many choose alike: {table}");
}

/// Figures that one table measures have one seed, of one number, at a time.
#[test]
fn tables_of_several_figures_are_somebodys() {
    let mut seen = 0;
    for (slug, _) in shipped() {
        let lesson = lesson(slug);
        for (place, (_, item)) in lesson.items().into_iter().enumerate() {
            let Some(Kind::Table(t)) = lesson.item(item) else { continue };
            let first = t.rows[0].figure;
            if t.rows.iter().all(|row| row.figure == first) {
                continue;
            }
            seen += 1;
            assert!(lesson.seeds_of(first).len() > 4, "{slug}/{item}");
            let other = another(&lesson, first, "17");
            for who in ["17", &other] {
                assert!(t.rows.iter().all(|row| lesson.seed_of(who, row.figure, 3) == lesson.seed_of(who, first, 3)), "{slug}/{item}");
            }
            let graded = |made: &HandIn| Grader::new(vec![lesson.clone()]).grade(made).marks[0][place].standing;
            let theirs = HandIn::of(&other, &[learner(&lesson, &other, 0)], true);
            assert_eq!(graded(&theirs), Standing::RightFirst);
            assert_eq!(graded(&forged(&theirs, |json| json["who"] = serde_json::json!("17"))), Standing::Foreign, "{slug}/{item}");
        }
    }
    assert!(seen >= 2, "{seen} tables");
}
