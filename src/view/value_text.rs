//! Values of a lesson in words: a time like the clock shows it, a number with its thousands apart.

use super::format::{bytes, count, moment, span};
use crate::lab::{Quantity, Unit, Value};

/// A value as a reader sees it. Instants read like the clock, spans in their unit.
pub fn shown(quantity: &Quantity, value: &Value) -> String {
    match value {
        Value::Number(_, Unit::Time) => {
            let time = value.time().unwrap_or_default();
            let is_instant = matches!(quantity, Quantity::Time(_));
            // Two digits behind the point: what is compared may differ there.
            let exact = !time.0.is_multiple_of(100_000) && (1_000_000..60_000_000).contains(&time.0);
            match (is_instant, exact) {
                (true, _) => moment(time),
                (false, true) => format!("{:.2} s", time.0 as f64 / 1e6),
                (false, false) => span(time),
            }
        }
        Value::Number(n, Unit::Bytes) if n.fract() == 0.0 && *n >= 0.0 => bytes(*n as u64),
        Value::Number(n, Unit::Bytes) => format!("{n:.1} B"),
        Value::Number(n, _) if n.fract() == 0.0 && *n >= 0.0 => count(*n as u64),
        Value::Number(n, _) if n.abs() < 10.0 => format!("{n:.2}"),
        Value::Number(n, _) => format!("{n:.1}"),
        Value::Text(text) if text == "none" => "nothing".to_owned(),
        Value::Text(text) => text.clone(),
        Value::Nothing => "never".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Micros;

    #[test]
    fn each_kind_reads_as_it_should() {
        let q = |text: &str| text.parse::<Quantity>().expect("a quantity");
        let time = |us: u64| Value::Number(us as f64, Unit::Time);
        assert_eq!(shown(&q("time(agreement)"), &time(2_180_000)), "2.180 s");
        assert_eq!(shown(&q("latency(1)"), &time(40_000)), "40 ms");
        assert_eq!(shown(&q("latency(1)"), &time(2_060_000)), "2.06 s");
        assert_eq!(shown(&q("5s"), &time(Micros::secs(5).0)), "5 s");
        assert_eq!(shown(&q("bytes"), &Value::Number(214.0, Unit::Bytes)), "214 B");
        assert_eq!(shown(&q("messages"), &Value::Number(12_345.0, Unit::Count)), "12\u{202f}345");
        assert_eq!(shown(&q("bytes / bytes"), &Value::Number(1.5, Unit::Ratio)), "1.50");
        assert_eq!(shown(&q("value(A, x)"), &Value::Text("none".to_owned())), "nothing");
        assert_eq!(shown(&q("time(agreement)"), &Value::Nothing), "never");
    }
}
