//! Text of a lesson: words tied to marks, values from the engine, links to instants, terms with their cards.

use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

use super::reader::Reader;
use crate::course::{Block, Inline, Kind, Live, Target, name_of_word, references, units, words};
use crate::engine::base::NodeId;
use crate::ui::lab::Selection;
use crate::view::format::moment;
use crate::view::glossary;
use crate::view::value_text::shown;

/// A line of text. `figure` is the figure that marks belong to.
pub fn line(reader: &Reader, parts: &[Inline], figure: usize) -> Html {
    parts.iter().map(|part| one(reader, part, figure)).collect()
}

fn one(reader: &Reader, part: &Inline, figure: usize) -> Html {
    match part {
        Inline::Text(text) | Inline::Said(text) => html! { { text } },
        Inline::Strong(inner) => html! { <b>{ line(reader, inner, figure) }</b> },
        Inline::Emphasis(inner) => html! { <em>{ line(reader, inner, figure) }</em> },
        Inline::Code(code) => html! { <code>{ code }</code> },
        Inline::Live(live) => value(reader, live),
        Inline::Link(target, inner) => link(reader, target, line(reader, inner, figure), figure),
    }
}

/// A value computed by the engine.
pub fn value(reader: &Reader, live: &Live) -> Html {
    let value = reader.facts(live.figure).value(&live.quantity);
    let how = format!("computed on this page's run: {}", live.quantity.words(&[]));
    html! { <span class="live" title={how} data-testid="live">{ shown(&live.quantity, &value) }</span> }
}

fn link(reader: &Reader, target: &Target, inner: Html, figure: usize) -> Html {
    match target {
        Target::Mark(name) => mark(reader, name, inner, figure),
        Target::Moment(live) => {
            let Some(at) = reader.moment(live.figure, &live.quantity) else { return inner };
            let (reader, figure) = (reader.clone(), live.figure);
            let onclick = Callback::from(move |_: MouseEvent| reader.visit(figure, at));
            html! { <button type="button" class="to-moment" title={format!("Show {}", moment(at))} {onclick}>{ inner }</button> }
        }
        Target::Figure(place) => {
            let (reader, place) = (reader.clone(), *place);
            let onclick = Callback::from(move |_: MouseEvent| reader.look_at(place));
            html! { <button type="button" class="to-moment" {onclick}>{ inner }</button> }
        }
        Target::Lesson(slug) => match units().into_iter().find(|u| u.slug == *slug) {
            Some(unit) if !unit.written => html! { <span title="planned">{ inner }</span> },
            _ => html! { <a href={format!("#/lesson/{slug}")}>{ inner }</a> },
        },
        Target::Run(slug) => html! { <a href={format!("#/lab/{slug}")}>{ inner }</a> },
        Target::Page(to) => html! { <a href={to.clone()}>{ inner }</a> },
        Target::Web(to) => html! { <a href={to.clone()} rel="noreferrer">{ inner }</a> },
        Target::Reference(name) => match references().into_iter().find(|r| r.name == *name) {
            Some(work) => html! { <a href={work.address} rel="noreferrer" title={work.text}>{ inner }</a> },
            None => inner,
        },
        Target::Term(name) => match meaning(name) {
            Some((word, meaning)) => html! { <Term {word} {meaning}>{ inner }</Term> },
            None => inner,
        },
    }
}

/// A word of the glossary by its name in links: as it is written, and what it means.
fn meaning(name: &str) -> Option<(AttrValue, AttrValue)> {
    let of_the_course = words().into_iter().find(|w| name_of_word(&w.word) == name).map(|w| (w.word.into(), w.meaning.into()));
    let of_the_lab = || glossary::TERMS.iter().find(|t| name_of_word(t.word) == name).map(|t| (t.word.into(), t.meaning.into()));
    of_the_course.or_else(of_the_lab)
}

#[derive(Properties, PartialEq)]
struct TermProps {
    word: AttrValue,
    meaning: AttrValue,
    children: Children,
}

