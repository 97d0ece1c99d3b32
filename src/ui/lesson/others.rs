//! Tables to fill, estimates, worked cases and code to read.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use super::prose;
use super::reader::Reader;
use crate::course::{Case, Cell, Code, Kind, Row, Table, filled, fits};
use crate::lab::Session;
use crate::ui::marks::icon;
use crate::view::format::moment;
use crate::view::glyph::Icon;
use crate::view::work::{cell_words, measured_words};

/// Properties of [`Filling`].
#[derive(Properties, PartialEq)]
pub struct FillingProps {
    /// The step and the block in which it stands.
    pub place: (usize, usize),
}

fn table_of(reader: &Reader, place: (usize, usize)) -> Option<&Table> {
    match &reader.lesson().steps.get(place.0)?.blocks.get(place.1)?.kind {
        Kind::Table(t) => Some(t),
        _ => None,
    }
}

/// A table to fill in, or one number to estimate.
#[component]
pub fn Filling(props: &FillingProps) -> Html {
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let cells = use_state_eq(Vec::<String>::new);
    let Some(table) = table_of(&reader, props.place) else { return Html::default() };
    let figure = table.rows.first().map_or(0, |row| row.figure);
    let open = reader.is_open(&table.name);
    let answer = reader.log().of(&table.name).cloned();
    let give = {
        let (reader, name, cells, count) = (reader.clone(), table.name.clone(), cells.clone(), table.rows.len());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let mut given = (*cells).clone();
            given.resize(count, String::new());
            reader.answer(&name, given, None);
        })
    };
    let show = {
        let (reader, name) = (reader.clone(), table.name.clone());
        Callback::from(move |_: MouseEvent| reader.show_me(&name))
    };
    let given = answer.as_ref().map(|a| a.given.clone()).unwrap_or_default();
    // What was filled in stays beside the run it was about.
    let seed = |row: &Row| answer.as_ref().map_or_else(|| reader.seed(row.figure), |a| a.seed);
    let ready = cells.iter().filter(|c| !c.trim().is_empty()).count() == table.rows.len();
    html! {
        <form class="ask fill" data-testid={format!("table-{}", table.name)} data-open={open.to_string()} onsubmit={give}>
            <p class="kind">{ if table.estimate { "Estimate" } else { "Fill in" } }</p>
            <h3>{ prose::line(&reader, &table.ask, figure) }</h3>
            <table class="cells"><tbody>
                { for table.rows.iter().enumerate().map(|(i, row)| html! {
                    <tr>
                        <th scope="row">{ prose::line(&reader, &row.label, row.figure) }</th>
                        if open {
                            <td>{ input(row, i, &cells) }</td>
                        } else {
                            { solved(&reader, row, seed(row), given.get(i).map(String::as_str)) }
                        }
                    </tr>
                }) }
            </tbody></table>
            if open {
                <div class="ask-go">
                    <button type="submit" class="btn pri" disabled={!ready} data-testid="fill">{ "Measure it" }</button>
                    <button type="button" class="btn" onclick={show} data-testid="show-me">{ "Show me" }</button>
                </div>
            } else {
                <p class="told" aria-live="polite">{ prose::line(&reader, &table.say, figure) }</p>
            }
        </form>
    }
}

fn input(row: &Row, place: usize, cells: &UseStateHandle<Vec<String>>) -> Html {
    let put = {
        let cells = cells.clone();
        move |value: String| {
            let mut all = (*cells).clone();
            if all.len() <= place {
                all.resize(place + 1, String::new());
            }
            all[place] = value.chars().take(40).collect();
            cells.set(all);
        }
    };
    let value = cells.get(place).cloned().unwrap_or_default();
    let label = format!("Row {}", place + 1);
    match &row.cell {
        Cell::Number(..) => {
            let oninput = Callback::from(move |event: InputEvent| {
                if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                    put(input.value());
                }
            });
            html! { <input class="fld" {value} aria-label={label} autocomplete="off" data-testid={format!("cell-{}", place + 1)} {oninput} /> }
        }
        Cell::Pick(picks) => {
            let onchange = Callback::from(move |event: Event| {
                if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                    put(select.value());
                }
            });
            html! {
                <select class="fld" aria-label={label} data-testid={format!("cell-{}", place + 1)} {onchange}>
                    <option value="" selected={value.is_empty()}>{ "choose" }</option>
                    { for picks.iter().enumerate().map(|(i, (text, _))| html! {
                        <option value={(i + 1).to_string()} selected={value == (i + 1).to_string()}>{ text }</option>
                    }) }
                </select>
            }
        }
    }
}

/// A cell as it was filled in, beside what the engine measures.
fn solved(reader: &Reader, row: &Row, seed: Option<u64>, given: Option<&str>) -> Html {
    let Ok(truth) = filled(reader.lesson(), row, seed) else { return html! { <td></td> } };
    let right = given.map(|given| fits(&row.cell, &truth, given));
    html! {
        <>
            if let Some(given) = given {
                <td class={classes!("mine", (right == Some(true)).then_some("so"))}>{ cell_words(&row.cell, given) } if right == Some(true) { { icon(Icon::Tick) } }</td>
            }
            <td class="truth"><b>{ measured_words(&row.cell, &truth) }</b><small>{ " measured" }</small></td>
        </>
    }
}

/// A worked case: beats told one after the other, each of which moves the figure.
pub fn case(reader: &Reader, case: &Case) -> Html {
    let now = reader.lab(case.figure).map(|lab| lab.read(Session::now));
    html! {
        <ol class="case" data-testid={format!("case-{}", case.name)}>
            { for case.beats.iter().map(|beat| {
                let at = reader.moment(case.figure, &beat.at);
                let past = at.zip(now).is_some_and(|(at, now)| at <= now);
                let (visitor, figure) = (reader.clone(), case.figure);
                let onclick = Callback::from(move |_: MouseEvent| {
                    if let Some(at) = at {
                        visitor.visit(figure, at);
                    }
                });
                html! {
                    <li class={past.then_some("past")}>
                        <button type="button" class="to-moment m" {onclick}>{ at.map(moment).unwrap_or_default() }</button>
                        <span>{ prose::line(reader, &beat.text, case.figure) }</span>
                    </li>
                }
            }) }
        </ol>
    }
}

/// Code to read, line by line.
pub fn code(reader: &Reader, code: &Code, figure: usize) -> Html {
    html! {
        <figure class="code">
            <pre tabindex="0"><ol>{ for code.text.lines().enumerate().map(|(i, line)| {
                let noted = code.notes.iter().any(|(n, _)| *n == i + 1);
                html! { <li class={noted.then_some("noted")}><code>{ line }</code></li> }
            }) }</ol></pre>
            if !code.notes.is_empty() {
                <dl>{ for code.notes.iter().map(|(n, words)| html! { <><dt>{ format!("line {n}") }</dt><dd>{ prose::line(reader, words, figure) }</dd></> }) }</dl>
            }
            if let Some(from) = &code.from { <figcaption>{ "From " }<code>{ from }</code></figcaption> }
        </figure>
    }
}
