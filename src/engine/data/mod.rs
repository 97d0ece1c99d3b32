//! What a replica holds: keys, rows of versions, the rule that orders versions, and a store with a durable and a volatile part.

mod key;
mod pages;
mod row;
mod rule;
mod store;

pub use key::{Key, Token};
pub use pages::{PAGE_MAX, Page, PageMap};
pub use row::{Clock, Payload, Row, Stamp, Version, checksum, row_digest};
pub use rule::{Merge, Order, Rule};
pub use store::{Change, Reverted, Store};
