//! From files to searchable passages: walk a source, read what changed, cut, embed, publish; remove what is gone; verify and repair.
//!
//! A run holds the writer's lock and publishes in steps: passages are written to both legs, made durable, and then one catalog
//! transaction makes them current. A kill between any two instructions leaves the last published state, and the next run goes on from
//! there, because a file is only known once it was published. Nothing here knows HTTP or a language model.

pub mod chunk;

mod batch;
mod error;
mod failpoints;
mod jobs;
mod labels;
mod lock;
mod originals;
mod pages;
mod progress;
mod published;
mod read_side;
mod read_source;
mod rebuild;
mod remove;
mod source;
mod status;
mod store;
mod upload;
mod verify;
mod walk;
mod writer;

pub use error::{IngestError, catalog_code};
pub use failpoints::arm_failpoints;
pub use jobs::{JobQueue, Work};
pub use lock::{Holder, WriterLock};
pub use originals::{Original, Originals};
pub use pages::{PageCounts, PageImage, Pages};
pub use progress::{Observer, Quiet};
pub use published::Published;
pub use read_side::ReadSide;
pub use source::{UPLOADS, source_of};
pub use store::Store;
pub use upload::StoredUpload;
pub use verify::{Repair, VerifyReport};
pub use writer::Writer;
