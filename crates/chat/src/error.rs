//! What can be wrong with a tokenizer or a template. Each text names the file or the thing and what was expected.

use std::path::PathBuf;

/// Why a vocabulary cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// The file could not be read.
    #[error("cannot read the tokenizer: {0}")]
    Read(#[from] std::io::Error),
    /// The file is not what a tokenizer of the byte-level kind looks like.
    #[error("{}: {reason}", file.display())]
    BadFile {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The vocabulary contradicts itself or is of another kind.
    #[error("unusable vocabulary: {0}")]
    BadVocabulary(String),
    /// The file names a way of splitting text that is not known here; guessing one would give other ids than the model was trained on.
    #[error("unknown pre-tokenizer `{0}`; put the checkpoint's own tokenizer.json beside the model")]
    UnknownPreTokenizer(String),
    /// Tokenizer and weights do not belong together.
    #[error("the tokenizer has {tokens} tokens and the model {rows} rows of embedding: they do not belong together")]
    VocabularyMismatch {
        /// One more than the highest id of the tokenizer.
        tokens: usize,
        /// Rows of the model's embedding.
        rows: usize,
    },
    /// A text could not be encoded.
    #[error("cannot encode the text: {0}")]
    Encode(String),
}

/// Why a conversation cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file could not be read.
    #[error("cannot read the chat template: {0}")]
    Read(#[from] std::io::Error),
    /// The template is not valid Jinja, uses what is not supported, or ran out of its allowance.
    #[error("chat template: {0}")]
    Bad(String),
    /// The template itself refused the conversation.
    #[error("the chat template refuses this conversation: {0}")]
    Refused(String),
    /// The template or what goes through it is larger than the limit.
    #[error("{what}: {size} is over the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How large it is.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The template asks for today's date and the caller gave none.
    #[error("the chat template asks for today's date, and none was given")]
    NoDate,
}
