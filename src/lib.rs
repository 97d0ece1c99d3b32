//! Drift & Repair: how replicas of a leaderless database drift apart and are brought back together.
//!
//! A tour, in reading order:
//!
//! 1. [`engine`]: a replicated store and the world around it. Pure and deterministic.
//! 2. [`lab`]: runs in time: scripts, sessions that go both ways, branches, files and links.
//! 3. [`course`]: lessons as data, and what proves them.
//! 4. [`view`]: what a screen shows, as plain values.
//! 5. `ui` (WebAssembly only): the page.

pub mod course;
pub mod engine;
pub mod lab;
#[cfg(target_arch = "wasm32")]
pub mod ui;
pub mod view;