/// A term with its card: shown while it is pointed at or has the focus, kept open by a press.
#[component]
fn Term(props: &TermProps) -> Html {
    let open = use_state_eq(|| false);
    let onclick = {
        let open = open.clone();
        Callback::from(move |_: MouseEvent| open.set(!*open))
    };
    let onkeydown = {
        let open = open.clone();
        Callback::from(move |e: KeyboardEvent| {
            if e.key() == "Escape" {
                open.set(false);
            }
        })
    };
    html! {
        <span class={classes!("termed", open.then_some("open"))}>
            <button type="button" class="term" aria-expanded={open.to_string()} {onclick} {onkeydown}>{ props.children.clone() }</button>
            <span class="card" role="note"><b>{ &props.word }</b>{ ": " }{ &props.meaning }</span>
        </span>
    }
}

/// A word tied to a mark: one lights, and so does the other. The figure lights the word by its name (`light`).
fn mark(reader: &Reader, name: &str, inner: Html, figure: usize) -> Html {
    let Ok(node) = name.parse::<NodeId>() else { return html! { <b class="tied">{ inner }</b> } };
    let set = |of: Selection, choose: bool| {
        let reader = reader.clone();
        move || {
            // The figure may have come after this text.
            let Some(lab) = reader.lab(figure) else { return };
            if choose {
                lab.set_ui(|ui| ui.selection = of);
            } else if lab.ui().hover != of {
                lab.set_ui(|ui| ui.hover = of);
            }
        }
    };
    let (on, off, choose) = (set(Selection::Node(node), false), set(Selection::Nothing, false), set(Selection::Node(node), true));
    let (focus, blur) = (on.clone(), off.clone());
    html! {
        <button type="button" class="tied" data-mark={tie(figure, node)} onclick={move |_| choose()} onmouseenter={move |_| on()} onmouseleave={move |_| off()}
            onfocus={move |_| focus()} onblur={move |_| blur()}>{ inner }</button>
    }
}

/// What ties words to a node of a figure.
fn tie(figure: usize, node: NodeId) -> String {
    format!("{figure}-{node}")
}

/// Lights the words that are tied to what is pointed at in a figure, and no others of it. Not by way of drawing the text anew: a lesson is
/// long, and a hand passes over many marks.
pub fn light(figure: usize, hover: Selection) {
    let lit = if let Selection::Node(node) = hover { tie(figure, node) } else { String::new() };
    let Ok(words) = gloo::utils::document().query_selector_all(&format!("[data-mark^=\"{figure}-\"]")) else { return };
    for word in (0..words.length()).filter_map(|i| words.item(i)?.dyn_into::<Element>().ok()) {
        let is = word.get_attribute("data-mark").as_deref() == Some(&lit);
        // A class name of plain letters is always taken.
        let _ = word.class_list().toggle_with_force("lit", is);
    }
}

/// Prose: what is no figure and asks nothing. None for everything else.
pub fn prose(reader: &Reader, block: &Block, figure: usize) -> Option<Html> {
    Some(match &block.kind {
        Kind::Heading(text) => html! { <h3>{ line(reader, text, figure) }</h3> },
        Kind::Paragraph(text) => html! { <p>{ line(reader, text, figure) }</p> },
        Kind::List(numbered, items) => {
            let items = items.iter().map(|item| html! { <li>{ all(reader, item, figure) }</li> });
            if *numbered {
                html! { <ol>{ for items }</ol> }
            } else {
                html! { <ul>{ for items }</ul> }
            }
        }
        Kind::Quote(inner) => html! { <blockquote>{ all(reader, inner, figure) }</blockquote> },
        Kind::Grid(head, rows) => html! {
            <div class="grid-box" tabindex="0" role="group" aria-label="Table">
                <table class="grid">
                    <thead><tr>{ for head.iter().map(|cell| html! { <th scope="col">{ line(reader, cell, figure) }</th> }) }</tr></thead>
                    <tbody>{ for rows.iter().map(|row| html! { <tr>{ for row.iter().map(|cell| html! { <td>{ line(reader, cell, figure) }</td> }) }</tr> }) }</tbody>
                </table>
            </div>
        },
        _ => return None,
    })
}

/// Prose blocks one after the other.
pub fn all(reader: &Reader, blocks: &[Block], figure: usize) -> Html {
    blocks.iter().filter_map(|block| prose(reader, block, figure)).collect()
}
