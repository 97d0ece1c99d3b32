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
use crate::engine::world::ENGINE_VERSION;

const WHAT: &str = "the link";
const PREFIX: &str = "1.";

/// What a link holds: `f`ormat, its `v`ersion, the `e`ngine's, the run and the number of events that have happened.
#[derive(Serialize, Deserialize)]
struct Payload {
    f: String,
    v: u64,
    e: u64,
    run: Script,
    at: u32,
}

/// The payload of a link to the current branch and place. Fails if it would be too long; a file always works.
pub fn to_link(session: &Session) -> Result<String, LabError> {
    let payload = Payload {
        f: format_name().to_owned(),
        v: u64::from(FILE_VERSION),
        e: u64::from(ENGINE_VERSION),
        run: session.script().clone(),
        at: session.cursor(),
    };
    let json = serde_json::to_value(&payload).unwrap_or_default().to_string();
    let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(compress_to_vec(json.as_bytes(), 9)));
    if text.len() > BOUNDS.link_bytes {
        return Err(LabError::TooLarge { what: WHAT, size: text.len() as u64, limit: BOUNDS.link_bytes as u64, unit: "characters" });
    }
    Ok(text)
}

/// Reads a payload: the run, and how many events have happened.
pub fn from_link(text: &str) -> Result<(Script, u32), LabError> {
    let unreadable = |why: &str| LabError::Unreadable { what: WHAT, why: why.to_owned() };
    if text.len() > BOUNDS.link_bytes {
        return Err(LabError::TooLarge { what: WHAT, size: text.len() as u64, limit: BOUNDS.link_bytes as u64, unit: "characters" });
    }
    let Some(body) = text.strip_prefix(PREFIX) else {
        return Err(LabError::Foreign { what: WHAT, found: "an unknown link version".to_owned(), known: "version 1".to_owned() });
    };
    let packed = URL_SAFE_NO_PAD.decode(body).map_err(|_| unreadable("it is damaged or cut off"))?;
    let json = decompress_to_vec_with_limit(&packed, BOUNDS.inflated_bytes).map_err(|e| match e.status {
        TINFLStatus::HasMoreOutput => LabError::TooLarge {
            what: "what the link unpacks to",
            size: BOUNDS.inflated_bytes as u64 + 1,
            limit: BOUNDS.inflated_bytes as u64,
            unit: "bytes",
        },
        _ => unreadable("it is damaged or cut off"),
    })?;
    let value: serde_json::Value = std::str::from_utf8(&json)
        .map_err(|_| unreadable("it is damaged or cut off"))
        .and_then(|json| serde_json::from_str(json).map_err(|e| unreadable(&e.to_string())))?;
    check_version(WHAT, &value, ["f", "v", "e"])?;
    let payload = Payload::deserialize(value).map_err(|e| unreadable(&e.to_string()))?;
    payload.run.check()?;
    Ok((payload.run, payload.at))
}
