//! Conversations: what was asked before says what a question means, and what was answered is kept for the one who asked.
//!
//! Promised:
//! - A question that stands alone is searched for as it is; only one that leans on what was asked before is made to stand alone.
//! - A kept answer is shown again, and given to a prompt, only while every document it rests on may still be read.
//! - Question and answer are kept together, before the answer is said to be kept.
//! - What of a conversation reaches a prompt is bounded (`limits::conversation`), however long it is.

mod earlier;
mod export;
mod feedback;
mod fitting;
mod follow_up;
mod keep;
mod manage;
mod rewrite;
mod shown;

pub use earlier::{Earlier, Turn};
pub use feedback::Judged;
