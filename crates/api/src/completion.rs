//! A language model's own words, without the documents: what `/v1/chat/completions` asks of the rest of the house when a model is named
//! by its own name. Not shapes of the wire.

use crate::Usage;

/// Who speaks in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// Instructions.
    System,
    /// The person who asks.
    User,
    /// The model.
    Assistant,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Who speaks.
    pub speaker: Speaker,
    /// What is said.
    pub text: String,
}

/// What form a text is to have.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Form {
    /// Any.
    #[default]
    Prose,
    /// JSON that fits this schema.
    Json(serde_json::Value),
}

/// Turns to continue.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CompletionRequest {
    /// The language model; the configured one's name.
    pub model: String,
    /// The turns, oldest first; the last is a user's.
    pub turns: Vec<Turn>,
    /// Tokens of the text; as configured when absent.
    pub tokens_max: Option<usize>,
    /// 0 is greedy.
    pub temperature: f32,
    /// 1 draws from all.
    pub top_p: f32,
    /// Of the draws.
    pub seed: u64,
    /// Taken off for each time a token was said.
    pub frequency_penalty: f32,
    /// Taken off once it was said.
    pub presence_penalty: f32,
    /// What ends the text and is left out.
    pub stop: Vec<String>,
    /// Whether the model reasons first; as configured when absent.
    pub thinking: Option<bool>,
    /// What form the text has.
    pub form: Form,
}

/// More of a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompletionWords {
    /// Of what the model says to itself first.
    pub reasoning: String,
    /// Of the text.
    pub text: String,
}

/// A text that has come to its end; its words were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Completed {
    /// Tokens used.
    pub usage: Usage,
    /// Whether it was as long as allowed, rather than at its end.
    pub cut: bool,
}

/// Vectors of some texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Embedded {
    /// One for each text, in order, of unit length.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens read.
    pub tokens: u64,
}

/// What can be named as a model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Models {
    /// Language models that write, the configured one first.
    pub generators: Vec<String>,
    /// The embedding model.
    pub embedding: Option<String>,
    /// Collections that the asker may use.
    pub collections: Vec<String>,
    /// Sources that the asker reads something of.
    pub sources: Vec<String>,
}
