//! Two runs of the same seed and commands, of which one has something changed: where they part.

use crate::engine::base::Micros;
use crate::engine::world::Event;

/// The first event that differs: its place in both logs, and when it happens in the run that has it first. None if the logs are equal.
pub fn first_difference(a: &[Event], b: &[Event]) -> Option<(u32, Micros)> {
    let place = a.iter().zip(b).position(|(x, y)| x != y).unwrap_or(a.len().min(b.len()));
    let at = [a, b].into_iter().filter_map(|log| log.get(place)).map(|e| e.at).min()?;
    Some((place as u32, at))
}
