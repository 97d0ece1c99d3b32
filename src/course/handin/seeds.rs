//! Whose run is whose: the seeds of a learner's figures follow from the learner's number, so that a log that was copied shows.

use super::super::lesson::{Kind, Lesson};
use crate::engine::base::Digest;

/// Characters of a name or number at most.
pub const WHO: usize = 40;

/// A name or number as it counts: without what cannot be seen, at most [`WHO`] characters.
pub fn who(text: &str) -> String {
    let seen: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WHO).collect()
}

impl Lesson {
    /// The seeds with which a figure may be run: its own (none) first. Only that, if a table measures this figure and another one: their
    /// runs belong together.
    pub fn seeds_of(&self, figure: usize) -> Vec<Option<u64>> {
        let shared = self.blocks().any(|(_, block)| match &block.kind {
            Kind::Table(t) => t.rows.iter().any(|r| r.figure == figure) && t.rows.iter().any(|r| r.figure != figure),
            _ => false,
        });
        let others = self.figures.get(figure).filter(|_| !shared).map_or(&[][..], |f| &f.seeds);
        std::iter::once(None).chain(others.iter().copied().map(Some)).collect()
    }

    /// The seed with which a figure is run by somebody who has asked for a fresh run of it so many times: those that the figure has, by
    /// turns. Somebody without a number begins with the figure's own.
    pub fn seed_of(&self, who: &str, figure: usize, turn: u32) -> Option<u64> {
        let seeds = self.seeds_of(figure);
        let name = self.figures.get(figure).map_or("", |f| f.name.as_str());
        let start =
            if who.is_empty() { 0 } else { Digest::of_bytes(format!("{}\n{}\n{name}", who.to_lowercase(), self.slug).as_bytes()).head() };
        let count = seeds.len() as u64;
        seeds.get(((start % count + u64::from(turn)) % count) as usize).copied().flatten()
    }

    /// The figure by whose seed an item is judged; none for what is judged on the lesson's own runs alone: challenges, and tables that
    /// measure several figures.
    pub fn figure_of(&self, item: &str) -> Option<usize> {
        let of_block = |kind: &Kind| match kind {
            Kind::Question(q) if q.name == item => Some(q.figure),
            Kind::Table(t) if t.name == item => {
                let first = t.rows.first()?.figure;
                t.rows.iter().all(|r| r.figure == first).then_some(first)
            }
            _ => None,
        };
        self.blocks().find_map(|(_, block)| of_block(&block.kind))
    }
}
