//! Votes of a class: a short code of what somebody answered first, and the count of many such codes.
//!
//! A code is `QQQ-VVVVV-CCC`, in an alphabet without letters that look like digits. `QQQ` stands for the lesson and its question, `VVVVV`
//! for the page that voted (so that a code which is pasted twice counts once), then what was chosen (five options to a sign), then two
//! signs over all the rest, so that a slip of a finger shows.

use crate::engine::base::Digest;

use super::lesson::{Kind, Lesson, Question};

/// Bounds on what is pasted.
#[derive(Debug, Clone, Copy)]
pub struct VoteBounds {
    /// Bytes.
    pub bytes: usize,
    /// Lines.
    pub lines: usize,
}

/// The bounds in force (one table in ARCHITECTURE.md).
pub const VOTE_BOUNDS: VoteBounds = VoteBounds { bytes: 256 << 10, lines: 5_000 };

/// Signs of a code: no I, L, O, U.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Signs for the question, for the voter, and of the check.
const TAG: usize = 3;
const VOTER: usize = 5;
const CHECK: usize = 2;
/// Options that one sign holds.
const OPTIONS: usize = 5;
/// Characters of a damaged line that are told.
const TOLD: usize = 40;

/// So many signs of a digest over texts, each ended so that none runs into the next.
fn signs(texts: &[&str], many: usize) -> String {
    let mut bytes = Vec::new();
    for text in texts {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    let mut head = Digest::of_bytes(&bytes).words()[0];
    let mut made = String::new();
    for _ in 0..many {
        made.push(SIGNS[(head & 31) as usize] as char);
        head >>= 5;
    }
    made
}

/// The code of a vote: `voter` tells pages apart and may be any text, `chosen` are numbers of options from 1.
pub fn ballot(lesson: &str, question: &Question, voter: &str, chosen: &[usize]) -> String {
    let tag = signs(&[lesson, &question.name], TAG);
    let voter = signs(&["voter", voter, lesson, &question.name], VOTER);
    let groups = question.options.len().div_ceil(OPTIONS);
    let group = |g: usize| {
        let bits = (0..OPTIONS).filter(|i| chosen.contains(&(g * OPTIONS + i + 1))).fold(0, |bits, i| bits | 1 << i);
        SIGNS[bits as usize] as char
    };
    let chosen: String = (0..groups).map(group).collect();
    let check = signs(&["vote", &tag, &voter, &chosen], CHECK);
    format!("{tag}-{voter}-{chosen}{check}")
}

/// A code that is whole.
struct Read<'a> {
    tag: &'a str,
    voter: &'a str,
    chosen: Vec<usize>,
}

/// Upper case, look-alikes put right, hyphens of any kind left out; none if another sign is in it.
fn plain(text: &str) -> Option<String> {
    let sign = |c: char| match c.to_ascii_uppercase() {
        'I' | 'L' => Some('1'),
        'O' => Some('0'),
        c if c.is_ascii() && SIGNS.contains(&(c as u8)) => Some(c),
        _ => None,
    };
    text.chars().filter(|c| !is_hyphen(*c)).map(sign).collect()
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ad}' | '_')
}

/// Reads a code of plain signs; none if it is not whole.
fn read(code: &str) -> Option<Read<'_>> {
    let body = code.len().checked_sub(CHECK).filter(|body| *body > TAG + VOTER)?;
    let (tag, rest) = code[..body].split_at(TAG);
    let (voter, chosen) = rest.split_at(VOTER);
    if signs(&["vote", tag, voter, chosen], CHECK) != code[body..] {
        return None;
    }
    let place = |c: char| SIGNS.iter().position(|s| *s == c as u8).unwrap_or_default();
    let bits = |(g, c): (usize, char)| (0..OPTIONS).filter(move |i| place(c) >> i & 1 == 1).map(move |i| g * OPTIONS + i + 1);
    let chosen = chosen.chars().enumerate().flat_map(bits).collect();
    Some(Read { tag, voter, chosen })
}

/// A line that is not counted, or only in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Which line of what was pasted, from 1; 0 for the whole.
    pub line: usize,
    /// What stands there, as far as it is told.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

/// A count of votes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Votes for each option.
    pub votes: Vec<u32>,
    /// Who voted.
    pub voters: u32,
    /// Codes that came again from the same voter; the latest counts.
    pub again: u32,
    /// What is not counted.
    pub damaged: Vec<Damaged>,
}

/// Counts codes for a question of a lesson. They may stand apart by anything, with names beside them.
pub fn count(lesson: &Lesson, question: &Question, text: &str) -> Tally {
    let mut counting = Counting { lesson, question, votes: Vec::new(), tally: Tally::default() };
    if text.len() > VOTE_BOUNDS.bytes || text.lines().count() > VOTE_BOUNDS.lines {
        let why = format!("too much: at most {} lines and {} bytes are read", VOTE_BOUNDS.lines, VOTE_BOUNDS.bytes);
        counting.tally.damaged.push(Damaged { line: 0, text: String::new(), why });
    } else {
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            counting.line(i + 1, line);
        }
    }
    let Counting { votes, mut tally, .. } = counting;
    tally.voters = votes.len() as u32;
    let of = |option: usize| votes.iter().filter(|(_, chosen)| chosen.contains(&option)).count() as u32;
    tally.votes = (1..=question.options.len()).map(of).collect();
    tally
}

