//! A scrub: a replica reads everything it holds, page by page and no faster than it may, and checks it.

use super::{FoundBy, RotStep};
use crate::engine::base::{Micros, Purpose, Wire, uniform};
use crate::engine::data::{Key, Token};
use crate::engine::node::{Checksum, Ctx, Node, Note, Timer};

/// How often a page is read, where there is a limit to bytes a second.
const PAGE_EVERY: Micros = Micros::ms(100);

/// How far a scrub has come. Volatile: after a start it begins anew.
#[derive(Debug, Clone, Default)]
pub struct Scrubbing {
    /// Which timer counts; older ones are ignored.
    epoch: u32,
    /// The last key read; none before the first.
    last: Option<Key>,
    rows: u64,
    bytes: u64,
    found: u64,
}

impl Scrubbing {
    pub(super) fn expects(&self, epoch: u32) -> bool {
        epoch == self.epoch
    }
}

impl Node {
    /// The node has started, or the rule has changed.
    pub(in crate::engine::node) fn restart_scrub(&mut self, configured: bool, ctx: &mut Ctx<'_>) {
        let made = std::mem::replace(&mut self.integrity.made, ctx.settings.integrity.checksum);
        // What was on the disk before a start is not made anew by it.
        if configured && made != ctx.settings.integrity.checksum {
            self.store.forget_misfits();
        }
        let epoch = self.integrity.scrub.epoch + 1;
        self.integrity.scrub = Scrubbing { epoch, ..Scrubbing::default() };
        let Some(scrub) = ctx.settings.integrity.scrub.filter(|_| ctx.settings.integrity.checksum != Checksum::None) else { return };
        // Nodes take turns, as with sweeps.
        let draw = ctx.draws.draw(Purpose::Scrub, [u64::from(self.id.0), u64::from(self.generation), u64::from(epoch)]);
        ctx.wake(uniform(draw, Micros(1), scrub.every.max(Micros(1))), Timer::Scrub(epoch));
    }

    /// Reads and checks the next page.
    pub(super) fn scrub(&mut self, ctx: &mut Ctx<'_>) {
        let Some(scrub) = ctx.settings.integrity.scrub else { return };
        let budget = if scrub.rate == 0 { u64::MAX } else { (scrub.rate / (Micros::secs(1).0 / PAGE_EVERY.0)).max(1) };
        let (mut read, mut rotten) = (0, Vec::new());
        let mut state = std::mem::take(&mut self.integrity.scrub);
        let last = state.last.take();
        let from = last.as_ref().map_or(Token(0), Key::token);
        let mut rest = self.store.between(from, Token(u64::MAX)).filter(|(key, _)| last.as_ref().is_none_or(|last| *key > last)).peekable();
        while let Some((key, row)) = rest.next() {
            read += u64::from(key.size() + row.size());
            state.rows += 1;
            if self.store.is_misfit(key) {
                rotten.push(key.clone());
            }
            if read >= budget {
                state.last = rest.peek().is_some().then(|| key.clone());
                break;
            }
        }
        drop(rest);
        state.bytes += read;
        state.found += rotten.len() as u64;
        let (epoch, over) = (state.epoch, state.last.is_none());
        let Scrubbing { rows, bytes, found, .. } = state;
        self.integrity.scrub = if over { Scrubbing { epoch, ..Scrubbing::default() } } else { state };
        for key in rotten {
            self.found_rotten(&key, FoundBy::Scrub, ctx);
        }
        if over {
            ctx.note(None, Note::Rot(RotStep::Scrubbed { rows, bytes, found }));
        }
        ctx.wake(if over { scrub.every.max(Micros(1)) } else { PAGE_EVERY }, Timer::Scrub(epoch));
    }
}
