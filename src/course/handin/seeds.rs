//! Whose run is whose: the seeds of a learner's figures follow from the learner's number, so that a log that was copied shows.

use super::super::lesson::{Kind, Lesson};
use crate::engine::base::{Digest, arrange};

/// Characters of a name or number at most.
pub const WHO: usize = 40;

/// A name or number as it counts: without what cannot be seen, at most [`WHO`] characters.
pub fn who(text: &str) -> String {
    let seen: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(WHO).collect()
}

impl Lesson {
    /// The figures whose runs belong together because a table measures them together, this one among them, in their order: they have
    /// one seed at a time.
    pub fn together(&self, figure: usize) -> Vec<usize> {
        let mut found = vec![figure];
        loop {
            let before = found.len();
            for (_, block) in self.blocks() {
                if let Kind::Table(t) = &block.kind
                    && t.rows.iter().any(|r| found.contains(&r.figure))
                {
                    found.extend(t.rows.iter().map(|r| r.figure));
                    arrange(&mut found, Ord::cmp);
                    found.dedup();
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// The seeds with which a figure may be run: its own (none) first. Only that, if it is measured together with figures that name
    /// other seeds.
    pub fn seeds_of(&self, figure: usize) -> Vec<Option<u64>> {
        let seeds = |figure: usize| self.figures.get(figure).map_or(&[][..], |f| &f.seeds);
        let others = seeds(figure);
        let alike = self.together(figure).into_iter().all(|other| seeds(other) == others);
        std::iter::once(None).chain(others.iter().copied().filter(|_| alike).map(Some)).collect()
    }

    /// The seed with which a figure is run by somebody who has asked for a fresh run of it so many times: those that the figure has, by
    /// turns. Somebody without a number begins with the figure's own.
    pub fn seed_of(&self, who: &str, figure: usize, turn: u32) -> Option<u64> {
        let seeds = self.seeds_of(figure);
        let first = self.together(figure).first().copied().unwrap_or(figure);
        let name = self.figures.get(first).map_or("", |f| f.name.as_str());
        let start =
            if who.is_empty() { 0 } else { Digest::of_bytes(format!("{}\n{}\n{name}", who.to_lowercase(), self.slug).as_bytes()).head() };
        let count = seeds.len() as u64;
        seeds.get(((start % count + u64::from(turn)) % count) as usize).copied().flatten()
    }

    /// The figure by whose seed an item is judged.
    pub fn figure_of(&self, item: &str) -> Option<usize> {
        let of_block = |kind: &Kind| match kind {
            Kind::Question(q) if q.name == item => Some(q.figure),
            Kind::Table(t) if t.name == item => Some(t.rows.first()?.figure),
            Kind::Challenge(c) if c.name == item => Some(c.figure),
            _ => None,
        };
        self.blocks().find_map(|(_, block)| of_block(&block.kind))
    }
}
