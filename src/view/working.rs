//! What the page says while it works on something long.

use crate::engine::world::Doing;
use crate::lab::Session;
use crate::view::format::counted;

/// Long work under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Working {
    /// What is being done, as a sentence without its full stop.
    pub words: String,
    /// How much of it is done, in hundredths.
    pub percent: u32,
}

/// The long work of a session, if somebody waits for it or it is a single long step.
pub fn working(session: &Session) -> Option<Working> {
    let progress = session.progress()?;
    let words = match progress.doing {
        Some(Doing::Loading(keys)) => format!("Filling in {}", counted(keys, "key", "keys")),
        Some(Doing::Reading(node)) => format!("{node} reads its rows"),
        None => "Working out what happens until then".to_owned(),
    };
    Some(Working { words, percent: (progress.done * 100).checked_div(progress.of).unwrap_or(0).min(100) as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::{Pace, script_from_file};

    #[test]
    fn long_work_has_words_and_grows() {
        let file = r#"{"format":"drift-run","version":1,"engine":2,"run":{"seed":1,"end":"2s","config":{"nodes":3},"commands":[
            {"at":"1ms","do":"preload","count":6000},{"at":"1s","do":"sweep","a":"A","b":"B"}]}}"#;
        let script = script_from_file(file).expect("within bounds");
        let mut session = Session::open_at(script, Pace::Slices(700)).expect("opens");
        session.seek_time(session.end());
        let mut seen: Vec<Working> = Vec::new();
        while session.has_work() {
            seen.extend(working(&session).filter(|new| seen.last().is_none_or(|last| last.words != new.words)));
            session.work();
        }
        let words: Vec<&str> = seen.iter().map(|w| w.words.as_str()).collect();
        assert_eq!(words.first(), Some(&"Filling in 6000 keys"), "{words:?}");
        assert!(words.contains(&"A reads its rows") && words.contains(&"B reads its rows"), "{words:?}");
        assert_eq!(working(&session), None);
    }
}