struct Counting<'a> {
    lesson: &'a Lesson,
    question: &'a Question,
    /// Voters and what they chose.
    votes: Vec<(String, Vec<usize>)>,
    tally: Tally,
}

impl Counting<'_> {
    fn line(&mut self, number: usize, line: &str) {
        let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric() && !is_hyphen(c)).filter(|w| !w.is_empty()).collect();
        let whole = |w: &&&str| plain(w).is_some_and(|code| read(&code).is_some());
        let codes: Vec<&str> = words.iter().filter(whole).copied().collect();
        let joined = words.concat();
        if codes.is_empty() && whole(&&joined.as_str()) {
            return self.code(number, &joined);
        }
        codes.iter().for_each(|code| self.code(number, code));
        // Names beside a code are nobody's business; what looks like a code and is none is told.
        for word in words.iter().filter(|w| !codes.contains(w) && (codes.is_empty() && words.len() == 1 || looks_like_one(w))) {
            self.wrong(number, word, "not a whole code: a sign is wrong or missing");
        }
        if codes.is_empty() && words.len() != 1 && !words.iter().any(|w| looks_like_one(w)) {
            self.wrong(number, line.trim(), "no code in this line");
        }
    }

    fn code(&mut self, line: usize, code: &str) {
        let code = plain(code).unwrap_or_default();
        let Some(read) = read(&code) else { return };
        let is_for = |name: &str| signs(&[&self.lesson.slug, name], TAG) == read.tag;
        if !is_for(&self.question.name) {
            let other = self.lesson.blocks().find_map(|(step, block)| match &block.kind {
                Kind::Question(q) if is_for(&q.name) => Some(step + 1),
                _ => None,
            });
            let why = match other {
                Some(step) => format!("for another question, in step {step} of this lesson"),
                None => "for another lesson".to_owned(),
            };
            return self.wrong(line, &code, &why);
        }
        let options = self.question.options.len();
        let fits = read.chosen.iter().all(|c| *c <= options) && (self.question.many || read.chosen.len() <= 1);
        if read.chosen.is_empty() || !fits {
            return self.wrong(line, &code, "for options that this question does not have");
        }
        match self.votes.iter_mut().find(|(voter, _)| voter == read.voter) {
            Some(known) => {
                known.1 = read.chosen;
                self.tally.again += 1;
            }
            None => self.votes.push((read.voter.to_owned(), read.chosen)),
        }
    }

    fn wrong(&mut self, line: usize, text: &str, why: &str) {
        self.tally.damaged.push(Damaged { line, text: text.chars().take(TOLD).collect(), why: why.to_owned() });
    }
}

