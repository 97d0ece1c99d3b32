//! Handing in and grading: what was really answered gets its points, what does not fit is said, and nobody's damage touches the others.

#[path = "support/class.rs"]
mod class;

use class::{forged, learner, lesson, medal};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use drift::course::{
    Answers, Class, Grader, HANDIN_BOUNDS, HandIn, Kind, Lesson, Medal, On, Progress, SHEET_ITEMS, Sheet, Standing, key, right, shipped,
    shipped_runs, units,
};
use drift::engine::world::ENGINE_VERSION;
use drift::lab::{Session, to_link, unpack};

fn hand_in(who: &str, late: usize, with_first: bool) -> HandIn {
    HandIn::of(who, &[learner(&lesson("read-repair"), who, late)], with_first)
}

fn graded(made: &HandIn) -> (Vec<Standing>, Vec<String>) {
    let graded = Grader::new(vec![lesson("read-repair")]).grade(made);
    let remarks = graded.remarks.iter().map(|r| format!("{} {}", if r.grave { "!" } else { "-" }, r.text)).collect();
    (graded.marks[0].iter().map(|m| m.standing).collect(), remarks)
}

#[test]
fn what_is_shipped_is_built_in() {
    let slugs: Vec<&str> = shipped().iter().map(|(slug, _)| *slug).collect();
    let written: Vec<String> = units().into_iter().filter(|u| u.written).map(|u| u.slug).collect();
    assert_eq!(slugs, written);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/course/runs");
    let mut runs: Vec<String> = fs::read_dir(folder)
        .map(|all| all.filter_map(|e| Some(e.ok()?.path().file_stem()?.to_string_lossy().into_owned())).collect())
        .unwrap_or_default();
    runs.sort();
    let mut known: Vec<&str> = shipped_runs().iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(known, runs);
}

#[test]
fn answers_get_their_points() {
    let lesson = lesson("read-repair");
    let (standings, remarks) = graded(&hand_in("17", 3, true));
    assert_eq!(remarks, Vec::<String>::new());
    for (i, ((_, item), standing)) in lesson.items().into_iter().zip(&standings).enumerate() {
        match lesson.item(item) {
            Some(Kind::Challenge(c)) => assert_eq!(*standing, Standing::Won(medal(&c.solution.gets)), "{item}"),
            _ if i < 3 => assert_eq!(*standing, Standing::RightLater, "{item}"),
            _ => assert_eq!(*standing, Standing::RightFirst, "{item}"),
        }
    }
    // What was answered first goes along only if that is wanted.
    let made = hand_in("17", 3, false);
    assert!(!made.text().contains("\"first\""));
    let (standings, remarks) = graded(&made);
    assert!(remarks.is_empty() && standings.iter().all(|s| matches!(s, Standing::Right | Standing::Won(_))), "{standings:?}");
    // Somebody who gave no number answers on the lesson's own runs.
    assert_eq!(graded(&hand_in("", 0, true)).1, Vec::<String>::new());
    assert!(graded(&HandIn::of("3", &[], true)).0.iter().all(|s| *s == Standing::Missing));
}

#[test]
fn claims_are_not_believed() {
    let good = hand_in("17", 2, true);
    let item = |i: usize| good.lessons[0].answers[i].item.clone();
    let claim = forged(&good, |json| json["lessons"][0]["answers"][0]["latest"]["given"] = serde_json::json!(["99"]));
    let (standings, remarks) = graded(&claim);
    assert_eq!(standings[0], Standing::Wrong);
    assert_eq!(remarks, [format!("! read-repair/{}: it claims to be right, and is not", item(0))]);
    let first = forged(&good, |json| json["lessons"][0]["answers"][0]["first"]["right"] = serde_json::json!(true));
    assert_eq!(graded(&first).1, [format!("! read-repair/{}: of the first answer it claims to be right, and is not", item(0))]);
    let place = good.lessons[0].answers.iter().position(|a| a.medal.is_some()).expect("a challenge");
    let medal = forged(&good, |json| json["lessons"][0]["answers"][place]["medal"] = serde_json::json!("won"));
    let (standings, remarks) = graded(&medal);
    assert_eq!(standings[place], Standing::Won(Medal::Gold), "points are for the run, not for the claim");
    assert!(remarks[0].ends_with("it claims \"won\"; its run is \"gold\""), "{remarks:?}");
    // Doing nothing wins nothing, whatever is claimed.
    let lesson = lesson("read-repair");
    let Some(Kind::Challenge(c)) = lesson.item(&item(place)) else { panic!() };
    let idle =
        to_link(&Session::open(lesson.variant(c.figure, &[], lesson.seed_of("17", c.figure, 0)).expect("its run")).expect("it opens"))
            .expect("short");
    let lost = forged(&good, |json| json["lessons"][0]["answers"][place]["latest"]["given"] = serde_json::json!([idle]));
    let (standings, remarks) = graded(&lost);
    assert_eq!(standings[place], Standing::Wrong);
    assert!(remarks[0].ends_with("it claims \"gold\"; its run is \"not won\""), "{remarks:?}");
    for (bad, why) in [("1.AAAA", "the link"), ("", "unknown link version")] {
        let broken = forged(&good, |json| json["lessons"][0]["answers"][place]["latest"]["given"] = serde_json::json!([bad]));
        let (standings, remarks) = graded(&broken);
        assert_eq!(standings[place], Standing::Unreadable);
        assert!(remarks[0].contains(why), "{remarks:?}");
    }
}

