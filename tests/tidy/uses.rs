//! Which paths a file names: in `use` items, in expressions and types, and inside macros.
use crate::source::Source;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One path that a file names.
#[derive(Debug, PartialEq, Eq)]
pub struct Use {
    /// Where.
    pub line: usize,
    /// From the root: `crate` and the names below it, or a crate's name first.
    pub path: Vec<String>,
    /// Whether only tests see it.
    pub test: bool,
}

/// Every path from the crate's root or into one of the crates `known` that a file names.
pub fn uses(source: &Source, known: &[String]) -> Vec<Use> {
    let mut walk = Walk { known, module: module(&source.path), found: Vec::new() };
    // A module of tests may be a file of its own; what makes it one stands where it is declared.
    let test = source.path.ends_with("/tests.rs") || source.path.contains("/tests/");
    walk.tokens(source.tokens.clone(), test);
    walk.found
}

/// The module a file is, by its path below `src`.
fn module(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    let mut names: Vec<String> = inner.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if names.last().is_some_and(|n| matches!(n.as_str(), "mod" | "lib" | "main")) {
        names.pop();
    }
    names
}

struct Walk<'a> {
    known: &'a [String],
    module: Vec<String>,
    found: Vec<Use>,
}

impl Walk<'_> {
    fn tokens(&mut self, tokens: TokenStream, test: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        // An attribute holds until the item it stands before has ended.
        let mut only_test = test;
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => {
                    only_test |= at > 0 && is_punct(&tokens[at - 1], '#') && for_tests(group);
                    self.tokens(group.stream(), only_test);
                    if group.delimiter() == Delimiter::Brace {
                        only_test = test;
                    }
                    at += 1;
                }
                TokenTree::Punct(punct) => {
                    if punct.as_char() == ';' {
                        only_test = test;
                    }
                    at += 1;
                }
                TokenTree::Ident(word) if word == "mod" => at += self.module_item(&tokens[at..], &mut only_test, test),
                TokenTree::Ident(word) if word == "use" => {
                    let end = at + tokens[at..].iter().position(|t| is_punct(t, ';')).unwrap_or(tokens.len() - at);
                    self.tree(&tokens[at + 1..end], &[], only_test);
                    at = end;
                }
                TokenTree::Ident(_) => at += self.expression(&tokens, at, only_test),
                TokenTree::Literal(_) => at += 1,
            }
        }
    }

    /// `mod name { ... }`: the names in it are relative to a deeper module. Returns how many tokens are dealt with.
    fn module_item(&mut self, tokens: &[TokenTree], only_test: &mut bool, test: bool) -> usize {
        let [_, TokenTree::Ident(name), TokenTree::Group(body), ..] = tokens else {
            return 1;
        };
        self.module.push(name.to_string());
        self.tokens(body.stream(), *only_test);
        self.module.pop();
        *only_test = test;
        3
    }

    /// A path outside of a `use`; returns how many tokens it has, at least one.
    fn expression(&mut self, tokens: &[TokenTree], at: usize, test: bool) -> usize {
        let (names, length) = path(&tokens[at..]);
        let inside = at > 0 && (is_punct(&tokens[at - 1], ':') || is_punct(&tokens[at - 1], '.'));
        // A single colon before is a type annotation, two are a longer path of which this is not the start.
        let inside = inside && !(is_punct(&tokens[at - 1], ':') && (at < 2 || !is_punct(&tokens[at - 2], ':')));
        if names.len() > 1 && !inside {
            self.add(&names, tokens[at].span().start().line, test);
        }
        length
    }

    /// The inside of a `use`: a path that may branch.
    fn tree(&mut self, tokens: &[TokenTree], before: &[String], test: bool) {
        for branch in tokens.split(|t| is_punct(t, ',')) {
            let start = branch.iter().position(|t| !is_punct(t, ':')).unwrap_or(branch.len());
            let branch = &branch[start..];
            let Some(first) = branch.first() else {
                continue;
            };
            let (names, length) = path(branch);
            let whole = [before, &names].concat();
            match branch[length..].iter().find_map(group) {
                Some(group) => self.tree(&group.stream().into_iter().collect::<Vec<_>>(), &whole, test),
                None => self.add(&whole, first.span().start().line, test),
            }
        }
    }

    fn add(&mut self, names: &[String], line: usize, test: bool) {
        let ups = names.iter().take_while(|n| *n == "super" || *n == "self").count();
        let path = match names.first().map(String::as_str) {
            Some("crate") => names.to_vec(),
            Some("super" | "self") => {
                let supers = names[..ups].iter().filter(|n| *n == "super").count();
                let base = &self.module[..self.module.len().saturating_sub(supers)];
                [&["crate".to_owned()], base, &names[ups..]].concat()
            }
            Some(first) if self.known.iter().any(|k| k == first) => names.to_vec(),
            _ => return,
        };
        self.found.push(Use { line, path, test });
    }
}

