//! What a reader's hands do: clicking, typing, dragging, touching.
use crate::Page;
use serde_json::json;
use std::fs;
use thirtyfour::common::command::{Actions, Command};
use thirtyfour::prelude::*;

/// Controls on a page that Tab stops at are fewer.
const MOST_TABS: usize = 150;

/// What is moved over the page.
#[derive(Clone, Copy, Debug)]
pub enum Pointer {
    /// A mouse, its main button held while dragging.
    Mouse,
    /// A finger.
    Touch,
}

impl Page {
    /// Clicks a displayed element, waiting for it.
    pub async fn click(&self, css: &str) -> WebDriverResult<()> {
        self.find(css).await?.click().await
    }

    /// Types into whatever has the focus; [`Key`] and text can be added together, modifiers first.
    pub async fn keys(&self, keys: impl Into<thirtyfour::TypingData>) -> WebDriverResult<()> {
        self.browser.action_chain().send_keys(keys).perform().await
    }

    /// Chooses the first option whose text holds `words`.
    ///
    /// # Panics
    /// When there is none.
    pub async fn choose(&self, css: &str, words: &str) -> WebDriverResult<()> {
        for option in self.find(css).await?.find_all(By::Tag("option")).await? {
            if option.text().await?.contains(words) {
                return option.click().await;
            }
        }
        panic!("{css} has no option {words:?}")
    }

    /// Gives a file to a file field, shown or not.
    pub async fn give_file(&self, css: &str, name: &str, bytes: &[u8]) -> WebDriverResult<()> {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes)?;
        self.wait(css, "return !!document.querySelector(arguments[0])", vec![json!(css)], |v| *v == json!(true)).await?;
        self.browser.find(By::Css(css)).await?.send_keys(path.to_string_lossy()).await
    }

    /// The text of the first file of this ending that the page saves, waiting for it.
    pub async fn saved_file(&self, ending: &str) -> WebDriverResult<String> {
        let saved = || self.folder.saved(ending);
        self.until_here(&format!("a file {ending} is saved"), || saved().is_some()).await?;
        Ok(saved().unwrap_or_default())
    }

    /// Goes on with Tab until the focus is on what matches, where it must be seen.
    ///
    /// # Panics
    /// When Tab never comes there.
    pub async fn tab_to(&self, css: &str) -> WebDriverResult<()> {
        let script = "const a = document.activeElement; return a.matches(arguments[0]) && a.matches(':focus-visible')";
        for _ in 0..MOST_TABS {
            if self.run_with(script, vec![json!(css)]).await? == json!(true) {
                return Ok(());
            }
            self.keys(Key::Tab + "").await?;
        }
        panic!("Tab never comes to {css}")
    }

    /// Presses a key while another is held.
    pub async fn chord(&self, held: Key, key: Key) -> WebDriverResult<()> {
        self.browser.action_chain().key_down(held.clone()).send_keys(key).key_up(held).perform().await
    }

    /// The middle of an element in the window, in CSS pixels.
    pub async fn centre(&self, css: &str) -> WebDriverResult<(i64, i64)> {
        let element = self.find(css).await?;
        let script =
            "const r = arguments[0].getBoundingClientRect(); return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)]";
        self.browser.execute(script, vec![element.to_json()?]).await?.convert()
    }

    /// Drags along a line of points in the window, in CSS pixels, as fast as a quick hand.
    pub async fn drag(&self, pointer: Pointer, line: &[(i64, i64)]) -> WebDriverResult<()> {
        let (kind, mut moves) = (
            match pointer {
                Pointer::Mouse => "mouse",
                Pointer::Touch => "touch",
            },
            Vec::new(),
        );
        for (n, (x, y)) in line.iter().enumerate() {
            let duration = if n == 0 { 0 } else { 60 };
            moves.push(json!({ "type": "pointerMove", "duration": duration, "origin": "viewport", "x": x, "y": y }));
            if n == 0 {
                moves.push(json!({ "type": "pointerDown", "button": 0 }));
            }
        }
        moves.push(json!({ "type": "pointerUp", "button": 0 }));
        let source = json!([{ "type": "pointer", "id": "hand", "parameters": { "pointerType": kind }, "actions": moves }]);
        self.browser.handle().cmd(Command::PerformActions(Actions::from(source))).await?;
        Ok(())
    }
}
