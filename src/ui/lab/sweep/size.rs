//! The size of a box on the page, kept up to date.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ResizeObserver};
use yew::prelude::*;

/// Width and height of the box in CSS pixels; `first` until it is known.
#[hook]
pub fn use_size(around: &NodeRef, first: (f64, f64)) -> (f64, f64) {
    let measured = use_state_eq(|| first);
    let (around, set) = (around.clone(), measured.setter());
    use_effect_with((), move |()| {
        let watch = around.cast::<Element>().and_then(|element| {
            let measure = {
                let element = element.clone();
                move || set.set((f64::from(element.client_width()), f64::from(element.client_height())))
            };
            measure();
            let callback = Closure::<dyn FnMut()>::new(measure);
            let observer = ResizeObserver::new(callback.as_ref().unchecked_ref()).ok()?;
            observer.observe(&element);
            Some((observer, callback))
        });
        move || {
            if let Some((observer, _callback)) = watch {
                observer.disconnect();
            }
        }
    });
    *measured
}
