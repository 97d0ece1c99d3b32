//! `drift`: the same engine without a page.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    native::main()
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    mod class;

    use std::io::Write as _;
    use std::path::{Path, PathBuf};
    use std::process::ExitCode;

    use drift::course::{Fault, Kind, LESSON_BOUNDS, Lesson, Library, answers, name_of_word, references, told, units, words};
    use drift::engine::observe::History;
    use drift::lab::{BOUNDS, LabError, Preset, Report, Script, Session, gallery, preset, presets, script_from_file, to_file};
    use drift::view::format::counted;
    use drift::view::gauge::GaugeView;
    use drift::view::glossary;
    use drift::view::narrate;
    use drift::view::verdict::{Judge, plain};
    use lexopt::prelude::*;

    const HELP: &str = "\
drift: play a run of Drift & Repair without a page

usage: drift run FILE       print a JSON report of the run in FILE
       drift events FILE    print its events, one line each: number, time, who, what
       drift check FILE     print what its clients could complain of, and what the run cost
       drift preset [NAME]  print a preset: its settings, their sources, and where the engine differs
                            from the real system; without NAME, what presets there are
       drift lesson check PATH...
                            prove lessons: files, or folders with *.md; prints what is wrong, with file and line
       drift lesson answers FILE
                            print every value, right option, cell and verdict of a lesson, by line
       drift lesson figure FILE NAME
                            print the run of a figure as a run file (`| drift events -`)
       drift grade [--lessons DIR] [--csv[=FILE]] HAND-IN...
                            grade hand-ins: files, folders with *.json, links, or text files with a link on each line.
                            Prints a table; with --csv a table for spreadsheets, or both if that goes into FILE.
                            Lessons are those of the course, and those in DIR
       drift sheet [--lessons DIR] [--number NUMBER] [LINK | LESSON/ITEM...]
                            the link of an exercise sheet with these items and its answer key, on the runs of NUMBER
                            or on each that somebody may get; without items, what items there are
       drift --help | --version

