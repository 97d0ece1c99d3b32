//! Settings of the accrual failure detector, and the level of suspicion it works with.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::engine::base::Micros;

/// A level of suspicion φ in thousandths: at φ = 1 a live peer would be silent for so long one time in ten, at φ = 8 one time in 10⁸.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Phi(pub u64);

impl Phi {
    /// A whole level.
    pub const fn whole(n: u64) -> Phi {
        Phi(n * 1_000)
    }
}

/// Writes the shortest exact form: `8`, `8.5`, `0.434`.
impl fmt::Display for Phi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 1_000, self.0 % 1_000);
        if part == 0 {
            return write!(f, "{whole}");
        }
        write!(f, "{whole}.{}", format!("{part:03}").trim_end_matches('0'))
    }
}

/// The text is not a decimal number with at most three places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsePhiError;

impl fmt::Display for ParsePhiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a level such as 8 or 8.5, with at most three places")
    }
}

impl std::error::Error for ParsePhiError {}

impl FromStr for Phi {
    type Err = ParsePhiError;

    fn from_str(text: &str) -> Result<Phi, ParsePhiError> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || part.len() > 3 || !digits(whole) || !digits(part) {
            return Err(ParsePhiError);
        }
        let whole: u64 = whole.parse().map_err(|_| ParsePhiError)?;
        let part: u64 = format!("{part:0<3}").parse().map_err(|_| ParsePhiError)?;
        whole.checked_mul(1_000).and_then(|n| n.checked_add(part)).map(Phi).ok_or(ParsePhiError)
    }
}

impl Serialize for Phi {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1_000) { serializer.serialize_u64(self.0 / 1_000) } else { serializer.collect_str(self) }
    }
}

impl<'de> Deserialize<'de> for Phi {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Phi, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Phi;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a whole number, or text such as \"8.5\"")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Phi, E> {
                n.checked_mul(1_000).map(Phi).ok_or_else(|| E::custom("the level is too large"))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Phi, E> {
                text.parse().map_err(|e: ParsePhiError| E::custom(format!("{e}, found \"{text}\"")))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// How the accrual detector learns a peer's rhythm and when it gives the peer up (Apache Cassandra 4.1, `gms/FailureDetector`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accrual {
    /// Time between two heartbeats of one node, and between two looks at who is silent.
    pub every: Micros,
    /// How many of a peer's latest intervals the mean is taken over.
    pub window: u32,
    /// The interval that stands for a peer's rhythm before it is known. Long: waiting longer at first is better than a false alarm.
    pub initial: Micros,
    /// Longer intervals are not learned: a peer that is often silent for so long shall be given up quickly, not waited for.
    pub max_interval: Micros,
    /// Suspicion above which a peer is held to be down.
    pub threshold: Phi,
    /// A node that has itself stood still for longer than this gives nobody up for as long again.
    pub pause: Micros,
}

impl Default for Accrual {
    /// 1 s, 1000 intervals, 2 s, 2 s, φ = 8, 5 s: the values of Cassandra 4.1.
    fn default() -> Self {
        Accrual {
            every: Micros::secs(1),
            window: 1_000,
            initial: Micros::secs(2),
            max_interval: Micros::secs(2),
            threshold: Phi::whole(8),
            pause: Micros::secs(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_read_back_as_themselves() {
        for (text, phi) in [("8", 8_000), ("8.5", 8_500), ("0.434", 434), ("0", 0), ("12.05", 12_050)] {
            assert_eq!((text.parse(), Phi(phi).to_string().as_str()), (Ok(Phi(phi)), text));
            let json = serde_json::to_string(&Phi(phi)).expect("writes");
            assert_eq!(serde_json::from_str::<Phi>(&json).expect("reads"), Phi(phi), "{json}");
        }
        for text in ["", ".", "8.", ".5", "-1", "8.1234", "eight", "99999999999999999999"] {
            assert_eq!(text.parse::<Phi>().is_ok(), text == "8.", "{text}");
        }
    }
}
