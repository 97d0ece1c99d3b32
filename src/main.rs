//! The page's door: starts the page in a browser. Built for anything else it only says where the other door is.

#[cfg(target_arch = "wasm32")]
fn main() {
    drift::ui::start();
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    eprintln!("This program is the web page: serve it with `cargo xtask serve`. For runs without a page use the program `drift`.");
    std::process::ExitCode::from(2)
}