/// Names joined by `::` at the start of some tokens, and how many tokens that is.
fn path(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    let mut at = 0;
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        names.push(name.to_string());
        at += 1;
        if !(at + 1 < tokens.len() && is_punct(&tokens[at], ':') && is_punct(&tokens[at + 1], ':')) {
            return (names, at);
        }
        at += 2;
    }
    (names, at.max(1))
}

fn group(token: &TokenTree) -> Option<&Group> {
    match token {
        TokenTree::Group(group) => Some(group),
        _ => None,
    }
}

pub fn is_punct(token: &TokenTree, what: char) -> bool {
    matches!(token, TokenTree::Punct(p) if p.as_char() == what)
}

/// Whether an attribute's inside is `test` or a `cfg` that asks for it.
fn for_tests(attribute: &Group) -> bool {
    let text = attribute.stream().to_string();
    text == "test" || (text.starts_with("cfg") && text.contains("test") && !text.contains("not"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(path: &str, text: &str) -> Vec<String> {
        let known = ["std".to_owned(), "serde".to_owned()];
        uses(&Source::new(path, text), &known).iter().map(|u| format!("{}{}", u.path.join("::"), if u.test { " T" } else { "" })).collect()
    }

    #[test]
    fn branches_are_followed() {
        let text = "use crate::{engine::base::{self, Time as T}, lab};\nuse std::fmt;";
        assert_eq!(paths("src/a.rs", text), ["crate::engine::base::self", "crate::engine::base::Time", "crate::lab", "std::fmt"]);
    }

    #[test]
    fn relative_paths_are_made_absolute() {
        let text = "use super::x::Y; mod inner { use super::super::Z; fn f() { super::g(); self::h() } }";
        let found = paths("src/view/map.rs", text);
        assert_eq!(found, ["crate::view::x::Y", "crate::view::Z", "crate::view::map::g", "crate::view::map::inner::h"]);
        assert_eq!(paths("src/view/mod.rs", "use super::lab;"), ["crate::lab"]);
    }

    #[test]
    fn paths_in_code_and_macros_are_seen_but_not_in_text() {
        let text = "fn f(a: serde::De) -> crate::ui::A { html! { <crate::ui::B/> } } // crate::no::One\n/// crate::no::Two\nconst S: &str = \"crate::no::Three\";";
        assert_eq!(paths("src/lab/a.rs", text), ["serde::De", "crate::ui::A", "crate::ui::B"]);
    }

    #[test]
    fn a_name_inside_a_longer_path_is_not_its_start() {
        assert_eq!(paths("src/a.rs", "fn f() { a::serde::b(); x.serde::<u8>(); }"), Vec::<String>::new());
    }

    #[test]
    fn what_only_tests_see_is_marked() {
        let text = "use std::a;\n#[cfg(test)]\nmod tests { use std::b; }\nuse std::c;\n#[cfg(test)] use std::d;\nuse std::e;\n#[test] fn t() { std::f::g() }";
        assert_eq!(paths("src/a.rs", text), ["std::a", "std::b T", "std::c", "std::d T", "std::e", "std::f::g T"]);
    }

    #[test]
    fn a_file_of_tests_is_marked() {
        assert_eq!(paths("src/view/ring/tests.rs", "use std::a;"), ["std::a T"]);
        assert_eq!(paths("src/view/tests/ring.rs", "use std::a;"), ["std::a T"]);
        assert_eq!(paths("src/view/contests.rs", "use std::a;"), ["std::a"]);
    }
}
