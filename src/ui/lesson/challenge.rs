//! Challenges: the card in a lesson, and the page on which one is worked on in the lab and judged by the engine.

use yew::prelude::*;
use yew_router::prelude::*;

use super::load::{Loaded, Source, load, part_of};
use super::prose;
use super::reader::Reader;
use crate::course::{Challenge, Facts, Figure, Judged, Kind, Lesson, Medal, judge};
use crate::lab::{Session, to_link};
use crate::ui::header::{Bar, header};
use crate::ui::lab::LabHandle;
use crate::ui::lab::open::Opened;
use crate::ui::lab::page::LabView;
use crate::ui::route::set_title;
use crate::ui::storage;
use crate::view::value_text::shown;

/// The challenge in a lesson: what is asked, how it is won, the best so far.
pub fn card(reader: &Reader, challenge: &Challenge) -> Html {
    let clients = reader.figure(challenge.figure).map_or(Vec::new(), clients);
    let best = reader.log().of(&challenge.name).and_then(|a| a.medal);
    html! {
        <section class="challenge" data-testid={format!("challenge-{}", challenge.name)}>
            <p class="kind">{ "Challenge" }</p>
            <h3>{ &challenge.title }</h3>
            <p>{ prose::line(reader, &challenge.ask, challenge.figure) }</p>
            { terms(reader, challenge, &clients) }
            <div class="ask-go">
                <a class="btn pri" href={part_of(reader.lesson(), "challenge", &format!("/{}", challenge.name))} data-testid="take-challenge">{ "Take it on in the lab" }</a>
                if let Some(medal) = best { <span class={classes!("medal", medal.name())}>{ format!("your best: {}", medal.name()) }</span> }
            </div>
        </section>
    }
}

fn clients(figure: &Figure) -> Vec<String> {
    figure.script.as_ref().map(|s| s.config.clients.clone()).unwrap_or_default()
}

/// How it is won, what is allowed, and what the medals cost.
fn terms(reader: &Reader, challenge: &Challenge, clients: &[String]) -> Html {
    let unit = |n: f64| {
        let value = match shape(challenge) {
            Some(unit) => crate::lab::Value::Number(n, unit),
            None => crate::lab::Value::Number(n, crate::lab::Unit::Count),
        };
        shown(&challenge.score, &value)
    };
    let [gold, silver, bronze] = challenge.medals;
    html! {
        <dl class="terms">
            <dt>{ "Won when" }</dt><dd>{ challenge.win.words(clients) }</dd>
            <dt>{ "Counted" }</dt><dd>{ format!("{}: gold at most {}, silver {}, bronze {}", challenge.score.words(clients), unit(gold), unit(silver), unit(bronze)) }</dd>
            if !challenge.allow.is_empty() { <dt>{ "Allowed" }</dt><dd>{ plain(&challenge.allow) }</dd> }
            if !challenge.settings.is_empty() { <dt>{ "May be set" }</dt><dd>{ plain(&challenge.settings) }</dd> }
            if let Some(seed) = reader.challenge_seed(challenge.figure) { <dt>{ "Yours" }</dt><dd>{ format!("the run with seed {seed}, by your number") }</dd> }
        </dl>
    }
}

/// Names of commands and settings as words: `read.second-round` is `read: second round`.
fn plain(names: &[String]) -> String {
    names.join(", ").replace('.', ": ").replace('-', " ")
}

/// The unit of the score, as its name tells.
fn shape(challenge: &Challenge) -> Option<crate::lab::Unit> {
    let name = challenge.score.to_string();
    if name.starts_with("time(") || name.starts_with("latency(") {
        Some(crate::lab::Unit::Time)
    } else {
        name.contains("bytes").then_some(crate::lab::Unit::Bytes)
    }
}

/// Properties of [`ChallengePage`].
#[derive(Properties, PartialEq)]
pub struct ChallengePageProps {
    /// The lesson's short name.
    pub slug: AttrValue,
    /// The challenge's name.
    pub name: AttrValue,
}

/// A challenge in the lab.
#[component]
pub fn ChallengePage(props: &ChallengePageProps) -> Html {
    let loaded = use_state_eq(|| Loaded::Waiting);
    let source = Source::of_part(&props.slug, use_location().map(|l| l.query_str().to_owned()).unwrap_or_default().as_str());
    {
        let loaded = loaded.setter();
        use_effect_with(source.clone(), move |source| load(source.clone(), Callback::from(move |l| loaded.set(l))));
    }
    let from = if let Source::Address(from) = &source { format!("?from={from}") } else { String::new() };
    let at = format!("/challenge/{}/{}{from}", props.slug, props.name);
    match &*loaded {
        Loaded::Waiting => {
            html! { <>{ header(Bar::default()) }<main id="main" class="pg" tabindex="-1"><p>{ "One moment …" }</p></main></> }
        }
        Loaded::Failed(faults) => super::failed(faults),
        Loaded::Ready(lesson) => {
            let found = lesson.blocks().find_map(|(_, block)| match &block.kind {
                Kind::Challenge(c) if c.name == props.name.as_str() => Some(c.clone()),
                _ => None,
            });
            match found {
                Some(challenge) => html! { <Working lesson={lesson.clone()} {challenge} {at} back={source.address()} /> },
                None => super::failed(&[crate::course::Fault {
                    file: lesson.file.clone(),
                    line: 0,
                    what: format!("there is no challenge \"{}\"", props.name),
                }]),
            }
        }
    }
}

