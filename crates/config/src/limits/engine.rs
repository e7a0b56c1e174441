//! What a generator may be made of, and what one request may ask of it.

use std::time::Duration;

/// Rows of an embedding. The largest published vocabularies have 262,144.
pub const VOCABULARY_MAX: usize = 1 << 21;
/// Width of a stream or of an inner layer.
pub const WIDTH_MAX: usize = 1 << 18;
/// Layers.
pub const LAYERS_MAX: usize = 1 << 10;
/// Heads of one kind.
pub const HEADS_MAX: usize = 1 << 10;
/// Elements of a head.
pub const HEAD_DIM_MAX: usize = 1 << 10;
/// Taps of a convolution.
pub const CONV_WIDTH_MAX: usize = 16;
/// Routed experts of a layer.
pub const EXPERTS_MAX: usize = 1 << 12;
/// Positions of a sequence.
pub const CONTEXT_MAX: usize = 1 << 24;
/// A `config.json`.
pub const CONFIG_BYTES_MAX: u64 = 16 << 20;
/// Worker threads.
pub const THREADS_MAX: usize = 1 << 8;
/// Requests that wait for the engine thread to look at them.
pub const QUEUE_MAX: usize = 256;
/// Sequences that are read or written at once.
pub const RUNNING_MAX: usize = 64;
/// Rows of one step: what is read before a cancellation is noticed.
pub const CHUNK_TOKENS: usize = 512;
/// The same while others are being written to, who wait for it between two tokens.
pub const CHUNK_TOKENS_SHARED: usize = 128;
/// The same, however long a token takes: fewer would read the weights for next to nothing.
pub const CHUNK_TOKENS_MIN: usize = 16;
/// Requests that one step takes prompts of.
pub const READERS_MAX: usize = 8;
/// Tokens of a draft, and of all drafts in a step.
pub const DRAFT_TOKENS_MAX: usize = 16;
/// The same, at least.
pub const DRAFT_TOKENS_MIN: usize = 3;
/// Events that wait for a slow receiver before its sequence pauses.
pub const EVENTS_MAX: usize = 64;
/// A receiver that takes nothing for so long is taken for gone, and its sequence's memory given to others.
pub const STALL_TIME_MAX: Duration = Duration::from_secs(60);
/// Time between two tokens of an answer that is kept to while prompts are read.
pub const GAP_TIME_TARGET: std::time::Duration = std::time::Duration::from_millis(100);
/// Candidates whose probabilities are reported with a token.
pub const TOP_LOGPROBS_MAX: usize = 20;
/// Biases of one request.
pub const BIASES_MAX: usize = 1 << 12;
/// Ids that end one request's answer, and ids of a forced end of reasoning.
pub const STOP_TOKENS_MAX: usize = 64;
/// Longest cycle of tokens that is seen as a loop.
pub const LOOP_PERIOD_MAX: usize = 256;
/// Times a cycle comes back to back before it is a loop.
pub const LOOP_REPEATS: usize = 8;
/// Tokens that a loop covers at least; shorter ones are rulers and empty table rows.
pub const LOOP_TOKENS_MIN: usize = 192;
/// Tokens whose way through the prefix tree is remembered, with a snapshot or without one.
pub const CACHE_TOKENS_MAX: usize = 1 << 24;
/// Boundaries that a request may give.
pub const CACHE_BOUNDARIES_MAX: usize = 1 << 14;
/// Tokens between two snapshots within a long run.
pub const SNAPSHOT_TOKENS: usize = 4096;
/// Tokens between two snapshots at boundaries, at least.
pub const SNAPSHOT_TOKENS_MIN: usize = 64;
/// Tokens that a snapshot at a fork saves the next who comes there, at least.
pub const FORK_TOKENS_MIN: usize = 512;

/// What of snapshots on the disk is kept or waits at most.
pub mod disk {
    /// Bytes of snapshots that wait to be written to the disk.
    pub const BYTES_WAITING_MAX: u64 = 512 << 20;
    /// Snapshots that wait to be read back.
    pub const FETCHES_MAX: usize = 64;
    /// Files of snapshots; what is known of each takes some 300 bytes of memory.
    pub const FILES_MAX: usize = 1 << 17;
    /// Bad files met on the way to one snapshot before it is given up.
    pub const FAULTS_MAX: usize = 16;
}
