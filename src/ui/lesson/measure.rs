//! Measured in the reader's own browser, which no run can say: how long each digest function takes for one row.

use std::hint::black_box;
use std::sync::Arc;

use gloo::timers::callback::Timeout;
use yew::prelude::*;

use super::prose;
use super::reader::Reader;
use crate::course::Measure;
use crate::engine::base::{DigestFunction, NodeId};
use crate::engine::data::{Payload, Row, Rule, Version};

/// Bytes of the values: those of the project's own benchmarks.
const SIZES: [usize; 3] = [16, 256, 4_096];
/// How long one try of one cell takes at least, in milliseconds: the clock ticks coarsely, and the page must stay awake.
const LONG_MS: f64 = 12.0;
/// Tries of which the best counts: other work only ever makes one slower.
const TRIES: usize = 3;
/// Tries of a whole table.
const ALL: usize = DigestFunction::EVERY.len() * SIZES.len() * TRIES;

/// Properties of [`Measuring`].
#[derive(Properties, PartialEq)]
pub struct MeasuringProps {
    /// What is measured.
    pub measure: Measure,
    /// The figure its text speaks of.
    pub figure: usize,
}

/// A table that fills itself once the reader wants it.
#[component]
pub fn Measuring(props: &MeasuringProps) -> Html {
    let tries = use_state_eq(|| None::<Vec<f64>>);
    let timer = use_mut_ref(|| None::<Timeout>);
    {
        let (timer, next) = (timer.clone(), tries.clone());
        use_effect_with(tries.as_ref().map(Vec::len), move |done| {
            *timer.borrow_mut() = done.filter(|done| *done < ALL).map(|done| {
                Timeout::new(1, move || {
                    let cell = done / TRIES;
                    let nanoseconds = timed(DigestFunction::EVERY[cell / SIZES.len()], SIZES[cell % SIZES.len()]);
                    let mut all = (*next).clone().unwrap_or_default();
                    all.push(nanoseconds);
                    next.set(Some(all));
                })
            });
        });
    }
    let Some(reader) = use_context::<Reader>() else { return Html::default() };
    let begin = {
        let tries = tries.clone();
        Callback::from(move |_: MouseEvent| tries.set(Some(Vec::new())))
    };
    let done = tries.as_ref().map(Vec::len);
    let cell = |cell: usize| {
        let all = tries.as_ref().and_then(|all| all.get(cell * TRIES..(cell + 1) * TRIES));
        all.map(|tries| format!("{:.0}", tries.iter().copied().fold(f64::MAX, f64::min)))
    };
    html! {
        <section class="ask" data-testid={format!("measure-{}", props.measure.name)} data-done={(done == Some(ALL)).to_string()}>
            <p class="kind">{ "Measure it here" }</p>
            <h3>{ prose::line(&reader, &props.measure.ask, props.figure) }</h3>
            if done.is_some() {
                <div class="grid-box"><table class="grid">
                    <thead><tr>
                        <th scope="col">{ "Nanoseconds for a row" }</th>
                        { for SIZES.map(|size| html! { <th scope="col">{ format!("value of {size} B") }</th> }) }
                    </tr></thead>
                    <tbody>{ for DigestFunction::EVERY.iter().enumerate().map(|(i, function)| html! {
                        <tr key={i}>
                            <th scope="row">{ function.name() }</th>
                            { for (0..SIZES.len()).map(|c| html! { <td>{ cell(i * SIZES.len() + c).unwrap_or_else(|| "…".to_owned()) }</td> }) }
                        </tr>
                    }) }</tbody>
                </table></div>
            }
            <div class="ask-go">
                <button type="button" class="btn" onclick={begin} disabled={done.is_some_and(|done| done < ALL)} data-testid="measure">
                    { if done.is_some() { "Measure again" } else { "Measure in this browser" } }
                </button>
            </div>
        </section>
    }
}

/// Nanoseconds for the digest of a row with a value of so many bytes, from one try.
fn timed(function: DigestFunction, size: usize) -> f64 {
    let now = || gloo::utils::window().performance().map_or(0.0, |clock| clock.now());
    let payload = Payload::Value(vec![7; size].into());
    let row = Some(Arc::new(Row::single(Version { clock: Rule::LastWriteWins.mint(NodeId(1), 9), payload })));
    let (start, mut times, mut sum) = (now(), 0u32, 0u64);
    // Without a clock one round is enough, and says nothing.
    loop {
        for _ in 0..50 {
            sum ^= black_box(function.of(black_box(&row))).head();
        }
        times += 50;
        let passed = now() - start;
        if passed >= LONG_MS || start == 0.0 {
            black_box(sum);
            return passed * 1e6 / f64::from(times);
        }
    }
}
