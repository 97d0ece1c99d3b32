//! The work that every contestant does: who gets the next message, and when.

/// Nodes that send to each other.
pub const PEERS: u64 = 8;

/// What a message carries: 80 bytes.
pub type Message = [u64; 10];

/// A small fast generator (splitmix64), so that drawing does not hide what is measured.
pub struct Draw(u64);

impl Draw {
    /// The same numbers for everybody.
    pub fn new() -> Self {
        Self::at(0x5eed)
    }

    /// Goes on from where [`Draw::seed`] was read.
    pub fn at(seed: u64) -> Self {
        Self(seed)
    }

    /// Where it is.
    pub fn seed(&self) -> u64 {
        self.0
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Microseconds until a message arrives, 1 to 65,536, and who gets it.
    pub fn message(&mut self) -> (u64, u32) {
        let bits = self.next();
        (1 + (bits & 0xffff), ((bits >> 32) % PEERS) as u32)
    }
}
