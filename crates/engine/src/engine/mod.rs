//! Requests in, tokens out: the boundary that everything above the engine sees, and what stands behind it.
//!
//! [`Local`] runs a model on a thread of its own; [`Echo`], [`Slow`] and [`Panic`] are doubles for the tests of others.

mod admission;
mod answer;
mod backend;
mod doubles;
mod draft;
mod guard;
mod local;
mod outbox;
mod pace;
mod queue;
mod request;
mod reuse;
mod running;
mod schedule;
mod shadow;
mod stats;
mod thread;

pub use backend::{Backend, Chunk, LogitRows, SequenceCost, Snapshot};
pub use doubles::{Echo, Panic, Slow};
pub(crate) use guard::guarded;
pub use local::{Local, LocalOptions};
pub use request::{Event, Failure, FinishReason, Priority, Refused, Request, Running, Usage};
pub use stats::EngineStats;

/// Answers requests of token ids with token ids.
pub trait Engine: Send + Sync {
    /// Takes a request, or says at once why not. Never blocks.
    ///
    /// # Errors
    /// See [`Refused`].
    fn submit(&self, request: Request) -> Result<Running, Refused>;

    /// Drops all that was kept of prompts but public preambles, as the rights that it was kept under changed. What is being answered is
    /// answered, and not kept either. Engines that keep nothing have nothing to drop.
    fn forget_private(&self) {}

    /// What the engine is and what it allows.
    fn describe(&self) -> Description;
}

/// An engine's bounds, for callers that plan a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Ids below this may be in a prompt.
    pub vocabulary: usize,
    /// Positions of prompt and answer together.
    pub context_max: usize,
    /// Bytes all sequences together may take.
    pub memory_bytes: u64,
    /// Bytes one takes.
    pub cost: SequenceCost,
}
