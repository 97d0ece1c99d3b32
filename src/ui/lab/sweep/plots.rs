//! Plots beside sweeps: lines on logarithmic axes, told apart by their numbers and dashes; and how many hashes two trees compare.

use gloo::timers::callback::Timeout;
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::lab::{Compared, GUESSED, STEPS};
use crate::view::format::count;
use crate::view::plot::{Mark, Pen};
use crate::view::race::{LogPlot, log_plot};

/// The points of a line: what each says, and what choosing one does.
pub struct Dots {
    /// A sentence for each.
    pub text: Vec<String>,
    /// What choosing one does.
    pub pick: Option<Callback<usize>>,
}

/// Which lines are left out, and what takes one away or brings it back.
pub type Hidden<'a> = (&'a [bool], Callback<usize>);

/// A plot with its lines named; the names are switches if lines can be left out.
pub fn drawing(plot: &LogPlot, names: &[&str], dots: &[Dots], testid: &'static str, hidden: Option<Hidden<'_>>) -> Html {
    let (w, h) = plot.size;
    let line = |number: usize| {
        let class = Pen::of_series(number).class();
        let points = plot.dots.get(number).cloned().unwrap_or_default();
        let of = dots.get(number);
        html! {
            <g class={classes!("numbered", class)}>
                { for points.iter().enumerate().map(|(i, at)| dot(number, i, *at, of)) }
            </g>
        }
    };
    html! {
        <>
            <ul class="sweep-key">
                { for names.iter().enumerate().map(|(i, name)| named(i, name, hidden.as_ref())) }
            </ul>
            <svg class="plot sweeps" viewBox={format!("0 0 {w} {h}")} aria-hidden="true" data-testid={testid}>
                { for plot.marks.iter().map(mark) }
                { for (0..plot.dots.len()).map(line) }
            </svg>
        </>
    }
}

/// The name of a line, beside its number and dashes.
fn named(i: usize, name: &str, hidden: Option<&Hidden<'_>>) -> Html {
    let sample = html! {
        <svg class="plot" viewBox="0 0 40 16" width="40" height="16" aria-hidden="true"><polyline class={Pen::of_series(i).class()} points="0,8 40,8" /><circle class="no" cx="20" cy="8" r="7.5" /><text x="20" y="12.2" text-anchor="middle" font-size="12">{ i + 1 }</text></svg>
    };
    let Some((all, toggle)) = hidden else { return html! { <li>{ sample }{ name.to_owned() }</li> } };
    let (shown, toggle) = (!all.get(i).copied().unwrap_or(false), toggle.clone());
    let onclick = Callback::from(move |_: MouseEvent| toggle.emit(i));
    html! { <li><button type="button" role="switch" aria-checked={shown.to_string()} title="Draw this line, or leave it out" data-testid={format!("line-{i}")} {onclick}>{ sample }{ name.to_owned() }</button></li> }
}

pub(super) fn mark(mark: &Mark) -> Html {
    match mark {
        Mark::Line { points, pen } => {
            let points: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
            html! { <polyline class={pen.class()} points={points.join(" ")} /> }
        }
        Mark::Text { text, at: (x, y), side, upright, size } => {
            let turn = upright.then(|| format!("rotate(-90 {x} {y})"));
            html! { <text x={x.to_string()} y={y.to_string()} text-anchor={side.anchor()} font-size={size.to_string()} transform={turn}>{ text }</text> }
        }
    }
}

fn dot(line: usize, i: usize, (x, y): (i32, i32), of: Option<&Dots>) -> Html {
    let pick = of.and_then(|dots| dots.pick.clone());
    let onclick = pick.clone().map(|pick| Callback::from(move |_: MouseEvent| pick.emit(i)));
    let title = of.and_then(|dots| dots.text.get(i)).cloned().unwrap_or_default();
    html! {
        <g class={classes!("dot", pick.is_some().then_some("opens"))} transform={format!("translate({x} {y})")} {onclick} data-testid={format!("dot-{line}-{i}")}>
            <title>{ title }</title>
            <circle class="room" r="13" />
            <circle class="no" r="7.5" />
            <text y="4.2" text-anchor="middle" font-size="12">{ line + 1 }</text>
        </g>
    }
}

