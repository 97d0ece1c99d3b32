//! The network's manners as fields to fill in: what stands in them, and reading them back.

use crate::engine::world::NetworkConfig;
use crate::view::settings_text::{exact, per_cent_field, read_per_cent, read_span};

/// Most kilobytes a second that can be typed: more than any link carries.
const MOST_KB: u64 = 1_000_000_000;

/// The fields, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkDraft {
    /// Share of messages lost, per cent.
    pub lost: String,
    /// Share of messages that arrive twice, per cent.
    pub twice: String,
    /// Share of messages held back, per cent.
    pub held: String,
    /// How long at most.
    pub held_by: String,
    /// Kilobytes a second on each link; 0 is without limit.
    pub bandwidth: String,
    /// Whether messages of one link stay in order.
    pub in_order: bool,
}

impl NetworkDraft {
    /// What the fields say for this network.
    pub fn of(network: &NetworkConfig) -> NetworkDraft {
        let (kb, rest) = (network.bandwidth / 1000, network.bandwidth % 1000);
        let bandwidth = if rest == 0 { kb.to_string() } else { format!("{kb}.{}", format!("{rest:03}").trim_end_matches('0')) };
        NetworkDraft {
            lost: per_cent_field(network.loss_ppm),
            twice: per_cent_field(network.duplicate_ppm),
            held: per_cent_field(network.reorder_ppm),
            held_by: exact(network.reorder_by),
            bandwidth,
            in_order: network.in_order,
        }
    }

    /// The network these fields describe; what they do not mention is as in `base`. Or the field at fault and its bound.
    pub fn read(&self, base: &NetworkConfig) -> Result<NetworkConfig, String> {
        let at = |field: &str, why: String| format!("{field}: {why}.");
        let network = NetworkConfig {
            loss_ppm: read_per_cent(&self.lost).map_err(|e| at("Lost", e))?,
            duplicate_ppm: read_per_cent(&self.twice).map_err(|e| at("Sent twice", e))?,
            reorder_ppm: read_per_cent(&self.held).map_err(|e| at("Held back", e))?,
            reorder_by: read_span(&self.held_by).map_err(|e| at("Up to", e))?,
            bandwidth: read_bandwidth(&self.bandwidth).map_err(|e| at("Bandwidth", e))?,
            in_order: self.in_order,
            ..*base
        };
        network.check().map_err(|e| at("Up to", e.problem))?;
        Ok(network)
    }
}

/// Reads kilobytes a second, as bytes a second.
fn read_bandwidth(text: &str) -> Result<u64, String> {
    let wrong = || format!("write kilobytes a second from 0 (no limit) to {MOST_KB}");
    let value = crate::view::settings_text::scaled(text.trim(), 1000).ok_or_else(wrong)?;
    if value <= MOST_KB * 1000 { Ok(value) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::base::Micros;

    #[test]
    fn fields_read_back_as_the_network_they_came_from() {
        let networks = [
            NetworkConfig::default(),
            NetworkConfig {
                loss_ppm: 25_000,
                duplicate_ppm: 1,
                reorder_ppm: 1_000_000,
                reorder_by: Micros(1_234),
                bandwidth: 20_500,
                in_order: true,
                ..NetworkConfig::default()
            },
        ];
        for network in networks {
            assert_eq!(NetworkDraft::of(&network).read(&network), Ok(network));
        }
    }

    #[test]
    fn the_field_at_fault_is_named() {
        let base = NetworkConfig::default();
        let good = NetworkDraft::of(&base);
        let bad = [
            (NetworkDraft { lost: "101".into(), ..good.clone() }, "Lost: "),
            (NetworkDraft { twice: "x".into(), ..good.clone() }, "Sent twice: "),
            (NetworkDraft { held: "-1".into(), ..good.clone() }, "Held back: "),
            (NetworkDraft { held_by: "500 d".into(), ..good.clone() }, "Up to: "),
            (NetworkDraft { bandwidth: "9999999999".into(), ..good.clone() }, "Bandwidth: "),
        ];
        for (draft, begins) in bad {
            let why = draft.read(&base).expect_err(begins);
            assert!(why.starts_with(begins), "{why}");
        }
    }
}