FILE is a run file as the page exports it; - reads standard input.
Exit code 3 (grade): all is graded that can be, and there is something to look at (lines with an exclamation mark).
Exit code 2: the file or the command line is not accepted; standard error says why.";

    enum What {
        Run(String),
        Events(String),
        Check(String),
        Lessons(Vec<String>),
        Answers(String),
        Figure(String, String),
        Print(String),
        Grade(class::Order),
        Sheet(Vec<String>, class::Order),
    }

    pub fn main() -> ExitCode {
        match arguments().map_err(|e| e.to_string()).and_then(carry_out) {
            Ok((text, code)) => match print(&text) {
                ExitCode::SUCCESS => ExitCode::from(code),
                failed => failed,
            },
            Err(problem) => {
                eprintln!("drift: {problem}");
                ExitCode::from(2)
            }
        }
    }

    /// Writes the result; a reader that stops reading (`| head`) is no error.
    fn print(text: &str) -> ExitCode {
        match writeln!(std::io::stdout().lock(), "{text}") {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        }
    }

    fn arguments() -> Result<What, lexopt::Error> {
        let mut parser = lexopt::Parser::from_env();
        let mut words: Vec<String> = Vec::new();
        let mut order = class::Order::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(What::Print(HELP.to_owned())),
                Short('V') | Long("version") => {
                    let engine = drift::engine::world::ENGINE_VERSION;
                    return Ok(What::Print(format!("drift {} (engine {engine})", env!("CARGO_PKG_VERSION"))));
                }
                Long("csv") => order.csv = Some(parser.optional_value().map(lexopt::ValueExt::string).transpose()?),
                Long("number") => order.number = Some(parser.value()?.string()?),
                Long("lessons") => order.lessons = Some(parser.value()?.string()?),
                Value(word) => words.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        let is_order = order.csv.is_some() || order.lessons.is_some() || order.number.is_some();
        match words.as_slice() {
            [verb, items @ ..] if verb == "sheet" && order.csv.is_none() => Ok(What::Sheet(items.to_vec(), order)),
            [verb, files @ ..] if verb == "grade" && !files.is_empty() && order.number.is_none() => {
                order.files = files.to_vec();
                Ok(What::Grade(order))
            }
            _ if is_order => Err("--csv and --lessons belong to `grade HAND-IN...`, --number and --lessons to `sheet`".into()),
            [verb, file] if verb == "run" => Ok(What::Run(file.clone())),
            [verb, file] if verb == "events" => Ok(What::Events(file.clone())),
            [verb, file] if verb == "check" => Ok(What::Check(file.clone())),
            [noun, verb, paths @ ..] if noun == "lesson" && verb == "check" && !paths.is_empty() => Ok(What::Lessons(paths.to_vec())),
            [noun, verb, file] if noun == "lesson" && verb == "answers" => Ok(What::Answers(file.clone())),
            [noun, verb, file, name] if noun == "lesson" && verb == "figure" => Ok(What::Figure(file.clone(), name.clone())),
            [verb] if verb == "preset" => {
                let line = |p: &Preset| format!("{:<12} {}: {}", p.name, p.title, p.about);
                Ok(What::Print(presets().iter().map(line).collect::<Vec<_>>().join("\n")))
            }
            [verb, name] if verb == "preset" => match preset(name) {
                Some(preset) => Ok(What::Print(preset.text())),
                None => Err(format!("there is no preset called \"{name}\": there are {}", names()).into()),
            },
            _ => Err(format!("expected `run FILE`, `events FILE`, `check FILE`, `lesson check PATH...`, `lesson answers FILE`, `lesson figure FILE NAME`, `grade HAND-IN...`, `sheet [ITEM...]` or `preset NAME`\n\n{HELP}").into()),
        }
    }

    fn names() -> String {
        presets().iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// What is to be printed, and the exit code.
    fn carry_out(what: What) -> Result<(String, u8), String> {
        let text = match what {
            What::Grade(order) => return class::grade(&order),
            What::Sheet(items, order) => class::sheet(&items, &order),
            What::Print(text) => Ok(text),
            What::Run(file) => {
                let (report, _) = Report::of(&read(&file)?);
                serde_json::to_string_pretty(&report).map_err(|e| e.to_string())
            }
            What::Check(file) => check(read(&file)?),
            What::Lessons(paths) => lessons(&paths),
            What::Answers(file) => Ok(answers(&open(Path::new(&file)).map_err(|faults| told(&faults))?).join("\n")),
            What::Figure(file, name) => {
                let lesson = open(Path::new(&file)).map_err(|faults| told(&faults))?;
                let figure = lesson.figures.iter().find(|f| f.name == name).ok_or(format!("{file}: there is no figure \"{name}\""))?;
                let script = figure.script.clone().ok_or("it has no run")?;
                Session::open(script).map(|session| to_file(&session)).map_err(|e| e.to_string())
            }
            What::Events(file) => {
                let script = read(&file)?;
                let (_, log) = Report::of(&script);
                Ok(narrate::lines(&log, &script.config.clients, &History::of(&log)).join("\n"))
            }
        };
        text.map(|text| (text, 0))
    }

    /// The verdict over a run and its metrics, in lines.
    fn check(script: Script) -> Result<String, String> {
        let mut session = Session::open(script).map_err(|e| e.to_string())?;
        session.seek_time(session.end());
        let verdict = Judge::default().verdict(&session);
        let gauge = GaugeView::of(&session);
        let mut lines = vec![verdict.text()];
        lines.extend(verdict.lines.iter().map(|line| format!("  {}", plain(line))));
        if verdict.hidden > 0 {
            lines.push(format!("  and {} more: `drift run` lists all", verdict.hidden));
        }
        lines.push(gauge.text());
        lines.extend(gauge.facts.iter().map(|(name, value)| format!("  {name:<18}{value}")));
        Ok(lines.join("\n"))
    }

    /// Proves lessons. Their runs lie beside them, in `runs` beside them, or among the page's own.
    fn lessons(paths: &[String]) -> Result<String, String> {
        let mut files = Vec::new();
        for path in paths {
            let path = Path::new(path);
            let is_lesson = |p: &PathBuf| {
                let name = p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                name.ends_with(".md") && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            };
            if path.is_dir() {
                let entries = std::fs::read_dir(path).map_err(|e| format!("{}: {e}", path.display()))?;
                let mut found: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).filter(is_lesson).collect();
                found.sort();
                files.extend(found);
            } else {
                files.push(path.to_owned());
            }
        }
        let (mut said, mut faults) = (Vec::new(), Vec::new());
        // Lessons know nothing of each other: a few at a time, said in their order.
        for some in files.chunks(8) {
            let proved: Vec<_> = std::thread::scope(|scope| {
                let begun: Vec<_> = some.iter().map(|file| scope.spawn(|| lesson(file))).collect();
                begun.into_iter().map(|proof| proof.join()).collect()
            });
            for (file, proof) in some.iter().zip(proved) {
                match proof {
                    Ok(Ok(line)) => said.push(line),
                    Ok(Err(more)) => faults.extend(more),
                    Err(_) => return Err(format!("{}: the checker itself failed", file.display())),
                }
            }
        }
        match faults.len() {
            0 => Ok(said.join("\n")),
            n => Err(format!(
                "{} in {}\n{}",
                counted(n as u64, "fault", "faults"),
                counted(files.len() as u64, "lesson", "lessons"),
                told(&faults)
            )),
        }
    }

    /// Reads a lesson and puts its runs together.
    fn open(file: &Path) -> Result<Lesson, Vec<Fault>> {
        let name = file.display().to_string();
        let fault = |what: String| vec![Fault { file: name.clone(), line: 0, what }];
        let text = text_of(file, LESSON_BOUNDS.bytes as u64 + 1).map_err(fault)?;
        let mut lesson = Lesson::read(&name, &text)?;
        let beside = file.parent().unwrap_or(Path::new("."));
        let run = |name: &str| {
            let places = [beside.join(format!("{name}.json")), beside.join("runs").join(format!("{name}.json"))];
            let found = places.iter().find_map(|place| text_of(place, BOUNDS.file_bytes as u64 + 1).ok());
            found.or_else(|| gallery().iter().find(|(slug, _)| *slug == name).map(|(_, text)| (*text).to_owned()))
        };
        lesson.link(run)?;
        Ok(lesson)
    }

    /// Proves one lesson. Returns a line about it.
    fn lesson(file: &Path) -> Result<String, Vec<Fault>> {
        let lesson = open(file)?;
        let beside = file.parent().unwrap_or(Path::new("."));
        let source = |path: &str| {
            let inside = !path.contains("..") && !path.starts_with('/');
            inside.then(|| text_of(Path::new(path), 1 << 20).ok()).flatten()
        };
        let beside_it = |slug: &String| beside.join(format!("{slug}.md")).exists();
        let library = Library {
            lessons: units().into_iter().map(|u| u.slug).filter(|slug| beside_it(slug) || *slug != lesson.slug).collect(),
            runs: gallery().iter().map(|(slug, _)| (*slug).to_owned()).collect(),
            terms: terms(),
            references: references().into_iter().map(|r| r.name).collect(),
            source: Some(&source),
        };
        let faults = drift::course::check(&lesson, &library);
        if !faults.is_empty() {
            return Err(faults);
        }
        let count = |test: fn(&Kind) -> bool| lesson.blocks().filter(|(_, b)| test(&b.kind)).count() as u64;
        let questions = counted(count(|k| matches!(k, Kind::Question(_))), "question", "questions");
        let challenges = counted(count(|k| matches!(k, Kind::Challenge(_))), "challenge", "challenges");
        Ok(format!(
            "{}: {}, {questions}, {challenges}: all as it says",
            file.display(),
            counted(lesson.steps.len() as u64, "step", "steps")
        ))
    }

    /// Words that a link may lead to.
    fn terms() -> Vec<String> {
        let of_the_lab = glossary::TERMS.iter().map(|t| t.word.to_owned());
        of_the_lab.chain(words().into_iter().map(|w| w.word)).map(|word| name_of_word(&word)).collect()
    }

    /// A text file, or at most so many bytes of it.
    fn text_of(file: &Path, most: u64) -> Result<String, String> {
        use std::io::Read as _;
        let mut text = String::new();
        let open = std::fs::File::open(file).map_err(|e| e.to_string())?;
        open.take(most).read_to_string(&mut text).map_err(|e| e.to_string())?;
        Ok(text)
    }

    /// Reads a run file, never more of it than a run file may have.
    fn read(file: &str) -> Result<Script, String> {
        use std::io::Read as _;
        let source: Box<dyn std::io::Read> =
            if file == "-" { Box::new(std::io::stdin()) } else { Box::new(std::fs::File::open(file).map_err(|e| format!("{file}: {e}"))?) };
        let mut bytes = Vec::new();
        source.take(BOUNDS.file_bytes as u64 + 1).read_to_end(&mut bytes).map_err(|e| format!("{file}: {e}"))?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{file}: the run file is not text in UTF-8"))?;
        script_from_file(&text).map_err(|e: LabError| format!("{file}: {e}"))
    }
}
