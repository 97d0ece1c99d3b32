//! Rules about a single file: what it begins with, how long it is, and what must not be in it.
use crate::source::Source;
use crate::uses::is_punct;
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Most lines of a file.
const FILE_LINES: usize = 450;
/// Most lines of a function, from its name to its last brace.
const FUNCTION_LINES: usize = 70;

/// A file begins by saying what it is.
pub fn begins_with_doc(source: &Source) -> Vec<String> {
    let first = source.text.lines().next().unwrap_or_default();
    if first.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty()) {
        return Vec::new();
    }
    vec![source.fault(1, "should begin with `//!` and what the file is")]
}

/// Files and functions that can be read at a sitting.
pub fn short(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES {
        found.push(source.fault(1, format!("{lines} lines; at most {FILE_LINES}")));
    }
    each_sequence(&source.tokens, &mut |tokens| {
        for (at, pair) in tokens.windows(2).enumerate() {
            if let [TokenTree::Ident(word), TokenTree::Ident(name)] = pair
                && word == "fn"
                && let Some(last) = body_end(&tokens[at..])
            {
                let first = word.span().start().line;
                let lines = last + 1 - first;
                if lines > FUNCTION_LINES {
                    found.push(source.fault(first, format!("fn {name} has {lines} lines; at most {FUNCTION_LINES}")));
                }
            }
        }
    });
    found
}

/// The last line of the body that follows a function's name; none in a trait without one.
fn body_end(tokens: &[TokenTree]) -> Option<usize> {
    tokens.iter().take_while(|t| !is_punct(t, ';')).find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.span_close().end().line),
        _ => None,
    })
}

/// Nothing on the engine's floor may depend on the machine: no floats, hash maps, clocks, sizes of pointers, or printing.
pub fn reproducible(source: &Source) -> Vec<String> {
    const NEVER: &[&str] = &[
        "f32",
        "f64",
        "HashMap",
        "HashSet",
        "RandomState",
        "SystemTime",
        "Instant",
        "thread",
        "print",
        "println",
        "eprint",
        "eprintln",
        "dbg",
    ];
    if !source.path.starts_with("src/engine/") {
        return Vec::new();
    }
    let mut found = Vec::new();
    each_sequence(&source.tokens, &mut |tokens| {
        for token in tokens {
            let text = token.to_string();
            let bad = match token {
                TokenTree::Ident(_) => NEVER.contains(&text.as_str()),
                TokenTree::Literal(_) => is_float(&text),
                TokenTree::Group(_) | TokenTree::Punct(_) => false,
            };
            if bad {
                found.push(source.fault(token.span().start().line, format!("the engine may not hold `{text}`")));
            }
        }
        found.extend(
            kept_sizes(tokens)
                .into_iter()
                .map(|line| source.fault(line, "a serialised type may not hold usize or isize: they differ between native and wasm")),
        );
    });
    found
}

fn is_float(literal: &str) -> bool {
    let digits = literal.starts_with(|c: char| c.is_ascii_digit());
    let hexadecimal = literal.starts_with("0x");
    digits
        && !hexadecimal
        && (literal.contains(['.', 'e', 'E']) && !literal.contains("usize") && !literal.contains("isize") || literal.contains('f'))
}

/// Lines of `usize` and `isize` in types that derive `Serialize`.
fn kept_sizes(tokens: &[TokenTree]) -> Vec<usize> {
    let mut lines = Vec::new();
    let (mut derived, mut item) = (false, false);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "struct" || word == "enum" => item = true,
            TokenTree::Group(group) if at > 0 && is_punct(&tokens[at - 1], '#') => {
                let text = group.stream().to_string();
                derived |= text.starts_with("derive") && text.contains("Serialize");
            }
            TokenTree::Group(group) if item => {
                if derived {
                    each_sequence(&group.stream(), &mut |inner| {
                        let sizes = inner.iter().filter(|t| matches!(t, TokenTree::Ident(w) if w == "usize" || w == "isize"));
                        lines.extend(sizes.map(|t| t.span().start().line));
                    });
                }
                (derived, item) = (false, false);
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => (derived, item) = (false, false),
            _ => {}
        }
    }
    lines
}

/// No work left undone, no test skipped, no lint silenced without saying why.
pub fn honest(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    each_sequence(&source.tokens, &mut |tokens| {
        for (at, pair) in tokens.windows(2).enumerate() {
            let line = pair[0].span().start().line;
            match pair {
                [TokenTree::Ident(word), mark] if is_punct(mark, '!') && (word == "todo" || word == "unimplemented") => {
                    found.push(source.fault(line, format!("{word}! is left")));
                }
                [TokenTree::Punct(mark), TokenTree::Group(group)] if "#!".contains(mark.as_char()) => {
                    let inner = mark.as_char() == '!' && (at == 0 || !is_punct(&tokens[at - 1], '#'));
                    if group.delimiter() == Delimiter::Bracket && !inner {
                        found.extend(attribute_fault(&group.stream()).map(|what| source.fault(line, what)));
                    }
                }
                _ => {}
            }
        }
    });
    found
}