#[derive(Properties, PartialEq)]
struct WorkingProps {
    lesson: std::rc::Rc<Lesson>,
    challenge: Challenge,
    /// What follows the `#` of this address, and the address of the lesson.
    at: AttrValue,
    back: AttrValue,
}

#[component]
fn Working(props: &WorkingProps) -> Html {
    let (lesson, challenge) = (props.lesson.clone(), props.challenge.clone());
    set_title(&challenge.title);
    let revision = use_state(|| 0u64);
    let owner = {
        let (set, lesson) = (revision.setter(), lesson.clone());
        use_memo((), move |()| Reader::new(lesson, Callback::from(move |r| set.set(r))))
    };
    let reader = owner.at(*revision);
    let lab = use_mut_ref(|| None::<LabHandle>);
    let verdict = use_state_eq(|| None::<Judged>);
    let opened = use_memo((), |()| {
        let seed = owner.challenge_seed(challenge.figure);
        let mut script = lesson.variant(challenge.figure, &[], seed).ok()?;
        script.title = challenge.title.clone();
        let own = seed.map_or(String::new(), |seed| format!("/{seed}"));
        let place = format!("challenge/{}/{}{own}", lesson.slug, challenge.name);
        let kept = storage::kept(&place).and_then(|file| crate::lab::from_file(&file).ok());
        let fresh = || {
            let mut session = Session::open(script.clone()).ok()?;
            // Where the challenge begins: after what belongs to it has been done, unless its figure says otherwise.
            let start = lesson
                .figures
                .get(challenge.figure)
                .and_then(|f| Facts::of(&lesson, challenge.figure, seed).ok()?.moment(f.start.as_ref()?));
            session.seek_time(start.or(script.commands.last().map(|t| t.at)).unwrap_or_default());
            Some(session)
        };
        let session = kept.or_else(fresh)?;
        Some(Opened::new(session, script, Some(place), props.at.to_string()))
    });
    let told = {
        let lab = lab.clone();
        Callback::from(move |handle: LabHandle| *lab.borrow_mut() = Some(handle))
    };
    let judged = {
        let (reader, lab, verdict, challenge) = (reader.clone(), lab.clone(), verdict.clone(), props.challenge.clone());
        Callback::from(move |_: MouseEvent| {
            let Some(lab) = lab.borrow().clone() else { return };
            let script = lab.read(|s| s.script().clone());
            if let Ok(judged) = judge(reader.lesson(), &challenge, reader.challenge_seed(challenge.figure), &script) {
                if let (Judged::Won(medal, _), Ok(link)) = (&judged, lab.read(to_link)) {
                    reader.answer(&challenge.name, vec![link], Some(*medal));
                }
                verdict.set(Some(judged));
            }
        })
    };
    let Some(opened) = opened.as_ref().clone() else { return super::failed(&[]) };
    let clients = reader.figure(props.challenge.figure).map_or(Vec::new(), clients);
    html! {
        <LabView {opened} {told}>
            <div class="task-text">
                <p class="kind"><a href={props.back.clone()}>{ &reader.lesson().title }</a>{ " · Challenge" }</p>
                <p><b>{ &props.challenge.title }</b>{ ". " }{ prose::line(&reader, &props.challenge.ask, props.challenge.figure) }</p>
                <details><summary>{ "How it is won" }</summary>{ terms(&reader, &props.challenge, &clients) }</details>
            </div>
            <div class="task-go">
                <button type="button" class="btn pri" onclick={judged} data-testid="judge">{ "Judge my run" }</button>
                <div role="status" data-testid="challenge-verdict">{ told_verdict(&reader, &props.challenge, verdict.as_ref()) }</div>
            </div>
        </LabView>
    }
}

fn told_verdict(reader: &Reader, challenge: &Challenge, verdict: Option<&Judged>) -> Html {
    match verdict {
        None => Html::default(),
        Some(Judged::Refused(why)) => html! { <p><b>{ "Not allowed: " }</b>{ why }{ "." }</p> },
        Some(Judged::Lost(which)) => {
            let said = which.and_then(|i| challenge.verdicts.get(i)).map(|v| prose::line(reader, &v.say, challenge.figure));
            html! { <p><b>{ "Not yet. " }</b>{ said.unwrap_or_else(|| html! { { "At the end of the run it does not hold." } }) }</p> }
        }
        Some(Judged::Won(medal, score)) => {
            let unit = shape(challenge).unwrap_or(crate::lab::Unit::Count);
            let score = shown(&challenge.score, &crate::lab::Value::Number(*score, unit));
            let how = if *medal == Medal::Won { "Won".to_owned() } else { format!("Won: {}", medal.name()) };
            html! { <p><b class={classes!("medal", medal.name())}>{ how }</b>{ format!(" ({score}). ") }{ prose::line(reader, &challenge.say, challenge.figure) }</p> }
        }
    }
}
