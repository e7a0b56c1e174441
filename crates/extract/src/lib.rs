//! Bytes to structured text: plain text and source code, Markdown, HTML, PDF and Word `.docx`.
//!
//! Documents are untrusted, so they are read in a child process under limits of memory, CPU time, files and wall-clock time
//! ([`Extractor`], [`run_worker`]); what a malicious or broken file can cost is that one file. The same children draw pages of a PDF. Promised: every file ends in exactly one
//! state with a reason that names the remedy, nothing is dropped silently, and hash and text always belong to the same bytes.
//!
//! This crate knows nothing of sources, storage, chunks or rights.

mod builder;
mod decode;
mod docx;
mod extractor;
mod html;
mod kind;
mod language;
mod markdown;
mod outcome;
mod parse;
mod pdf;
mod png;
mod protocol;
mod read;
mod reasons;
mod seen;
mod text;
mod worker;

pub use extractor::{Extractor, WorkerCommand};
pub use outcome::{Extraction, Rejection};
pub use parse::parse;
pub use pdf::Sought;
pub use seen::{PageSeen, PageWanted};
pub use worker::run_worker;

/// Version of what extraction makes of the same bytes. Raised whenever that changes, so that documents read before are read again.
pub const EXTRACTOR_VERSION: u32 = 1;
