//! What an engine is doing and did, for metrics.

use crate::cache::{CacheStats, TierStats};

/// Everything that is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EngineStats {
    /// Bytes of the model's weights.
    pub weights_bytes: u64,
    /// Requests that wait for a place.
    pub waiting: usize,
    /// Requests that have one.
    pub running: usize,
    /// Bytes set aside for these.
    pub reserved_bytes: u64,
    /// Requests that ended, for whatever reason.
    pub ended: u64,
    /// Tokens of answers, those under way included.
    pub completion_tokens: u64,
    /// Times that something read ahead gave its place to somebody.
    pub parked: u64,
    /// Snapshots in memory and what they saved.
    pub cache: CacheStats,
    /// The same on the disk, where there is a tier.
    pub tier: Option<TierStats>,
    /// Tokens that were put forward as drafts.
    pub drafted_tokens: u64,
    /// Of which the model said the same.
    pub accepted_tokens: u64,
}