#[test]
fn what_was_changed_or_is_of_another_engine_is_said() {
    let good = hand_in("17", 0, true);
    let changed = HandIn::read(&good.text().replace("\"who\":\"17\"", "\"who\":\"18\"")).expect("it can be read");
    assert!(graded(&changed).1.contains(&"! it was changed after it was made".to_owned()));
    let old = forged(&good, |json| json["engine"] = serde_json::json!(ENGINE_VERSION + 1));
    assert_eq!(graded(&old).1, [format!("! it was made with engine {}; this is engine {ENGINE_VERSION}", ENGINE_VERSION + 1)]);
    let other = forged(&good, |json| json["lessons"][0]["text"] = serde_json::json!(7));
    assert_eq!(graded(&other).1, ["- read-repair: answered on another version of the lesson"]);
    let unknown = forged(&good, |json| json["lessons"][0]["lesson"] = serde_json::json!("tea-making"));
    assert_eq!(graded(&unknown).1, ["! there is no lesson \"tea-making\" here: not graded"]);
    let item = forged(&good, |json| json["lessons"][0]["answers"][0]["item"] = serde_json::json!("tea"));
    assert_eq!(graded(&item).1, ["! read-repair: there is no item \"tea\""]);
}

#[test]
fn files_and_links_read_back_and_damage_is_said() {
    let made = hand_in("Jo Q. 17", 1, true);
    assert_eq!(HandIn::read(&made.text()), Ok(made.clone()));
    assert!(made.is_as_made());
    let payload = made.payload().expect("short enough");
    assert_eq!(HandIn::from_payload(&payload), Ok(made.clone()));
    assert_eq!(unpack("the link", &payload), Ok(made.text()));
    let text = made.text();
    for (bad, why) in [
        (String::new(), "it is cut off"),
        (text[..text.len() / 2].to_owned(), "it is cut off"),
        ("\u{89}PNG".to_owned(), "it cannot be read"),
        ("[1, 2]".to_owned(), "it is no hand-in: it names no format"),
        ("{\"format\":\"drift-run\",\"version\":1}".to_owned(), "it is no hand-in: its format is \"drift-run\""),
        (text.replace("\"version\":1", "\"version\":2"), "it is of format version 2"),
        (text.replace("\"who\"", "\"whom\""), "it cannot be read: unknown field `whom`"),
        (text.replace("Jo Q. 17", "Jo\\u001b[2J"), "its name or number is not one"),
        (text.replace("Jo Q. 17", &"x".repeat(41)), "its name or number is not one"),
        (" ".repeat(HANDIN_BOUNDS.bytes + 1), "it is too large"),
    ] {
        let said = HandIn::read(&bad).expect_err("it is none");
        assert!(said.starts_with(why), "{said} for {why}");
    }
    let json = || serde_json::from_str::<serde_json::Value>(&text).expect("JSON");
    let with = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = json();
        change(&mut json);
        HandIn::read(&json.to_string()).expect_err("it is out of bounds")
    };
    let twice = |list: &mut serde_json::Value| {
        let first = list[0].clone();
        list.as_array_mut().expect("a list").push(first);
    };
    assert_eq!(with(&|json| twice(&mut json["lessons"])), "it has a lesson twice");
    assert_eq!(with(&|json| twice(&mut json["lessons"][0]["answers"])), "it has an answer twice");
    let many = vec!["1"; HANDIN_BOUNDS.parts + 1];
    assert!(with(&|json| json["lessons"][0]["answers"][0]["latest"]["given"] = serde_json::json!(many)).contains("parts in an answer"));
    let long = "9".repeat(HANDIN_BOUNDS.characters + 1);
    assert!(with(&|json| json["lessons"][0]["answers"][0]["latest"]["given"] = serde_json::json!(["1", long])).contains("bytes in a part"));
    for cut in 0..payload.len().min(400) {
        assert!(HandIn::from_payload(&payload[..cut]).is_err(), "cut at {cut}");
    }
}

