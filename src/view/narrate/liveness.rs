//! Sentences about the accrual detector: suspicion that grows with silence, and the echo that ends it.

use super::Said;
use super::facts::Running;
use super::note::At;
use crate::engine::base::{Micros, NodeId};
use crate::engine::node::{Detector, Phi};
use crate::engine::world::Fault;
use crate::view::format::span;

/// How often a live peer would be silent for so long, in words: φ is the power of ten.
pub fn odds(phi: Phi) -> String {
    match phi.0 / 1_000 {
        0 => "as good as none".to_owned(),
        1 => "one in ten".to_owned(),
        n @ 2..=6 => format!("one in {}", crate::view::format::count(10u64.pow(n as u32))),
        n => format!("one in 10^{n}"),
    }
}

/// A level of suspicion as it is shown: with one place.
pub fn level(phi: Phi) -> String {
    Phi(phi.0 / 100 * 100).to_string()
}

impl At<'_, '_> {
    pub(super) fn convicted(&self, peer: NodeId, phi: Phi, silence: Micros, mean: Micros) -> Said {
        let threshold = match self.facts.settings_at(self.event.at).detector {
            Detector::Accrual(settings) => format!(", above {}", settings.threshold),
            _ => String::new(),
        };
        let state = self.facts.running(peer, self.id);
        let truth = match state {
            Running::Up => format!("In truth {peer} runs: only its heartbeats did not get through."),
            Running::Paused => format!("In truth {peer} is paused."),
            Running::Down => format!("In truth, too, {peer} is down."),
        };
        let cause = match state {
            Running::Up => self.last_cut(peer),
            _ => self.facts.last_fault(peer, self.id, |f| matches!(f, Fault::Crashed { .. } | Fault::Wiped { .. } | Fault::Paused)),
        };
        Said::new(format!("{} now believes {peer} down: suspicion {}{threshold}.", self.who, level(phi)))
            .rest(format!(
                "{peer} has been silent for {}, and its heartbeats come every {} on average; alive, it would be silent for so long in {} cases. {truth}",
                span(silence),
                span(mean),
                odds(phi)
            ))
            .so(format!("for it has heard nothing for {}", span(silence)))
            .rule("a silence that its own rhythm makes too improbable means down")
            .cause(self.link(cause))
    }

    pub(super) fn echo_asked(&self, peer: NodeId) -> Said {
        Said::new(format!("{} hears {peer}, which it believes down, and asks it for an echo.", self.who))
            .rest(format!("Until the echo comes back {} goes on believing {peer} down: the way there may still be closed.", self.who))
            .so("and believes it up only when the echo is back")
            .rule("being heard is not enough: an echo must come back")
    }

    pub(super) fn revived(&self, peer: NodeId, down: Micros) -> Said {
        Said::new(format!("{peer}'s echo comes back: {} believes it up again.", self.who))
            .rest(format!("It believed {peer} down for {}. Now it sends {peer} writes and asks it again.", span(down)))
            .so("and sends it writes again")
            .rule("an echo shows that both ways are open")
    }

    pub(super) fn stood_still(&self, stood: Micros, lenient: Micros) -> Said {
        Said::new(format!("{} notices that it has itself stood still for {}.", self.who, span(stood)))
            .rest(format!("That it heard nobody says nothing about the others, so it gives nobody up for {}.", span(lenient)))
            .so(format!("and gives nobody up for {}", span(lenient)))
            .rule("who stood still does not judge the others")
    }
}
