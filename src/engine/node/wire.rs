//! How messages are written: the canonical encoding whose bytes are counted.

use super::message::{Body, Message, Outcome, Request, Verb};
use super::settings::Level;
use crate::engine::base::{OpId, Sink, Wire};
use crate::engine::data::Clock;

impl Wire for Request {
    fn encode<S: Sink>(&self, sink: &mut S) {
        let (level, count) = self.level.code();
        sink.u8(level);
        if let Level::Count(_) = self.level {
            sink.u32(count);
        }
        self.key.encode(sink);
        match &self.verb {
            Verb::Read => sink.u8(0),
            Verb::Delete => sink.u8(1),
            Verb::Write(bytes) => {
                sink.u8(2);
                sink.u32(bytes.len() as u32);
                sink.put(bytes);
            }
        }
    }
}

impl Wire for Outcome {
    fn encode<S: Sink>(&self, sink: &mut S) {
        match self {
            Outcome::Written { acks, clock: Clock::Stamp(stamp) } => {
                sink.u8(0);
                sink.u32(*acks);
                sink.u64(stamp.micros);
                sink.u32(stamp.node.0);
            }
            Outcome::Unavailable { required: a, alive: b } | Outcome::TimedOut { received: a, required: b } => {
                sink.u8(if matches!(self, Outcome::Unavailable { .. }) { 1 } else { 2 });
                sink.u32(*a);
                sink.u32(*b);
            }
            Outcome::NoAnswer => sink.u8(3),
            Outcome::Found(row) => {
                sink.u8(4);
                row.encode(sink);
            }
            // Never on the wire: a client says it to its application.
            Outcome::Behind { found, seen } => {
                sink.u8(5);
                found.encode(sink);
                seen.encode(sink);
            }
            Outcome::Overloaded { target } => {
                sink.u8(6);
                sink.u32(target.0);
            }
        }
    }
}

impl Wire for Body {
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u8(self.code());
        match self {
            Body::Request(request) => request.encode(sink),
            Body::Reply { traffic, outcome } => {
                sink.u8(*traffic as u8);
                outcome.encode(sink);
            }
            Body::Write { key, row } | Body::Repair { key, row } => {
                key.encode(sink);
                row.encode(sink);
            }
            Body::WriteAck | Body::RepairAck => {}
            Body::ReadData { key, round } => {
                sink.u8(*round);
                key.encode(sink);
            }
            Body::Data { row, round } => {
                sink.u8(*round);
                row.encode(sink);
            }
            Body::ReadDigest { key } => key.encode(sink),
            // Everybody knows the function, so neither its name nor a length travels.
            Body::Digest(digest) => sink.put(digest.bytes()),
            Body::Heartbeat { generation, beat: number } | Body::Echo { generation, number } | Body::EchoAck { generation, number } => {
                sink.u32(*generation);
                sink.u32(*number);
            }
            Body::OnDisk | Body::Coordinating => {}
            Body::Relay { key, row, to } => {
                key.encode(sink);
                row.encode(sink);
                sink.u32(to.len() as u32);
                to.iter().for_each(|node| sink.u32(node.0));
            }
            Body::Passed { key, row, answer_to } => {
                key.encode(sink);
                row.encode(sink);
                sink.u32(answer_to.0);
            }
            Body::Hint { hint, attempt } => {
                sink.u32(*attempt);
                hint.encode(sink);
            }
            Body::HintAck { hint, attempt } => {
                sink.u64(*hint);
                sink.u32(*attempt);
            }
            Body::KeepHint { target, hint } => {
                sink.u32(target.0);
                hint.encode(sink);
            }
            Body::HintKept { target } => sink.u32(target.0),
            Body::Handoff { key, row, round } => {
                sink.u32(*round);
                key.encode(sink);
                row.encode(sink);
            }
            Body::HandoffAck { key, round } => {
                sink.u32(*round);
                key.encode(sink);
            }
            Body::Sweep { session, say } => (session, &**say).encode(sink),
            Body::Rot(say) => say.encode(sink),
            Body::Forward { client, request } => {
                sink.u32(client.code() as u32);
                request.encode(sink);
            }
        }
    }
}

impl Wire for Message {
    /// A 33-byte header (id, time of sending, sender, receiver, operation), 4 bytes more if it is for a stand-in, and the body. The cause is ours, for "why", and is not sent.
    fn encode<S: Sink>(&self, sink: &mut S) {
        sink.u64(self.id);
        sink.u64(self.sent_at.0);
        sink.u32(self.from.code() as u32);
        sink.u32(self.to.code() as u32);
        sink.u8(u8::from(self.op.is_some()) | u8::from(self.owner.is_some()) << 1);
        let op = self.op.unwrap_or(OpId { number: 0, tag: 0, attempt: 0 });
        sink.u32(op.number);
        sink.u32(op.tag);
        if let Some(owner) = self.owner {
            sink.u32(owner.0);
        }
        self.body.encode(sink);
    }
}
