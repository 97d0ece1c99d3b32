//! Words a newcomer may not know, each with one sentence, and where in a text they stand.

use crate::engine::base::arrange;

/// A word and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The word in the singular, lower case unless it is a name.
    pub word: &'static str,
    /// One plain sentence.
    pub meaning: &'static str,
}

/// Every word explained. Longer words come before those they begin with.
pub const TERMS: &[Term] = &[
    Term { word: "coordinator", meaning: "The node that a client asks: it talks to the replicas of the key and answers the client." },
    Term { word: "replica", meaning: "A node that keeps a copy of the key." },
    Term {
        word: "digest",
        meaning: "A short fingerprint of a row: equal rows have equal digests, so comparing digests shows whether two copies differ.",
    },
    Term {
        word: "tombstone",
        meaning: "A note that the key was deleted; it is kept and copied like a value, so that an old copy cannot come back.",
    },
    Term {
        word: "timestamp",
        meaning: "The reading of the coordinator's clock when a version was made; where two versions meet, the larger one wins.",
    },
    Term { word: "read repair", meaning: "Sending the newest row that a read has found to the replicas that lack it." },
    Term { word: "row", meaning: "What one replica holds for one key: a version with its timestamp." },
    Term { word: "version", meaning: "One value of a key, numbered here in the order in which they were made: v1, v2, and so on." },
    Term { word: "QUORUM", meaning: "More than half of the key's replicas must answer." },
    Term { word: "ONE", meaning: "A single replica must answer." },
    Term { word: "ALL", meaning: "Every replica of the key must answer." },
    Term { word: "heartbeat", meaning: "A small message by which a node tells the others that it lives." },
    Term { word: "cut", meaning: "A break in the network: messages across it stop, and nobody is told." },
];

/// What a word means.
pub fn meaning(word: &str) -> Option<&'static str> {
    TERMS.iter().find(|t| t.word == word).map(|t| t.meaning)
}

/// A stretch of text, with what it means if it is a word of the glossary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text as it stands.
    pub text: String,
    /// The word it is.
    pub term: Option<Term>,
}

/// Cuts a text at the first occurrence of each word of the glossary (plurals too).
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found: Vec<(usize, usize, Term)> = Vec::new();
    for term in TERMS {
        let Some((start, end)) = find_word(text, term.word) else { continue };
        if found.iter().all(|(s, e, _)| end <= *s || start >= *e) {
            found.push((start, end, *term));
        }
    }
    arrange(&mut found, |a, b| a.0.cmp(&b.0));
    let mut pieces = Vec::with_capacity(found.len() * 2 + 1);
    let mut from = 0;
    for (start, end, term) in found {
        if start > from {
            pieces.push(Piece { text: text[from..start].to_owned(), term: None });
        }
        pieces.push(Piece { text: text[start..end].to_owned(), term: Some(term) });
        from = end;
    }
    if from < text.len() {
        pieces.push(Piece { text: text[from..].to_owned(), term: None });
    }
    pieces
}

/// Where a whole word (or its plural with s) first stands in a text: bytes from and to.
fn find_word(text: &str, word: &str) -> Option<(usize, usize)> {
    let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == ':');
    text.match_indices(word).find_map(|(start, _)| {
        let mut end = start + word.len();
        if text[end..].starts_with('s') {
            end += 1;
        }
        let free = !inside(text[..start].chars().next_back()) && !inside(text[end..].chars().next());
        free.then_some((start, end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole_once_and_in_the_plural() {
        let text = "A digest shows that two replicas differ; digests never say which. The cutlery, row-7, key:row.";
        let cut = pieces(text);
        assert_eq!(cut.iter().map(|p| p.text.as_str()).collect::<String>(), text, "nothing is lost");
        let words: Vec<&str> = cut.iter().filter_map(|p| Some(p.term?.word)).collect();
        assert_eq!(words, ["digest", "replica"], "no parts of longer words or of keys");
        assert_eq!(meaning("replica"), Some("A node that keeps a copy of the key."));
        assert_eq!(meaning("blockchain"), None);
        assert!(pieces("").is_empty());
    }

    #[test]
    fn every_meaning_is_one_sentence() {
        for term in TERMS {
            assert!(term.meaning.ends_with('.') && term.meaning.matches(". ").count() == 0, "{}", term.word);
        }
    }
}
