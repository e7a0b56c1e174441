//! Text to token ids.

use std::path::Path;

use tokenizers::{Encoding, PostProcessor, Tokenizer, TruncationDirection};

use crate::EmbedError;

/// The model's tokenizer with its own padding and truncation off: nothing is padded here, and where a text is cut is ours to say.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    special_tokens: usize,
    tokens_max: usize,
    vocabulary: usize,
}

impl Tokens {
    /// From the bytes of `tokenizer.json`; `path` is for errors.
    pub(crate) fn new(path: &Path, json: &[u8], tokens_max: usize, vocabulary: usize) -> Result<Self, EmbedError> {
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| EmbedError::bad(path, error.to_string()))?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| EmbedError::bad(path, error.to_string()))?;
        // `[SEP]` in somebody's document is five characters, not the end of a sequence.
        tokenizer.set_encode_special_tokens(true);
        let special_tokens = tokenizer.get_post_processor().map_or(0, |post| post.added_tokens(false));
        if special_tokens + 1 > tokens_max {
            return Err(EmbedError::bad(path, format!("adds {special_tokens} special tokens where the model reads {tokens_max}")));
        }
        let tokens = Self { tokenizer, special_tokens, tokens_max, vocabulary };
        tokens.check_largest_id(path)?;
        Ok(tokens)
    }

    /// Every id the tokenizer can give must have a row in the embedding table.
    fn check_largest_id(&self, path: &Path) -> Result<(), EmbedError> {
        let largest = self.tokenizer.get_vocab(true).into_values().max().unwrap_or(0) as usize;
        if largest >= self.vocabulary {
            return Err(EmbedError::bad(path, format!("has token id {largest}, but the model has {} tokens", self.vocabulary)));
        }
        Ok(())
    }

    /// Ids with special tokens, cut to what the model reads. Never empty: special tokens are always there, or else the text is.
    pub(crate) fn ids(&self, text: &str) -> Result<Vec<u32>, EmbedError> {
        let failed = |error: tokenizers::Error| EmbedError::Tokenize { bytes: text.len(), problem: error.to_string() };
        let mut encoding = self.encode(text)?;
        encoding.truncate(self.tokens_max - self.special_tokens, 0, TruncationDirection::Right);
        let encoding = self.tokenizer.post_process(encoding, None, true).map_err(failed)?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Byte offsets where the tokens end, without special tokens, uncut.
    pub(crate) fn ends(&self, text: &str) -> Result<Vec<usize>, EmbedError> {
        Ok(self.encode(text)?.get_offsets().iter().map(|&(_, end)| end).collect())
    }

    /// How many tokens, without special tokens, uncut.
    pub(crate) fn count(&self, text: &str) -> Result<usize, EmbedError> {
        let failed = |error: tokenizers::Error| EmbedError::Tokenize { bytes: text.len(), problem: error.to_string() };
        Ok(self.tokenizer.encode_fast(text, false).map_err(failed)?.len())
    }

    fn encode(&self, text: &str) -> Result<Encoding, EmbedError> {
        self.tokenizer.encode(text, false).map_err(|error| EmbedError::Tokenize { bytes: text.len(), problem: error.to_string() })
    }
}