/// Whether a word is meant as a code: signs with a digit among them and about as long as one, or two hyphens.
fn looks_like_one(word: &str) -> bool {
    let signs = word.chars().filter(|c| !is_hyphen(*c)).count();
    let hyphens = word.chars().filter(|c| is_hyphen(*c)).count();
    signs >= TAG + VOTER && (hyphens >= 2 || word.chars().any(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lesson with a question of so many options, and another one.
    fn lesson(options: usize, many: bool) -> Lesson {
        let option = |i: usize| format!("option: o{i}\n  if: copies(x, v) = {i}\n  say: s\n");
        let all: String = (1..=options).map(option).collect();
        let many = if many { "many: yes\n" } else { "" };
        let text = format!(
            "---\ntitle: T\n---\n## One\n```figure f\nnodes: 3\nend: 1s\n```\n```quiz first\nask: a?\n{many}{all}```\n## Two\n```quiz other\nask: b?\n{}{}```\n",
            option(1),
            option(2)
        );
        Lesson::read("votes.md", &text).expect("it can be read")
    }

    fn question<'a>(lesson: &'a Lesson, name: &str) -> &'a Question {
        let found = lesson.blocks().find_map(|(_, b)| match &b.kind {
            Kind::Question(q) if q.name == name => Some(q),
            _ => None,
        });
        found.expect("it is there")
    }

    #[test]
    fn a_code_comes_back_as_what_was_chosen() {
        for (options, many) in [(2, false), (4, true), (5, false), (6, true), (40, true)] {
            let lesson = lesson(options, many);
            let q = question(&lesson, "first");
            for option in 1..=options {
                let tally = count(&lesson, q, &ballot("votes", q, "me", &[option]));
                let only: Vec<u32> = (1..=options).map(|i| u32::from(i == option)).collect();
                assert_eq!((tally.votes, tally.voters, tally.damaged), (only, 1, Vec::new()), "{options} {option}");
            }
        }
        let lesson = lesson(7, true);
        let q = question(&lesson, "first");
        assert_eq!(count(&lesson, q, &ballot("votes", q, "me", &[1, 6, 7])).votes, [1, 0, 0, 0, 0, 1, 1]);
    }

    #[test]
    fn three_hundred_votes_in_any_order_and_shape_are_counted() {
        let lesson = lesson(4, false);
        let q = question(&lesson, "first");
        let codes: Vec<String> = (0..300).map(|i| ballot("votes", q, &format!("page {i}"), &[i % 3 + 1])).collect();
        let shapes: [&dyn Fn(&str) -> String; 6] = [
            &|c| format!("{c}\n"),
            &|c| format!("{c}, "),
            &|c| format!("\n12:31 Ann B.: {c}\n"),
            &|c| format!("\n{}\n", c.to_lowercase().replace('-', " ")),
            &|c| format!("\t{};", c.replace('-', "\u{2013}")),
            &|c| format!("\"{}\"\r\n", c.replace('-', "").replace('0', "o").replace('1', "l")),
        ];
        let pasted: String = codes.iter().enumerate().map(|(i, code)| shapes[i / 50](code)).collect();
        let tally = count(&lesson, q, &pasted);
        assert_eq!((tally.votes, tally.voters, tally.again, tally.damaged), (vec![100, 100, 100, 0], 300, 0, Vec::new()));
    }

    #[test]
    fn every_single_slip_shows_with_its_line() {
        let lesson = lesson(4, false);
        let q = question(&lesson, "first");
        let good = ballot("votes", q, "me", &[2]);
        let mut missed = 0;
        for (place, sign) in good.char_indices().filter(|(_, c)| *c != '-') {
            for other in SIGNS.iter().map(|s| *s as char).filter(|s| *s != sign) {
                let mut slipped = good.clone();
                slipped.replace_range(place..=place, &other.to_string());
                let tally = count(&lesson, q, &format!("{good}\n\n{slipped}\n"));
                assert_eq!(tally.votes.iter().sum::<u32>(), 1, "{slipped} is a vote");
                missed += usize::from(tally.damaged.len() != 1 || tally.damaged[0].line != 3);
            }
        }
        // Two signs of check: about one slip in 1,024 could pass as the code of another question.
        assert!(missed <= 2, "{missed} slips are not told");
    }

    #[test]
    fn what_is_cut_off_foreign_or_no_code_at_all_is_told_and_the_rest_counts() {
        let lesson = lesson(4, false);
        let (q, other) = (question(&lesson, "first"), question(&lesson, "other"));
        let good = ballot("votes", q, "me", &[1]);
        let text = [
            good.clone(),
            good[..good.len() - 2].to_owned(),
            ballot("votes", other, "me", &[1]),
            ballot("elsewhere", q, "me", &[1]),
            "I do not know".to_owned(),
            "\u{1f600}".to_owned(),
            format!("{} {}", ballot("votes", q, "you", &[4]), "ABC-12345-ZZZ"),
        ];
        let tally = count(&lesson, q, &text.join("\n"));
        assert_eq!((tally.votes, tally.voters), (vec![1, 0, 0, 1], 2));
        let told: Vec<(usize, &str)> = tally.damaged.iter().map(|d| (d.line, d.why.as_str())).collect();
        let whole = "not a whole code: a sign is wrong or missing";
        let other = "for another question, in step 2 of this lesson";
        assert_eq!(
            told,
            [(2, whole), (3, other), (4, "for another lesson"), (5, "no code in this line"), (6, "no code in this line"), (7, whole)]
        );
    }

    #[test]
    fn a_code_that_comes_twice_counts_once_and_a_changed_mind_counts_as_the_latest() {
        let lesson = lesson(4, false);
        let q = question(&lesson, "first");
        let code = |who: &str, chosen| ballot("votes", q, who, &[chosen]);
        let tally = count(&lesson, q, &[code("a", 1), code("a", 1), code("b", 2), code("b", 3)].join(" "));
        assert_eq!((tally.votes, tally.voters, tally.again), (vec![1, 0, 1, 0], 2, 2));
        let forged = ballot("votes", q, "c", &[5]);
        assert_eq!(count(&lesson, q, &forged).damaged[0].why, "for options that this question does not have");
    }

    #[test]
    fn too_much_is_refused_at_once() {
        let lesson = lesson(2, false);
        let q = question(&lesson, "first");
        for text in ["a\n".repeat(VOTE_BOUNDS.lines + 1), "a".repeat(VOTE_BOUNDS.bytes + 1)] {
            let tally = count(&lesson, q, &text);
            assert_eq!((tally.voters, tally.damaged.len(), tally.damaged[0].line), (0, 1, 0));
        }
        assert_eq!(count(&lesson, q, "a\n".repeat(VOTE_BOUNDS.lines).as_str()).damaged.len(), VOTE_BOUNDS.lines);
    }
}
