//! What was read once and need not be read again: snapshots of sequences, found by the tokens before them.
//!
//! Promised: what is found is exactly what reading those tokens would give, because every token is an exact place to go on from; and a
//! snapshot is found only from the [`Domain`] that wrote it, apart from the public preamble. Whatever goes wrong is a miss.

mod cost;
pub mod disk;
mod radix;
mod reuse;
mod tier;
mod tree;

pub use cost::{PrefillCost, worth};
pub use reuse::{CacheRequest, CacheStats, ReuseEnd};
pub use tier::{Domain, Fetched, Fetching, Miss, Prefix, Tier, TierStats};
pub use tree::{Found, Pin, SnapshotTree};
