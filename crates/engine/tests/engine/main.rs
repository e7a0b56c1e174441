//! The engine against reference implementations, and its promises about bits, splits, batches and bad files.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests are tests too")]

mod disk;
mod faults;
mod files;
mod gguf;
mod hugging_face;
mod llama;
mod local;
mod quantized;
mod restart;
mod reuse;
mod schedule;
mod speculation;
mod splits;
mod support;
mod toy;
