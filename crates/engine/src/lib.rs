//! Qwen3.5: token ids in, token ids out.
//!
//! [`Model`] is what a file holds and computes with; [`Sequence`] what it remembers of one text; [`engine::Local`] the thread that answers
//! many requests at once. Promised: the same tokens give the same bits, alone or in a batch, however they were cut into chunks.
//! Absent: text, users, documents, HTTP.

pub mod cache;
pub mod config;
pub mod engine;
mod error;
mod forward;
mod model;
mod rewind;
pub mod sampler;
mod sequence;
mod sizes;
pub mod weights;

pub(crate) use pinakes_config::limits::engine as limits;

pub use error::{LoadError, LoadErrorKind};
pub use forward::{Batch, Scratch, forward};
pub use model::{CpuBackend, LoadOptions, Model};
pub use pinakes_kernels::{Isa, Kernel, KvKind, Peaks, Tally, force_isa};
pub use sampler::Random;
pub use sequence::{LayerMemory, Sequence};
