//! The one canonical encoding of everything that travels or is digested: little-endian, fixed width, lengths before bytes.

/// Where encoded bytes go.
pub trait Sink {
    /// Takes the next bytes.
    fn put(&mut self, bytes: &[u8]);

    /// One byte.
    fn u8(&mut self, n: u8) {
        self.put(&[n]);
    }

    /// Four bytes, little-endian.
    fn u32(&mut self, n: u32) {
        self.put(&n.to_le_bytes());
    }

    /// Eight bytes, little-endian.
    fn u64(&mut self, n: u64) {
        self.put(&n.to_le_bytes());
    }

    /// A length in two bytes, then the bytes (at most 65,535: values and keys are bounded well below).
    fn bytes(&mut self, bytes: &[u8]) {
        self.put(&(bytes.len().min(0xffff) as u16).to_le_bytes());
        self.put(&bytes[..bytes.len().min(0xffff)]);
    }
}

/// Has a canonical encoding.
pub trait Wire {
    /// Writes the canonical encoding.
    fn encode<S: Sink>(&self, sink: &mut S);

    /// Length of the canonical encoding in bytes. Counts the very bytes that [`Wire::encode`] writes.
    fn size(&self) -> u32 {
        let mut count = Count(0);
        self.encode(&mut count);
        count.0
    }
}

/// Counts bytes and keeps none.
#[derive(Debug, Default)]
pub struct Count(pub u32);

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len() as u32;
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
