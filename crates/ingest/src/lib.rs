//! From files to searchable passages.
pub mod chunk;
