//! Floor 5: the page. Yew, canvas, keyboard and storage; the only floor that touches the browser.

pub mod app;
pub mod class;
pub mod course_map;
pub mod empty_ring;
pub mod header;
pub mod home;
pub mod lab;
pub mod later;
pub mod lesson;
pub mod marks;
pub mod panic;
pub mod presets;
pub mod ribbon;
pub mod route;
pub mod share;
pub mod storage;
pub mod svg;
pub mod theme;

/// Puts the page into the element `#app`, in place of what stood there while the engine loaded.
pub fn start() {
    panic::install();
    route::guard();
    let root = gloo::utils::document().get_element_by_id("app").unwrap_or_else(|| gloo::utils::body().into());
    yew::Renderer::<app::App>::with_root(root).render();
}
