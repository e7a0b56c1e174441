//! OpenAI's HTTP interface below `/v1/`, so that whatever speaks it can ask this server. A handler translates a request into one of ours
//! and what comes of it back; rights, bounds and deadlines are the same as everywhere, and errors get OpenAI's shape in
//! [`crate::layers::problems`].
//!
//! A model's name says what is asked: `pinakes` the documents, `pinakes/SOURCE` those of one source, `pinakes/extractive` the documents
//! without a language model, and a language model's own name that model without the documents.

pub(crate) mod chat;
mod chunks;
pub(crate) mod embeddings;
mod knowledge;
pub(crate) mod models;
mod plain;
pub(crate) mod responses;
mod telling;
