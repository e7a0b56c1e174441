//! What a tokenizer is made of, whichever file it was read from.

use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::{NormalizerWrapper, PreTokenizerWrapper};

use super::bytes;
use super::controls::Control;
use crate::TokenizerError;

/// A vocabulary before it is put to work.
pub(super) struct Vocabulary {
    /// Tokens of text, in the byte alphabet, with their ids.
    pub(super) tokens: Vec<(String, u32)>,
    /// Tokens that text never becomes.
    pub(super) controls: Vec<Control>,
    /// Pairs to merge, best first.
    pub(super) merges: Vec<(String, String)>,
    pub(super) normalizer: Option<NormalizerWrapper>,
    pub(super) pre_tokenizer: PreTokenizerWrapper,
    pub(super) ignore_merges: bool,
    pub(super) bos: Option<u32>,
    pub(super) eos: Option<u32>,
    pub(super) pad: Option<u32>,
    pub(super) add_bos: bool,
}

impl Vocabulary {
    /// The encoder of plain text, free of control tokens.
    pub(super) fn encoder(&mut self) -> Result<tokenizers::Tokenizer, TokenizerError> {
        let vocab: Vocab = self.tokens.iter().cloned().collect();
        let model = BPE::builder()
            .vocab_and_merges(vocab, std::mem::take(&mut self.merges))
            .ignore_merges(self.ignore_merges)
            .build()
            .map_err(|error| TokenizerError::BadVocabulary(error.to_string()))?;
        let mut encoder = tokenizers::Tokenizer::new(model);
        encoder.with_normalizer(self.normalizer.take()).map_err(|error| TokenizerError::BadVocabulary(error.to_string()))?;
        encoder.with_pre_tokenizer(Some(self.pre_tokenizer.clone()));
        Ok(encoder)
    }

    /// Bytes that no token stands for, as a table over all bytes. Small vocabularies lack a few that hardly occur in text (SmolLM2: 21);
    /// one without printable ASCII or without U+FFFD, the stand-in for what is missing, is refused.
    pub(super) fn missing_bytes(&self) -> Result<Vec<bool>, TokenizerError> {
        let mut missing = vec![true; 256];
        let mut symbols = std::collections::HashMap::new();
        for byte in 0..=255u8 {
            symbols.insert(bytes::symbol(byte).to_string(), byte);
        }
        for (content, _) in &self.tokens {
            if let Some(&byte) = symbols.get(content) {
                missing[usize::from(byte)] = false;
            }
        }
        let needed = (b' '..=b'~').chain([b'\n']).chain("\u{FFFD}".bytes());
        match needed.into_iter().find(|&byte| missing[usize::from(byte)]) {
            Some(byte) => Err(TokenizerError::BadVocabulary(format!("no token stands for byte 0x{byte:02x}; is it byte-level BPE?"))),
            None => Ok(missing),
        }
    }
}
