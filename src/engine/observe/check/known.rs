//! By when what a read was shown had surely been written, judged by the clients' calls alone and not by any clock.

use std::collections::BTreeMap;

use super::call::{Act, Call, Mark};

/// By when something had been written for the last time before a read of it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// Nobody had begun to write it.
    Never,
    /// A write of it may have taken effect as late as the read.
    Open,
    /// It was there from the start, and nobody wrote it since.
    Start,
    /// By this place at the latest.
    By {
        /// The place.
        place: u32,
        /// The write that had ended by then, or a read that had been shown it.
        proof: usize,
    },
}

/// The calls of one key with what is asked about them most.
#[derive(Debug)]
pub struct Known<'a> {
    /// The calls.
    pub calls: &'a [Call],
    /// Per mark its writes.
    makers: BTreeMap<Mark, Vec<usize>>,
    /// Per mark the read of it that ended first.
    first_read: BTreeMap<Mark, usize>,
}

impl<'a> Known<'a> {
    /// Looks through the calls once.
    pub fn of(calls: &'a [Call]) -> Known<'a> {
        let mut known = Known { calls, makers: BTreeMap::new(), first_read: BTreeMap::new() };
        for (i, call) in calls.iter().enumerate() {
            match call.act {
                Act::Write(mark) => known.makers.entry(mark).or_default().push(i),
                Act::Read(mark) => {
                    let first = known.first_read.entry(mark).or_insert(i);
                    if call.ended < calls[*first].ended {
                        *first = i;
                    }
                }
            }
        }
        known
    }

    /// By when what this read was shown had surely been written for the last time.
    pub fn written(&self, read: usize) -> Written {
        let mark = self.calls[read].act.mark();
        let makers = self.makers.get(&mark).map_or(&[][..], Vec::as_slice);
        // Only where nobody else wrote the same does an earlier read prove that this write had taken effect.
        let sole = mark != Mark::NOTHING && makers.len() == 1;
        let proof = self.first_read.get(&mark).filter(|_| sole).and_then(|r| Some((self.calls[*r].ended?, *r)));
        let mut written = if mark == Mark::NOTHING { Written::Start } else { Written::Never };
        for maker in makers.iter().filter(|m| Some(self.calls[**m].began) < self.calls[read].ended) {
            let Some((place, proof)) = self.calls[*maker].ended.map(|e| (e, *maker)).into_iter().chain(proof).min() else {
                return Written::Open;
            };
            if !matches!(written, Written::By { place: later, .. } if later >= place) {
                written = Written::By { place, proof };
            }
        }
        written
    }
}
