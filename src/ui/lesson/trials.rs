//! Experiments beside a hunt: each is a run of its own, made when it is asked for.

use yew::prelude::*;

use super::prose;
use super::reader::Reader;
use crate::course::{Question, tried};
use crate::view::value_text::shown;

/// Properties of [`Trials`].
#[derive(Properties, PartialEq)]
pub struct TrialsProps {
    /// The question.
    pub question: Question,
}

/// The experiments of a question, with what came of those that were made.
#[component]
pub fn Trials(props: &TrialsProps) -> Html {
    let made = use_state_eq(Vec::<(usize, String)>::new);
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let question = &props.question;
    let row = |(i, trial): (usize, &crate::course::Trial)| {
        let found = made.iter().find(|(at, _)| *at == i).map(|(_, value)| value.clone());
        let onclick = {
            let (made, reader, question, trial) = (made.clone(), reader.clone(), question.clone(), trial.clone());
            Callback::from(move |_: MouseEvent| {
                let value = tried(reader.lesson(), &question, &trial, reader.seed(question.figure));
                let words = value.map_or_else(|(_, why)| why, |value| shown(&trial.quantity, &value));
                let mut all = (*made).clone();
                all.push((i, words));
                made.set(all);
            })
        };
        html! {
            <tr key={i}>
                <th scope="row">{ prose::line(&reader, &trial.text, question.figure) }</th>
                <td aria-live="polite" data-testid={format!("tried-{}", i + 1)}>
                    if let Some(value) = found { <b>{ value }</b> } else {
                        <button type="button" class="btn sm" {onclick} data-testid={format!("try-{}", i + 1)}>{ "Try" }</button>
                    }
                </td>
            </tr>
        }
    };
    html! {
        <div class="grid-box"><table class="grid" data-testid={format!("trials-{}", question.name)}>
            <thead><tr><th scope="col">{ "Experiment" }</th><th scope="col">{ "What comes of it" }</th></tr></thead>
            <tbody>{ for question.trials.iter().enumerate().map(row) }</tbody>
        </table></div>
    }
}
