//! Style sheets name colours only by token: a colour means a kind of traffic, a version or a fault, in both themes.

/// The one sheet that says which colour a token is.
const TOKENS: &str = "static/tokens.css";

const FUNCTIONS: &[&str] = &["rgb(", "rgba(", "hsl(", "hsla(", "hwb(", "lab(", "lch(", "oklab(", "oklch(", "color("];

const NAMES: &[&str] = &[
    "black",
    "white",
    "gray",
    "grey",
    "silver",
    "red",
    "maroon",
    "orange",
    "gold",
    "yellow",
    "olive",
    "lime",
    "green",
    "teal",
    "cyan",
    "aqua",
    "blue",
    "navy",
    "purple",
    "violet",
    "magenta",
    "fuchsia",
    "pink",
    "brown",
    "crimson",
    "tomato",
    "salmon",
    "coral",
    "indigo",
    "orchid",
    "turquoise",
];

/// Faults of one style sheet.
pub fn check(path: &str, text: &str) -> Vec<String> {
    if path == TOKENS {
        return Vec::new();
    }
    let text = without_comments(text);
    let mut found = Vec::new();
    let mut line = 1;
    // What ends in a brace that opens is a selector, where `#fade` is an element and not a colour.
    for part in text.split_inclusive(['{', '}', ';']) {
        let colour = part.split_once(':').filter(|_| !part.ends_with('{')).and_then(|(_, value)| colour(value));
        let after = line + part.matches('\n').count();
        if let Some(colour) = colour {
            found.push(format!("{path}:{after}: `{colour}` is a colour; use a token of {TOKENS}"));
        }
        line = after;
    }
    found
}

/// The text with comments blanked out, lines kept.
fn without_comments(text: &str) -> String {
    let mut pieces = text.split("/*");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (comment, rest) = piece.split_once("*/").unwrap_or((piece, ""));
        out.extend(comment.matches('\n'));
        out.push_str(rest);
    }
    out
}

/// The first colour written out in a value.
fn colour(value: &str) -> Option<String> {
    let value = value.trim().trim_end_matches([';', '}']).to_ascii_lowercase();
    let words = value.split(|c: char| !(c.is_ascii_alphanumeric() || "-#(_".contains(c))).flat_map(|w| w.split_inclusive('('));
    let words: Vec<&str> = words.filter(|w| !w.is_empty()).collect();
    let named = |at: usize| at > 0 && words[at - 1] == "url(";
    let written = |w: &str| is_hex(w) || FUNCTIONS.contains(&w) || NAMES.contains(&w);
    // In `url(#a)` an element is named.
    words.iter().enumerate().find(|(at, w)| written(w) && !named(*at)).map(|(_, w)| (*w).to_owned())
}

fn is_hex(word: &str) -> bool {
    word.strip_prefix('#').is_some_and(|d| matches!(d.len(), 3 | 4 | 6 | 8) && d.chars().all(|c| c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_caught() {
        for bad in
            ["color:#fff", "color: #14181C80", "border:1px solid red", "background:rgba(0,0,0,.5)", "fill:oklch(1 0 0)", "--x:hsl(1 2% 3%)"]
        {
            assert_eq!(check("static/style.css", &format!("a{{{bad}}}")).len(), 1, "{bad}");
            assert_eq!(check("static/style.css", &format!("a{{b:c;{bad};d:e}}")).len(), 1, "{bad}");
        }
    }

    #[test]
    fn tokens_selectors_and_comments_are_not_colours() {
        let good = "/* #fff red */ #fade:hover,a:not(#add){color:var(--red);background:transparent;fill:currentColor;white-space:nowrap;\
            mask:url(#abc);background:color-mix(in srgb, var(--ink) 8%, transparent)}";
        assert_eq!(check("static/style.css", good), Vec::<String>::new());
        assert_eq!(check(TOKENS, "a{color:#fff}"), Vec::<String>::new());
    }

    #[test]
    fn the_line_is_named() {
        assert_eq!(check("static/a.css", "a{\n/* x\n */b:c;\n  color: #abc;\n}").concat().split(':').nth(1), Some("4"));
    }
}
