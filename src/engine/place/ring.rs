//! The token ring.

use crate::engine::base::NodeId;
use crate::engine::data::Token;

/// Tokens in ring order, each with its node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ring {
    tokens: Vec<(Token, NodeId)>,
}

impl Ring {
    /// A ring of `nodes` nodes with one token each, evenly spaced; node A's token is 0.
    pub fn even(nodes: u32) -> Ring {
        let step = (1u128 << 64) / u128::from(nodes.max(1));
        Ring { tokens: (0..nodes).map(|n| (Token((step * u128::from(n)) as u64), NodeId(n))).collect() }
    }

    /// Tokens in ring order, each with its node.
    pub fn tokens(&self) -> &[(Token, NodeId)] {
        &self.tokens
    }

    /// The preference list: the first `n` distinct nodes clockwise from the first token at or after `token`, wrapping round
    /// (Apache Cassandra 4.1, `locator/SimpleStrategy`). Shorter than `n` if the ring has fewer nodes.
    pub fn replicas(&self, token: Token, n: u32) -> Vec<NodeId> {
        let start = self.tokens.partition_point(|(t, _)| *t < token);
        let wanted = n as usize;
        let mut list: Vec<NodeId> = Vec::with_capacity(wanted.min(self.tokens.len()));
        for (_, node) in self.tokens[start..].iter().chain(&self.tokens[..start]) {
            if list.len() >= wanted {
                break;
            }
            if !list.contains(node) {
                list.push(*node);
            }
        }
        list
    }

    /// Whether `node` is one of the first `n` replicas of `token`.
    pub fn is_replica(&self, token: Token, n: u32, node: NodeId) -> bool {
        self.replicas(token, n).contains(&node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_walks_clockwise_and_wraps() {
        let ring = Ring::even(4);
        let names = |token: u64, n| ring.replicas(Token(token), n).iter().map(NodeId::to_string).collect::<String>();
        assert_eq!(names(0, 3), "ABC", "a key on a token belongs to that node first");
        assert_eq!(names(1, 3), "BCD");
        assert_eq!(names(u64::MAX, 3), "ABC", "past the last token the ring begins again");
        assert_eq!(names(1 << 63, 9), "CDAB", "no node twice, even if more are wanted");
    }
}
