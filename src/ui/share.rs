//! Sharing a run as a link, keeping it as a file, opening one.

use gloo::file::File;
use gloo::file::callbacks::FileReader;
use js_sys::{Function, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

use super::lab::LabHandle;
use super::lab::open::sentence;
use super::lab::tools::{file_name, open_file, save_as};
use super::marks::icon;
use super::route::shared_address;
use crate::lab;
use crate::view::format::counted;
use crate::view::glyph::Icon;

/// Properties of [`ShareSheet`].
#[derive(Debug, PartialEq, Properties)]
pub struct ShareSheetProps {
    /// Closes the sheet.
    pub close: Callback<()>,
}

/// What has become of copying the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// Nothing yet.
    Not,
    /// It is in the clipboard.
    Yes,
    /// The browser did not allow it.
    Refused,
}

/// The sheet: a link, a file, and opening one.
#[component]
pub fn ShareSheet(props: &ShareSheetProps) -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let (sheet, field) = (use_node_ref(), use_node_ref());
    let copied = use_state_eq(|| Copied::Not);
    let reader = use_mut_ref(|| None::<FileReader>);
    // The link to the place at which the sheet was opened, even if the run plays on.
    let link = use_memo((), |()| lab.read(lab::to_link).map(|payload| shared_address(&payload)).map_err(|e| sentence(&e)));
    let copy = {
        let (link, copied, field) = (link.clone(), copied.setter(), field.clone());
        Callback::from(move |()| {
            if let Ok(link) = &*link {
                copy_text(link, &field, copied.clone());
            }
        })
    };
    {
        let (sheet, copy) = (sheet.clone(), copy.clone());
        use_effect_with((), move |()| {
            show_modal(&sheet);
            copy.emit(());
        });
    }
    let close = props.close.reform(|_: MouseEvent| ());
    let onclose = props.close.reform(|_: Event| ());
    let save = {
        let lab = lab.clone();
        Callback::from(move |_: MouseEvent| lab.read(|s| save_as(&file_name(&s.script().title), &lab::to_file(s))))
    };
    let onchange = {
        let (lab, close) = (lab.clone(), props.close.clone());
        Callback::from(move |event: Event| {
            let file = event.target_dyn_into::<HtmlInputElement>().and_then(|input| input.files()).and_then(|list| list.get(0));
            if let Some(file) = file {
                // The reader must outlive this sheet, which closes at once.
                if let Some(new) = open_file(&lab, &File::from(file)) {
                    *reader.borrow_mut() = Some(new);
                    let kept = reader.clone();
                    gloo::timers::callback::Timeout::new(60_000, move || drop(kept)).forget();
                }
                close.emit(());
            }
        })
    };
    html! {
        <dialog class="sheet" ref={sheet} {onclose} data-testid="share-sheet" aria-labelledby="share-title">
            <div class="sheet-head">
                <h2 id="share-title">{ "Share or keep this run" }</h2>
                <button type="button" class="tb" aria-label="Close" data-testid="share-close" onclick={close}>{ icon(Icon::Close) }</button>
            </div>
            <h3>{ "As a link" }</h3>
            { link_part(&link, *copied, field, copy) }
            <h3>{ "As a file" }</h3>
            <p class="dim">{ "The whole run with all its branches and the place you are at." }</p>
            <p class="cta">
                <button type="button" class="btn" data-testid="share-save" onclick={save}>{ icon(Icon::Download) }{ "Save a run file" }</button>
                <label class="btn">
                    { icon(Icon::Upload) }{ "Open a run file" }
                    <input class="vh" type="file" accept=".json,application/json" data-testid="share-open" {onchange} />
                </label>
            </p>
            <p class="dim">{ "A run file can also be dropped anywhere on the lab." }</p>
            <Print />
        </dialog>
    }
}

/// The fingerprint of the state at hand. It is asked for, because a million rows take a while.
#[component]
fn Print() -> Html {
    let Some(lab) = use_context::<LabHandle>() else { return Html::default() };
    let print = use_state_eq(String::new);
    let onclick = {
        let print = print.clone();
        Callback::from(move |_: MouseEvent| {
            print.set(lab.read(|s| format!("After {}: {}", counted(u64::from(s.cursor()), "event", "events"), s.world().fingerprint())));
        })
    };
    html! {
        <>
            <h3>{ "The same run?" }</h3>
            <p class="dim">{ "One number for everything that has happened and every row held. Whoever gets the same one has the same run." }</p>
            <p class="cta"><button type="button" class="btn" data-testid="share-print" {onclick}>{ "Show the fingerprint" }</button></p>
            <p class="m print" role="status" data-testid="share-print-is">{ (*print).clone() }</p>
        </>
    }
}

fn link_part(link: &Result<String, String>, copied: Copied, field: NodeRef, copy: Callback<()>) -> Html {
    match link {
        Err(error) => html! { <p data-testid="share-too-long">{ format!("{error} Save it as a file instead.") }</p> },
        Ok(link) => {
            let said = match copied {
                Copied::Not => "",
                Copied::Yes => "Link copied.",
                Copied::Refused => "The browser did not let this page copy: the link is marked, copy it by hand.",
            };
            html! {
                <>
                    <p class="dim">{ "This run, exactly, at the event you are at. Whoever opens it sees the same." }</p>
                    <p class="cta">
                        <input class="fld m share-link" ref={field} readonly=true value={link.clone()} aria-label="The link" data-testid="share-link" />
                        <button type="button" class="btn pri" data-testid="share-copy" onclick={move |_: MouseEvent| copy.emit(())}>{ "Copy link" }</button>
                    </p>
                    <p role="status" data-testid="share-said">{ said }</p>
                </>
            }
        }
    }
}

/// Opens a dialog above the page.
pub fn show_modal(sheet: &NodeRef) {
    let Some(dialog) = sheet.cast::<HtmlDialogElement>() else { return };
    if dialog.show_modal().is_err() {
        // Not above the page then, but in it.
        dialog.set_open(true);
    }
}

/// Copies a text; where that is not allowed, marks it in its field.
pub fn copy_text(text: &str, field: &NodeRef, copied: UseStateSetter<Copied>) {
    let field = field.clone();
    copy(text, move |done| {
        if let Some(field) = field.cast::<HtmlInputElement>().filter(|_| !done) {
            // The text can be marked by hand as well.
            let _ = field.focus();
            field.select();
        }
        copied.set(if done { Copied::Yes } else { Copied::Refused });
    });
}

/// Copies a text, and tells whether that was allowed.
pub fn copy(text: &str, told: impl Fn(bool) + Clone + 'static) {
    let navigator = gloo::utils::window().navigator();
    // Not there on pages that are not served securely.
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok().filter(JsValue::is_object);
    let Some(clipboard) = clipboard.map(JsCast::unchecked_into::<web_sys::Clipboard>) else { return told(false) };
    let refused = told.clone();
    let yes = Closure::once_into_js(move |_: JsValue| told(true));
    let no = Closure::once_into_js(move |_: JsValue| refused(false));
    let promise = clipboard.write_text(text);
    if let Ok(then) = Reflect::get(&promise, &"then".into()).and_then(JsCast::dyn_into::<Function>) {
        // A promise's `then` does not throw.
        let _ = then.call2(&promise, &yes, &no);
    }
}