fn attribute_fault(attribute: &TokenStream) -> Option<String> {
    let text = attribute.to_string();
    let name = text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    let silences = matches!(name, "allow" | "expect") || name == "cfg_attr" && text.contains("allow");
    if silences && !text.contains("reason") {
        return Some(format!("#[{name}] should give its reason"));
    }
    (name == "ignore").then(|| "a test is ignored".to_owned())
}

/// Calls `see` with the tokens of every level of nesting.
fn each_sequence(tokens: &TokenStream, see: &mut impl FnMut(&[TokenTree])) {
    let level: Vec<TokenTree> = tokens.clone().into_iter().collect();
    see(&level);
    for token in &level {
        if let TokenTree::Group(group) = token {
            each_sequence(&group.stream(), see);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(rule: impl Fn(&Source) -> Vec<String>, text: &str) -> usize {
        rule(&Source::new("src/engine/base/a.rs", text)).len()
    }

    #[test]
    fn a_file_without_a_first_word_is_caught() {
        assert_eq!(count(begins_with_doc, "//! Time.\nfn f() {}"), 0);
        assert_eq!(count(begins_with_doc, "fn f() {}"), 1);
        assert_eq!(count(begins_with_doc, "//!\nfn f() {}"), 1);
    }

    #[test]
    fn long_functions_are_caught_whatever_is_in_their_strings() {
        let long =
            |lines: usize| format!("trait T {{ fn none(); }}\nfn f() -> [u8; 1] {{\n{}}}", "let a = \"}{\"; let b = '{';\n".repeat(lines));
        assert_eq!(count(short, &long(FUNCTION_LINES - 2)), 0);
        assert_eq!(count(short, &long(FUNCTION_LINES - 1)), 1);
        assert_eq!(count(short, &format!("mod m {{ impl A {{ {} }} }}", long(FUNCTION_LINES))), 1);
    }

    #[test]
    fn long_files_are_caught() {
        assert_eq!(count(short, &"// a\n".repeat(FILE_LINES)), 0);
        assert_eq!(count(short, &"// a\n".repeat(FILE_LINES + 1)), 1);
    }

    #[test]
    fn what_differs_between_machines_is_caught() {
        for bad in [
            "let a: f64 = b;",
            "let a = 1.5;",
            "let a = 1e3;",
            "let a = 2f32;",
            "use std::collections::HashMap;",
            "Instant::now();",
            "println!();",
        ] {
            assert_eq!(count(reproducible, &format!("fn f() {{ {bad} }}")), 1, "{bad}");
        }
        let good = "/// f64\nfn f() { let a = \"f64 1.5\"; let b = 0xfe; let c = 1_usize; let d = t.0; let e = 0..10; }";
        assert_eq!(count(reproducible, good), 0);
        assert!(reproducible(&Source::new("src/view/a.rs", "fn f(a: f64) {}")).is_empty());
    }

    #[test]
    fn pointer_sizes_in_kept_data_are_caught() {
        assert_eq!(count(reproducible, "#[derive(Clone, Serialize)]\npub(crate) struct A { a: Vec<usize> }"), 1);
        assert_eq!(count(reproducible, "#[derive(serde::Serialize)]\n#[serde(untagged)]\nenum A { B(isize), C { d: usize } }"), 2);
        assert_eq!(
            count(
                reproducible,
                "#[derive(Serialize)] struct A(u8);\nstruct B { a: usize }\n#[derive(Serialize)] struct C;\nfn f(a: usize) {}"
            ),
            0
        );
    }

    #[test]
    fn unfinished_and_silenced_code_is_caught() {
        for bad in
            ["fn f() { todo!() }", "fn f() { unimplemented!(\"x\") }", "#[test]\n#[ignore]\nfn t() {}", "#[ignore = \"slow\"] fn t() {}"]
        {
            assert_eq!(count(honest, bad), 1, "{bad}");
        }
        for bad in ["#![allow(dead_code)]", "#[allow(dead_code)] fn f() {}", "#[expect(unused)] fn f() {}"] {
            assert_eq!(count(honest, bad), 1, "{bad}");
        }
        let good = "#[allow(dead_code, reason = \"shown\")] fn f() { a.expect(\"x\"); let v = vec![1]; } // todo!()";
        assert_eq!(count(honest, good), 0);
    }
}
