//! `drift`: the same engine without a page.

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    native::main()
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use std::io::Write as _;
    use std::process::ExitCode;

    use drift::engine::observe::History;
    use drift::lab::{BOUNDS, LabError, Preset, Report, Script, Session, preset, presets, script_from_file};
    use drift::view::gauge::GaugeView;
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
       drift --help | --version

FILE is a run file as the page exports it; - reads standard input.
Exit code 2: the file or the command line is not accepted; standard error says why.";

    enum What {
        Run(String),
        Events(String),
        Check(String),
        Print(String),
    }

    pub fn main() -> ExitCode {
        match arguments().map_err(|e| e.to_string()).and_then(carry_out) {
            Ok(text) => print(&text),
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
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(What::Print(HELP.to_owned())),
                Short('V') | Long("version") => {
                    let engine = drift::engine::world::ENGINE_VERSION;
                    return Ok(What::Print(format!("drift {} (engine {engine})", env!("CARGO_PKG_VERSION"))));
                }
                Value(word) => words.push(word.string()?),
                other => return Err(other.unexpected()),
            }
        }
        match words.as_slice() {
            [verb, file] if verb == "run" => Ok(What::Run(file.clone())),
            [verb, file] if verb == "events" => Ok(What::Events(file.clone())),
            [verb, file] if verb == "check" => Ok(What::Check(file.clone())),
            [verb] if verb == "preset" => {
                let line = |p: &Preset| format!("{:<12} {}: {}", p.name, p.title, p.about);
                Ok(What::Print(presets().iter().map(line).collect::<Vec<_>>().join("\n")))
            }
            [verb, name] if verb == "preset" => match preset(name) {
                Some(preset) => Ok(What::Print(preset.text())),
                None => Err(format!("there is no preset called \"{name}\": there are {}", names()).into()),
            },
            _ => Err(format!("expected `run FILE`, `events FILE`, `check FILE` or `preset NAME`\n\n{HELP}").into()),
        }
    }

    fn names() -> String {
        presets().iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    fn carry_out(what: What) -> Result<String, String> {
        match what {
            What::Print(text) => Ok(text),
            What::Run(file) => {
                let (report, _) = Report::of(&read(&file)?);
                serde_json::to_string_pretty(&report).map_err(|e| e.to_string())
            }
            What::Check(file) => check(read(&file)?),
            What::Events(file) => {
                let script = read(&file)?;
                let (_, log) = Report::of(&script);
                Ok(narrate::lines(&log, &script.config.clients, &History::of(&log)).join("\n"))
            }
        }
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
