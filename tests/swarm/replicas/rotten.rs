//! Bytes that change by themselves: what a copy holds then, and that whoever checks tells nobody of them.

use drift::engine::base::{Micros, NodeId};
use drift::engine::data::Key;
use drift::engine::node::integrity::RotSay;
use drift::engine::node::sweeps::Say;
use drift::engine::node::{Body, Checksum, Message};
use drift::engine::world::{Rotted, World};

use super::{Copy, Replicas, only, shows};
use crate::rules::Rules;

impl Copy {
    /// Whether what is held for a key rotted without its checksum.
    pub(super) fn is_misfit(&self, key: &Key) -> bool {
        self.past.iter().rposition(|(k, _)| k == key).is_some_and(|place| self.misfits.contains(&place))
    }
}

impl Replicas {
    /// Bytes of a copy changed by themselves: on the disk, unless what is there is older.
    pub(super) fn rotted(&mut self, node: NodeId, rotted: &Rotted) {
        let (key, after) = (&rotted.key, only(&rotted.after).clone());
        self.made.insert((key.clone(), after.clone()), Some((*rotted.after).clone()));
        let copy = self.copies.entry((node, None)).or_default();
        let in_memory = copy.past[copy.disk..].iter().any(|(k, _)| k == key);
        let at = if in_memory { copy.past.len() } else { copy.disk };
        copy.misfits = copy.misfits.iter().map(|place| place + usize::from(*place >= at)).collect();
        copy.past.insert(at, (key.clone(), Some(after)));
        copy.misfits.extend(rotted.misfit.then_some(at));
        copy.disk += usize::from(!in_memory);
        self.touched.insert(((node, None), key.clone()));
    }

    /// What a node tells of its own copies: what it holds, and nothing that does not fit if it checks.
    pub(super) fn fits(&self, node: NodeId, message: &Message, now: Micros, world: &World, rules: &Rules) -> Result<(), String> {
        let own = message.owner.is_none_or(|owner| owner == node);
        // Who checks what it reads tells nobody of what does not fit.
        let checks = rules.all.integrity.checksum != Checksum::None && rules.all.integrity.on_read && own;
        let read = match &message.body {
            Body::Data { row: Some(row), .. } => message.op.and_then(|op| self.keys.get(&op.number)).map(|key| vec![(key, row)]),
            Body::Rot(RotSay::Fetched { key, row: Some(row), .. }) => Some(vec![(key, row)]),
            Body::Sweep { session, say } => {
                // What a log ships is what was written: it is no copy that rots.
                if let (Say::Rows { rows, .. }, false) = (&**say, self.ships.contains(session)) {
                    Some(rows.iter().map(|(k, r)| (k, r)).collect())
                } else {
                    None
                }
            }
            _ => None,
        };
        for (key, row) in read.into_iter().flatten().filter(|_| own) {
            let misfit = !row.fits() || self.copies.get(&(node, None)).is_some_and(|copy| copy.is_misfit(key));
            if checks && misfit || message.op.is_none() && !self.shows_row(node, key, row, shows(world, node, now), rules) {
                return Err(format!("{node} tells what does not fit, or what it does not hold: {row:?}"));
            }
        }
        Ok(())
    }
}
