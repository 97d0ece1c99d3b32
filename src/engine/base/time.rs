//! Simulated time: whole microseconds since the start of a run.

use std::fmt;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant (microseconds since the run began) or a span of simulated time (microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Micros(pub u64);

/// Units from large to small; each name with its length in microseconds.
const UNITS: [(&str, u64); 6] =
    [("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1)];

impl Micros {
    /// The start of every run.
    pub const ZERO: Micros = Micros(0);
    /// Later than anything that happens.
    pub const MAX: Micros = Micros(u64::MAX);

    /// A span of whole milliseconds.
    pub const fn ms(n: u64) -> Micros {
        Micros(n * 1_000)
    }

    /// A span of whole seconds.
    pub const fn secs(n: u64) -> Micros {
        Micros(n * 1_000_000)
    }

    /// This instant moved later by `span`; stays at the end of time rather than wrapping.
    #[must_use]
    pub const fn plus(self, span: Micros) -> Micros {
        Micros(self.0.saturating_add(span.0))
    }

    /// The span since `earlier`, zero if `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Micros) -> Micros {
        Micros(self.0.saturating_sub(earlier.0))
    }
}

/// Writes the shortest exact form: the largest unit that divides the value (`1500us`, `80ms`, `7d`).
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let (name, size) = UNITS.iter().find(|(_, size)| self.0.is_multiple_of(*size)).copied().unwrap_or(("us", 1));
        write!(f, "{}{name}", self.0 / size)
    }
}

/// The text is not a number followed by `us`, `ms`, `s`, `min`, `h` or `d`, or is too large.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseMicrosError;

impl fmt::Display for ParseMicrosError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a time such as 80ms, 1500us, 3s, 10min, 2h or 7d")
    }
}

impl std::error::Error for ParseMicrosError {}

impl FromStr for Micros {
    type Err = ParseMicrosError;

    fn from_str(text: &str) -> Result<Micros, ParseMicrosError> {
        let split = text.find(|c: char| !c.is_ascii_digit()).ok_or(ParseMicrosError)?;
        let (digits, unit) = text.split_at(split);
        let count: u64 = digits.parse().map_err(|_| ParseMicrosError)?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit.trim()).ok_or(ParseMicrosError)?;
        count.checked_mul(*size).map(Micros).ok_or(ParseMicrosError)
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Micros;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a time: whole microseconds, or text such as \"80ms\"")
            }
            fn visit_u64<E: de::Error>(self, n: u64) -> Result<Micros, E> {
                Ok(Micros(n))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Micros, E> {
                text.parse().map_err(|e: ParseMicrosError| E::custom(format!("{e}, found \"{text}\"")))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_exact_and_reads_back() {
        for n in [0, 1, 999, 1_000, 1_500, 80_000, 60_000_000, 604_800_000_000, u64::MAX] {
            let text = Micros(n).to_string();
            assert_eq!(text.parse(), Ok(Micros(n)), "{text}");
        }
        assert_eq!(Micros(604_800_000_000).to_string(), "7d");
        assert_eq!(Micros(1_500).to_string(), "1500us");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "12", "ms", "-3s", "1.5s", "3 weeks", "99999999999999999999s", "18446744073709551615d"] {
            assert_eq!(text.parse::<Micros>(), Err(ParseMicrosError), "{text}");
        }
    }
}
