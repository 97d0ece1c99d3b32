//! Reads without a coordinator: the client asks replicas itself, takes the newest row, and writes it back to those that lack it
//! (as Voldemort's client-side routing does).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::event::{ClientAct, Event, EventKind};
use super::super::sim::World;
use super::session::lacks;
use crate::engine::base::{ClientId, Endpoint, EventId, NodeId, OpId};
use crate::engine::data::{Key, Row, Rule};
use crate::engine::node::{Body, Direct, Outcome};

/// A read that a client does itself.
#[derive(Debug, Clone)]
pub(super) struct DirectRead {
    key: Key,
    asked: Vec<NodeId>,
    required: u32,
    answers: Vec<(NodeId, Option<Arc<Row>>)>,
    /// The row that each replica was last sent.
    mended: BTreeMap<NodeId, Arc<Row>>,
}

impl DirectRead {
    fn newest(&self, rule: Rule) -> Option<Arc<Row>> {
        self.answers.iter().filter_map(|(_, row)| row.as_ref()).fold(None, |newest, row| rule.merged(newest, Some(row)))
    }

    /// Answers so far, and how many the level needs.
    pub fn progress(&self) -> (u32, u32) {
        (self.answers.len() as u32, self.required)
    }
}

impl World {
    /// Asks replicas for their rows. Returns an outcome if there are too few of them.
    pub(super) fn ask_directly(&mut self, client: ClientId, op: OpId, cause: Option<EventId>, log: &mut Vec<Event>) -> Option<Outcome> {
        let settings = self.settings();
        let (n, direct) = (settings.replicas, settings.client.direct);
        let open = self.clients.get(client.0 as usize)?.open.get(&op.number)?;
        let (key, required) = (open.request.key.clone(), open.request.level.block_for(n.total()));
        let mut asked = self.ring.replicas(key.token(), &n);
        if (asked.len() as u32) < required {
            return Some(Outcome::Unavailable { required, alive: asked.len() as u32 });
        }
        // A second attempt has nobody else to turn to but the rest of the replicas.
        if direct == Direct::Level && op.attempt == 0 {
            asked.truncate(required as usize);
        }
        let act = ClientAct::Asked { replicas: asked.clone().into(), required };
        let cause = self.emit(cause, Some(client.into()), Some(op), EventKind::Client(act), log);
        for replica in &asked {
            let body = Body::ReadData { key: key.clone(), round: 1 };
            self.send(client.into(), (*replica).into(), (Some(op), None), cause, body, log);
        }
        let read = DirectRead { key, asked, required, answers: Vec::new(), mended: BTreeMap::new() };
        self.clients[client.0 as usize].direct.insert(op, read);
        None
    }

    /// A replica's row came. The answer is given as soon as the level has enough; later rows are still compared.
    pub(super) fn row_came(
        &mut self,
        client: ClientId,
        op: OpId,
        from: Endpoint,
        row: Option<&Arc<Row>>,
        cause: Option<EventId>,
        log: &mut Vec<Event>,
    ) {
        let rule = self.settings().rule;
        let Some(state) = self.clients.get_mut(client.0 as usize) else { return };
        let (Some(read), Some(from)) = (state.direct.get_mut(&op), from.node()) else { return };
        if !read.asked.contains(&from) || read.answers.iter().any(|(node, _)| *node == from) {
            return;
        }
        read.answers.push((from, row.cloned()));
        let (received, required) = read.progress();
        if received < required {
            return;
        }
        let newest = read.newest(rule);
        if received == required {
            self.attempt_ends(client, op, Outcome::Found(newest.clone()), cause, log);
        }
        self.write_back(client, op, newest, cause, log);
    }

    /// Sends the newest row to every replica that has answered without it.
    fn write_back(&mut self, client: ClientId, op: OpId, newest: Option<Arc<Row>>, cause: Option<EventId>, log: &mut Vec<Event>) {
        let rule = self.settings().rule;
        let Some(read) = self.clients.get_mut(client.0 as usize).and_then(|c| c.direct.get_mut(&op)) else { return };
        let (complete, key) = (read.answers.len() == read.asked.len(), read.key.clone());
        if let Some(newest) = newest {
            // A later answer may be newer than what was written back before: then those are behind once more.
            let behind = read.answers.iter().filter(|(_, row)| lacks(rule, row.as_ref(), &newest)).map(|(node, _)| *node);
            let to: Vec<NodeId> = behind.filter(|node| read.mended.get(node) != Some(&newest)).collect();
            read.mended.extend(to.iter().map(|node| (*node, newest.clone())));
            if !to.is_empty() {
                let act = ClientAct::WroteBack { to: to.clone().into() };
                let cause = self.emit(cause, Some(client.into()), Some(op), EventKind::Client(act), log);
                for node in to {
                    let body = Body::Repair { key: key.clone(), row: newest.clone() };
                    self.send(client.into(), node.into(), (Some(op), None), cause, body, log);
                }
            }
        }
        if complete {
            self.clients[client.0 as usize].direct.remove(&op);
        }
    }
}