/// Keys made to differ in one slice.
const SLICE: u64 = 4_000;

/// How many hashes are compared: a guess first, then the trees themselves.
#[component]
pub fn HashesCompared() -> Html {
    let guess = use_state_eq(|| None::<u64>);
    let typed = use_state_eq(|| "1000".to_owned());
    let work = use_mut_ref(|| None::<Compared>);
    let turn = use_state(|| 0u32);
    let oninput = {
        let typed = typed.clone();
        Callback::from(move |event: InputEvent| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                typed.set(input.value());
            }
        })
    };
    let onsubmit = {
        let (guess, typed) = (guess.clone(), typed.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            guess.set(typed.trim().parse().ok().filter(|n: &u64| (1..=100_000_000).contains(n)));
        })
    };
    {
        let (work, set) = (work.clone(), turn.setter());
        use_effect_with((*turn, guess.is_some()), move |(turn, guessed)| {
            let turn = *turn;
            let timer = guessed.then(|| {
                Timeout::new(0, move || {
                    let mut work = work.borrow_mut();
                    let all = work.get_or_insert_with(Compared::default);
                    if all.found.len() < STEPS.len() {
                        all.advance(SLICE);
                        set.set(turn + 1);
                    }
                })
            });
            move || drop(timer)
        });
    }
    let found = work.borrow().as_ref().map(|all| all.found.clone()).unwrap_or_default();
    html! {
        <section data-testid="hashes-compared">
            <h2 class="h">{ "Hashes compared, 32 768 leaves" }</h2>
            if let Some(guess) = *guess {
                { compared(guess, &found) }
            } else {
                <form {onsubmit} class="guess">
                    <label for="hash-guess">{ "A thousand keys differ, scattered over the ring. How many pairs of hashes do two binary trees compare to find them?" }</label>
                    <span><input id="hash-guess" class="fld m" inputmode="numeric" value={(*typed).clone()} {oninput} data-testid="hash-guess" />
                    <button type="submit" class="btn sm" data-testid="hash-go">{ "Compute" }</button></span>
                </form>
            }
        </section>
    }
}

fn compared(guess: u64, found: &[(u64, u64)]) -> Html {
    let line = |of: fn(&(u64, u64)) -> u64| STEPS.iter().zip(found).map(|(x, both)| (*x, of(both))).collect::<Vec<_>>();
    let series = [line(|both| both.0), line(|both| both.1), vec![(STEPS[GUESSED], guess)]];
    let plot = log_plot(&series, (320, 230), "keys that differ", "hashes compared");
    let text = |name: &str, line: usize| Dots {
        text: series[line].iter().map(|(x, y)| format!("{name}, {} keys: {}", count(*x), count(*y))).collect(),
        pick: None,
    };
    let answer = found
        .get(GUESSED)
        .map(|(far, near)| format!("You said {}. Scattered, it takes {}; side by side, {}.", count(guess), count(*far), count(*near)));
    html! {
        <>
            <p class="dim" role="status" data-testid="hashes-answer" data-done={(found.len() == STEPS.len()).to_string()}>{ answer.unwrap_or_else(|| "The trees are being changed…".to_owned()) }</p>
            { drawing(&plot, &["scattered", "side by side", "your guess"], &[text("scattered", 0), text("side by side", 1), text("your guess", 2)], "hashes-plot", None) }
            <table class="vh">
                <caption>{ "Hashes compared" }</caption>
                <thead><tr><th scope="col">{ "keys that differ" }</th><th scope="col">{ "scattered" }</th><th scope="col">{ "side by side" }</th></tr></thead>
                <tbody>{ for STEPS.iter().zip(found).map(|(x, (far, near))| html! { <tr><th scope="row">{ *x }</th><td>{ *far }</td><td>{ *near }</td></tr> }) }</tbody>
            </table>
        </>
    }
}
