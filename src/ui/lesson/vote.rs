//! A vote of a class: the short code on a learner's page, and the box in which codes are pasted and counted.

use std::cell::OnceCell;

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::prose;
use super::reader::Reader;
use crate::course::{Question, Tally, VOTE_BOUNDS, ballot, count, right};
use crate::ui::marks::icon;
use crate::ui::storage;
use crate::ui::svg::px;
use crate::view::format::counted;
use crate::view::glyph::Icon;

/// Name under which this browser's number for votes is kept. It is drawn once and says nothing of who sits there.
const VOTER: &str = "drift.voter";
/// Lines that are not counted, told at most.
const TOLD: usize = 12;

thread_local! {
    /// The number where nothing can be kept.
    static NUMBER: OnceCell<String> = const { OnceCell::new() };
}

fn voter() -> String {
    storage::remembered(VOTER).unwrap_or_else(|| {
        let number = NUMBER.with(|n| n.get_or_init(|| js_sys::Math::random().to_string()).clone());
        storage::remember(VOTER, &number);
        number
    })
}

/// The code of what was answered first, to be given to whoever counts.
pub fn code(reader: &Reader, question: &Question) -> Html {
    let chosen: Vec<usize> =
        reader.log().of(&question.name).map(|a| a.first.iter().filter_map(|g| g.parse().ok()).collect()).unwrap_or_default();
    if chosen.is_empty() {
        return Html::default();
    }
    let code = ballot(&reader.lesson().slug, question, &voter(), &chosen);
    html! { <VoteCode {code} /> }
}

#[derive(Properties, PartialEq)]
struct VoteCodeProps {
    code: AttrValue,
}

/// A code that can be copied.
#[component]
fn VoteCode(props: &VoteCodeProps) -> Html {
    let copied = use_state_eq(|| "");
    let onclick = {
        let (code, copied) = (props.code.clone(), copied.setter());
        Callback::from(move |_: MouseEvent| {
            let copied = copied.clone();
            crate::ui::share::copy(&code, move |done| copied.set(if done { " Copied." } else { " Copy it by hand." }));
        })
    };
    html! {
        <p class="vote-code">
            { "Your vote, for a class: " }<code data-testid="vote-code">{ &props.code }</code>{ " " }
            <button type="button" class="btn sm" data-testid="vote-copy" {onclick}>{ "Copy" }</button>
            <span role="status">{ *copied }</span>
        </p>
    }
}

/// Properties of [`Voting`].
#[derive(Properties, PartialEq)]
pub struct VotingProps {
    /// The question.
    pub question: Question,
    /// What has been pasted so far.
    pub pasted: AttrValue,
    /// Takes what is pasted.
    pub paste: Callback<String>,
    /// Whether what happened may be shown.
    pub revealed: bool,
}

/// The box for codes and the count of them.
#[component]
pub fn Voting(props: &VotingProps) -> Html {
    let reader = use_context::<Reader>();
    let truth = {
        let reader = reader.clone();
        use_memo((props.revealed, props.question.name.clone()), |(revealed, _)| {
            let reader = reader.filter(|_| *revealed)?;
            right(reader.lesson(), &props.question, reader.seed(props.question.figure)).ok()
        })
    };
    let Some(reader) = reader else { return Html::default() };
    let tally = count(reader.lesson(), &props.question, &props.pasted);
    let oninput = props.paste.reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    html! {
        <section class="vote" aria-label="Votes of the class" data-testid="vote">
            <label for="vote-box">{ "Codes of the class, pasted as they come" }</label>
            <textarea id="vote-box" class="fld" data-testid="vote-box" rows="3" maxlength={VOTE_BOUNDS.bytes.to_string()} spellcheck="false" autocomplete="off"
                value={props.pasted.clone()} {oninput} />
            <p role="status" data-testid="vote-said">{ said(&tally) }</p>
            { histogram(&reader, &props.question, &tally, truth.as_ref().as_ref()) }
            { not_counted(&tally) }
        </section>
    }
}

fn said(tally: &Tally) -> String {
    let again = match tally.again {
        0 => String::new(),
        1 => " One voter came twice and counts once.".to_owned(),
        n => format!(" {n} codes came again and count once."),
    };
    format!("{} counted.{again}", counted(u64::from(tally.voters), "vote", "votes"))
}

/// A bar for each option; the numbers stand beside them.
fn histogram(reader: &Reader, question: &Question, tally: &Tally, truth: Option<&Vec<bool>>) -> Html {
    let most = tally.votes.iter().copied().max().unwrap_or(0).max(1);
    let row = |(i, votes): (usize, &u32)| {
        let so = truth.and_then(|t| t.get(i)).copied().unwrap_or_default();
        let wide = f64::from(*votes) / f64::from(most) * 100.0;
        let share = (votes * 100 + tally.voters / 2).checked_div(tally.voters).unwrap_or(0);
        html! {
            <tr class={so.then_some("so")} data-testid={format!("votes-{}", i + 1)} data-votes={votes.to_string()}>
                <th scope="row"><span class="nr">{ i + 1 }</span><span class="vh">{ " " }{ question.options.get(i).map(|o| prose::line(reader, &o.text, question.figure)) }</span></th>
                <td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect width={px(wide)} height="10" /></svg></td>
                <td class="num">{ format!("{votes} ({share} %)") }</td>
                if truth.is_some() { <td class="what">if so { { icon(Icon::Tick) }<span>{ "what happened" }</span> }</td> }
            </tr>
        }
    };
    html! {
        <table class="vote-bars" data-testid="histogram">
            <thead class="vh"><tr><th scope="col">{ "Option" }</th><td></td><th scope="col">{ "Votes" }</th>if truth.is_some() { <th scope="col">{ "The engine" }</th> }</tr></thead>
            <tbody>{ for tally.votes.iter().enumerate().map(row) }</tbody>
        </table>
    }
}

fn not_counted(tally: &Tally) -> Html {
    if tally.damaged.is_empty() {
        return Html::default();
    }
    let more = tally.damaged.len().saturating_sub(TOLD);
    html! {
        <details class="not-counted" data-testid="vote-damaged">
            <summary>{ format!("{} not counted", counted(tally.damaged.len() as u64, "code", "codes")) }</summary>
            <ul>
                { for tally.damaged.iter().take(TOLD).map(|d| html! {
                    <li>{ if d.line > 0 { format!("line {}: ", d.line) } else { String::new() } }<code>{ &d.text }</code>{ format!(" {}", d.why) }</li>
                }) }
                if more > 0 { <li>{ format!("and {more} more") }</li> }
            </ul>
        </details>
    }
}
