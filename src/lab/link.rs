//! Links: one run and a place in it, small enough for an address.
//!
//! A payload is `1.` (the link version), then unpadded base64url of deflated JSON.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};
use serde::{Deserialize, Serialize};

use super::error::LabError;
use super::file::{FILE_VERSION, check_version, format_name};
use super::script::{BOUNDS, Script};
use super::session::Session;
use crate::engine::base::Micros;
use crate::engine::world::ENGINE_VERSION;

const WHAT: &str = "the link";
const PREFIX: &str = "1.";

/// What a link holds: `f`ormat, its `v`ersion, the `e`ngine's, the run and the place in it.
#[derive(Serialize, Deserialize)]
struct Payload {
    f: String,
    v: u64,
    e: u64,
    run: Script,
    at: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    now: Micros,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    settled: bool,
}

fn is_zero(time: &Micros) -> bool {
    *time == Micros::ZERO
}

/// A place in a run, as a link names it. The last two are there only where the number of events does not tell it by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spot {
    /// How many events have happened.
    pub events: u32,
    /// The time, if it is later than the last of them.
    pub now: Micros,
    /// Whether what leaves no event has been carried out up to that time, its instant included.
    pub settled: bool,
}

impl Spot {
    /// Where a session stands.
    pub fn of(session: &Session) -> Spot {
        let events = session.cursor();
        let last = session.log()[..events as usize].last().map_or(Micros::ZERO, |event| event.at);
        let now = if session.now() == last && !session.tape.is_settled() { Micros::ZERO } else { session.now() };
        Spot { events, now, settled: session.tape.is_settled() }
    }

    /// Takes a session there.
    pub fn seek(self, session: &mut Session) {
        session.return_to(self.events, self.now, self.settled);
    }
}

/// The payload of a link to the current branch and place. Fails if it would be too long; a file always works.
pub fn to_link(session: &Session) -> Result<String, LabError> {
    let spot = Spot::of(session);
    let payload = Payload {
        f: format_name().to_owned(),
        v: u64::from(FILE_VERSION),
        e: u64::from(ENGINE_VERSION),
        run: session.script().clone(),
        at: spot.events,
        now: spot.now,
        settled: spot.settled,
    };
    pack(WHAT, &serde_json::to_value(&payload).unwrap_or_default().to_string())
}

/// Makes a text small enough for an address. Fails if it would be too long.
pub fn pack(what: &'static str, text: &str) -> Result<String, LabError> {
    let packed = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(compress_to_vec(text.as_bytes(), 9)));
    if packed.len() > BOUNDS.link_bytes {
        return Err(LabError::TooLarge { what, size: packed.len() as u64, limit: BOUNDS.link_bytes as u64, unit: "characters" });
    }
    Ok(packed)
}

/// The text of a payload that [`pack`] made.
pub fn unpack(what: &'static str, packed: &str) -> Result<String, LabError> {
    let damaged = || LabError::Unreadable { what, why: "it is damaged or cut off".to_owned() };
    let too_large = |size: usize, limit: usize, unit| LabError::TooLarge { what, size: size as u64, limit: limit as u64, unit };
    if packed.len() > BOUNDS.link_bytes {
        return Err(too_large(packed.len(), BOUNDS.link_bytes, "characters"));
    }
    let Some(body) = packed.strip_prefix(PREFIX) else {
        return Err(LabError::Foreign { what, found: "an unknown link version".to_owned(), known: "version 1".to_owned() });
    };
    let packed = URL_SAFE_NO_PAD.decode(body).map_err(|_| damaged())?;
    let text = decompress_to_vec_with_limit(&packed, BOUNDS.inflated_bytes).map_err(|e| match e.status {
        TINFLStatus::HasMoreOutput => too_large(BOUNDS.inflated_bytes + 1, BOUNDS.inflated_bytes, "bytes after unpacking"),
        _ => damaged(),
    })?;
    String::from_utf8(text).map_err(|_| damaged())
}

/// Reads a payload: the run, and how many events have happened.
pub fn from_link(text: &str) -> Result<(Script, u32), LabError> {
    linked(text).map(|(script, spot)| (script, spot.events))
}

/// The same with the whole place.
pub fn linked(text: &str) -> Result<(Script, Spot), LabError> {
    let unreadable = |why: &str| LabError::Unreadable { what: WHAT, why: why.to_owned() };
    let value: serde_json::Value = serde_json::from_str(&unpack(WHAT, text)?).map_err(|e| unreadable(&e.to_string()))?;
    check_version(WHAT, &value, ["f", "v", "e"])?;
    let payload = Payload::deserialize(value).map_err(|e| unreadable(&e.to_string()))?;
    payload.run.check()?;
    Ok((payload.run, Spot { events: payload.at, now: payload.now, settled: payload.settled }))
}
