//! Rows of sessions that nobody looks at any more are given back between the frames: a million of them at once would be felt.

use std::cell::RefCell;
use std::sync::Arc;

use gloo::timers::callback::Timeout;
use gloo::utils::window;

use crate::engine::data::{Key, PageMap, Row};
use crate::lab::Session;

/// Rows of a store from which on they are given back piece by piece.
const MANY: u64 = 20_000;
/// Pages between two looks at the clock.
const PAGES: usize = 32;
/// How long a piece may take, in milliseconds.
const PATIENCE: f64 = 8.0;

thread_local! {
    /// What is still to be given back.
    static LEFT: RefCell<Vec<PageMap<Key, Arc<Row>>>> = const { RefCell::new(Vec::new()) };
}

/// Keeps the rows of a session that is about to be dropped, and gives them back later.
pub fn free_later(session: &Session) {
    let rows = session.world().hosts().iter().map(|host| host.node.store.rows()).filter(|rows| rows.len() > MANY);
    let begins = LEFT.with_borrow_mut(|left| {
        let before = left.len();
        left.extend(rows.cloned());
        before == 0 && !left.is_empty()
    });
    if begins {
        Timeout::new(0, free).forget();
    }
}

fn free() {
    let now = || window().performance().map_or(0.0, |clock| clock.now());
    let began = now();
    let done = LEFT.with_borrow_mut(|left| {
        while let Some(rows) = left.last_mut() {
            if !rows.shed(PAGES) {
                left.pop();
            }
            if now() - began > PATIENCE {
                break;
            }
        }
        left.is_empty()
    });
    if !done {
        Timeout::new(0, free).forget();
    }
}
