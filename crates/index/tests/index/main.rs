//! The index through its public face. One binary, because each one links all of Lance.
#![allow(clippy::unwrap_used, clippy::print_stderr, missing_docs)]

#[path = "../common/mod.rs"]
mod common;

mod concurrency;
mod filters;
mod languages;
mod latency;
mod recovery;
mod round_trip;
mod scifact;
mod upkeep;