/// A folder of this test alone.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn put(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }
}

fn drift(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_drift")).args(words).output().expect("drift starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_command_grades_good_and_bad_ones_alike() {
    let folder = Folder::new("class");
    let good = hand_in("17", 1, true);
    let file = folder.put("17.json", &good.text());
    let alone = drift(&["grade", &file]);
    assert_eq!(alone.status.code(), Some(0), "{}", out(&alone));
    assert!(out(&alone).starts_with("hand-in  number  engine  points"), "{}", out(&alone));
    assert!(out(&alone).contains("gold gold gold"));
    folder.put("18-cut.json", &good.text()[..300]);
    folder.put("19-foreign.json", "{\"format\":\"left-pad\"}");
    folder.put("20-changed.json", &good.text().replace("\"who\":\"17\"", "\"who\":\"20\""));
    let links = format!(
        "https://example.org/x/#/hand-in?h={}\nhttps://example.org/#/hand-in?h=1.broken\n",
        hand_in("21", 0, false).payload().expect("short")
    );
    let links = folder.put("links.txt", &links);
    let csv = folder.0.join("class.csv").display().to_string();
    let class = drift(&["grade", &format!("--csv={csv}"), &folder.0.display().to_string(), &links]);
    assert_eq!(class.status.code(), Some(3));
    let table = out(&class);
    for said in [
        "! it is cut off",
        "! it is no hand-in: its format is \"left-pad\"",
        "! it was changed after it was made",
        "links.txt:1",
        "links.txt:2",
    ] {
        assert!(table.contains(said), "{said}\n{table}");
    }
    let csv = fs::read_to_string(csv).expect("it was written");
    let rows: Vec<&str> = csv.trim_end().split("\r\n").collect();
    assert_eq!(rows.len(), 7, "a head, and a row for each: {csv}");
    let columns = rows[0].split(',').count();
    assert!(
        rows[1].split(",\"").next().is_some_and(|cells| cells.split(',').count() == columns - 1) && rows[1].contains("right later"),
        "{}",
        rows[1]
    );
    assert!(rows[1].starts_with(&format!("17.json,17,{ENGINE_VERSION},")));
    assert_eq!(out(&drift(&["grade", "--csv", &file])).lines().count(), 2);
    for wrong in [&["grade"][..], &["grade", "no-such-file.json"], &["run", "--csv", &file], &["grade", "--lessons", &csv, &file]] {
        assert_eq!(drift(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

/// A teacher's own lesson is graded from a folder.
#[test]
fn lessons_of_a_folder_are_graded() {
    let folder = Folder::new("own");
    let lessons = folder.0.join("lessons");
    fs::create_dir_all(&lessons).expect("a folder");
    let guide = include_str!("../static/course/AUTHORING.md");
    let example = guide.split("````markdown\n").nth(1).and_then(|rest| rest.split("````\n").next()).expect("an example");
    fs::write(lessons.join("my-lesson.md"), example).expect("a file");
    let mut lesson = Lesson::read("my-lesson.md", example).expect("it can be read");
    lesson.link(|_| None).expect("it needs no run");
    let file = folder.put("1.json", &HandIn::of("1", &[learner(&lesson, "1", 0)], true).text());
    let without = drift(&["grade", &file]);
    assert!(without.status.code() == Some(3) && out(&without).contains("there is no lesson \"my-lesson\" here"), "{}", out(&without));
    let with = drift(&["grade", "--lessons", &lessons.display().to_string(), &file]);
    assert!(with.status.code() == Some(0) && out(&with).contains("my-lesson/after-lunch"), "{}", out(&with));
}

#[test]
fn sheets_are_links_with_a_key() {
    let read = lesson("read-repair");
    let sheet = Sheet {
        title: "Week 3: who is behind?".to_owned(),
        items: vec![("read-repair".to_owned(), "who-is-written".to_owned()), ("read-repair".to_owned(), "go-back".to_owned())],
    };
    assert_eq!(sheet.address(), "/sheet?title=Week%203%3A%20who%20is%20behind%3F&items=read-repair/who-is-written,read-repair/go-back");
    assert_eq!(Sheet::read(&format!("https://example.org/x/#{}", sheet.address())), Ok(sheet.clone()));
    for (bad, why) in [
        ("", "it names no items"),
        ("items=a", "expected LESSON/ITEM, found \"a\""),
        ("items=a/b%00", "expected LESSON/ITEM"),
        ("items=../b", "expected LESSON/ITEM"),
        (&"items=".to_owned().chars().chain("a/b,".repeat(9_000).chars()).collect::<String>(), "it is too long"),
    ] {
        assert!(Sheet::read(bad).is_err_and(|said| said.starts_with(why)), "{bad} {why}");
    }
    let many: Vec<String> = (0..=SHEET_ITEMS).map(|n| format!("a/b{n}")).collect();
    assert!(Sheet::read(&format!("items={}", many.join(","))).is_err_and(|said| said.contains("at most")));
    let Some(Kind::Question(q)) = read.item("who-is-written") else { panic!("a question") };
    let right = right(&read, q, None).expect("it has an answer").iter().position(|so| *so).expect("one is right") + 1;
    let own = key(&read, "who-is-written", Some(""));
    assert!(own.len() == 1 && own[0].starts_with(&format!("{right}. ")), "{own:?}");
    let told = out(&drift(&["sheet", "read-repair/who-is-written", "read-repair/go-back", "--number", "17"]));
    assert!(
        told.starts_with("#/sheet?items=read-repair/who-is-written,read-repair/go-back\n") && told.contains("2. Take it back"),
        "{told}"
    );
    let list = out(&drift(&["sheet"]));
    assert!(shipped().iter().all(|(slug, _)| list.contains(&format!("\n{slug}/")) || list.starts_with(&format!("{slug}/"))), "{list}");
    assert_eq!(drift(&["sheet", "read-repair/nothing"]).status.code(), Some(2));
    assert_eq!(drift(&["grade", "--number", "3", "x.json"]).status.code(), Some(2));
}

/// All progress as a file: it reads back, joins with what is there, and damage is said.
#[test]
fn progress_goes_to_another_browser() {
    let read = lesson("read-repair");
    let (mine, mut theirs) = (learner(&read, "17", 0), Answers::new("read-repair"));
    let progress = Progress::of(" 17 ", vec![mine.clone()]);
    assert_eq!(Progress::read(&progress.text()), Ok(progress.clone()));
    assert_eq!(progress.who, "17");
    theirs.give("c-returns", On::default(), vec!["1".to_owned()], false, None);
    theirs.give("c-returns", On::default(), vec!["2".to_owned()], true, None);
    let mut joined = theirs.clone();
    joined.join(mine.clone());
    assert_eq!(joined.answers.len(), mine.answers.len());
    assert_eq!(joined.of("c-returns"), theirs.of("c-returns"), "what was tried more often stays");
    let text = progress.text();
    for (bad, why) in [
        (text[..99].to_owned(), "it is cut off"),
        ("{}".to_owned(), "it is no progress file"),
        (hand_in("17", 0, false).text(), "it is no progress file"),
        (text.replace("\"read-repair\"", "\"../read-repair\""), "one of its lessons has no name"),
        (text.replace("drift-answers", "drift-runs"), "the answers are of another format"),
    ] {
        let said = Progress::read(&bad).expect_err("it is none");
        assert!(said.starts_with(why), "{said} for {why}");
    }
}

/// What a spreadsheet would take for a formula stays text.
#[test]
fn names_are_no_formulas() {
    let mut class = Class::new(Grader::new(vec![lesson("read-repair")]));
    class.add("=1+1.json", Ok(HandIn::of("=HYPERLINK(\"x\")", &[], false)));
    assert!(class.csv().contains("\r\n'=1+1.json,\"'=HYPERLINK(\"\"x\"\")\","), "{}", class.csv());
}
