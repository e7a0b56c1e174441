//! The text side of the generator: what turns a conversation into token ids and token ids back into an answer.
//!
//! Promised:
//! - Text of users and documents never becomes a control token (ARCHITECTURE.md, invariant 11). The byte-pair encoder holds no control
//!   token at all, and of a rendered conversation only what the template itself wrote is read for them ([`Chat::prompt`]).
//! - The ids of a conversation without control tokens in its text are those that the checkpoint's own template and tokenizer give.
//! - Where a prompt may be cut for reuse is said in tokens ([`Boundary`]).
//! - Between quotation marks a model can be held to what stands in given texts ([`Quoting`]), and its whole answer to a JSON Schema
//!   ([`Grammar`]): both say which tokens may come next.
//! - A [`Reply`] gives whole characters, reasoning apart from answer, and nothing of a stop string, however the tokens fall.
//!
//! Absent: weights, sampling, users, documents, the clock.

mod conversation;
mod error;
mod grammar;
mod json;
mod open;
mod prompt;
mod quoting;
mod reply;
mod template;
mod tokenizer;
mod tool_calls;

pub(crate) use pinakes_config::limits::chat as limits;

pub use conversation::{Conversation, Date, Message, Role, ToolCall};
pub use error::{TemplateError, TokenizerError};
pub use grammar::{BadSchema, Completed, Grammar, laid_out};
pub use json::Json;
pub use open::OpenError;
pub use prompt::{Boundary, BoundaryKind, Chat, Prompt, PromptError};
pub use quoting::{CLOSE, OPEN, QuotableText, Quoting, quotations};
pub use reply::{BadStops, Delta, Reply};
pub use template::Template;
pub use tokenizer::{GgufVocabulary, Piece, Tokenizer};
pub use tool_calls::{WrittenCall, take_tool_calls};
