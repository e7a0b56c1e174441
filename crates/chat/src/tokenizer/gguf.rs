//! The vocabulary that a GGUF file carries, for when no tokenizer.json stands beside it.

use std::collections::HashSet;

use pinakes_models::gguf::{BadMetadata, Metadata};

use super::controls::Control;
use super::pre;
use super::vocabulary::Vocabulary;
use crate::{TokenizerError, limits};

/// Kinds of token in `tokenizer.ggml.token_type`.
mod kind {
    pub(super) const NORMAL: i32 = 1;
    pub(super) const UNKNOWN: i32 = 2;
    pub(super) const CONTROL: i32 = 3;
    pub(super) const USER_DEFINED: i32 = 4;
    pub(super) const UNUSED: i32 = 5;
    pub(super) const BYTE: i32 = 6;
}

/// The `tokenizer.ggml.*` entries of a GGUF file.
#[derive(Debug, Clone, Default)]
pub struct GgufVocabulary {
    /// `model`: only `gpt2` (byte-level BPE) is read.
    pub model: String,
    /// `pre`: the name of the splitting.
    pub pre: String,
    /// `tokens`: by id.
    pub tokens: Vec<String>,
    /// `merges`: two tokens with a space between, best first.
    pub merges: Vec<String>,
    /// `token_type`: one per token; empty where the file has none.
    pub token_types: Vec<i32>,
    /// `eos_token_id`.
    pub eos: Option<u32>,
    /// `bos_token_id`.
    pub bos: Option<u32>,
    /// `padding_token_id`.
    pub pad: Option<u32>,
    /// `add_bos_token`.
    pub add_bos: bool,
}

impl GgufVocabulary {
    /// Takes the entries from a checked file's metadata.
    ///
    /// # Errors
    /// One that is needed is absent or of another type; the key is named.
    pub fn read(metadata: &Metadata) -> Result<Self, TokenizerError> {
        let entries = || -> Result<Self, BadMetadata> {
            Ok(Self {
                model: metadata.str("tokenizer.ggml.model")?.to_owned(),
                pre: metadata.str("tokenizer.ggml.pre")?.to_owned(),
                tokens: metadata.strings("tokenizer.ggml.tokens")?.to_vec(),
                merges: metadata.strings("tokenizer.ggml.merges")?.to_vec(),
                token_types: metadata.find("tokenizer.ggml.token_type")?.unwrap_or_default(),
                eos: metadata.find("tokenizer.ggml.eos_token_id")?,
                bos: metadata.find("tokenizer.ggml.bos_token_id")?,
                pad: metadata.find("tokenizer.ggml.padding_token_id")?,
                add_bos: metadata.find("tokenizer.ggml.add_bos_token")?.unwrap_or(false),
            })
        };
        entries().map_err(|error| TokenizerError::BadVocabulary(error.to_string()))
    }

    pub(super) fn vocabulary(self) -> Result<Vocabulary, TokenizerError> {
        let bad = |reason: String| Err(TokenizerError::BadVocabulary(reason));
        if self.model != "gpt2" {
            return bad(format!("tokenizer model `{}`; only byte-level BPE (`gpt2`) is supported", self.model));
        }
        if self.tokens.len() > limits::VOCABULARY_TOKENS_MAX {
            return bad(format!("{} tokens, over the limit of {}", self.tokens.len(), limits::VOCABULARY_TOKENS_MAX));
        }
        if !self.token_types.is_empty() && self.token_types.len() != self.tokens.len() {
            return bad(format!("{} tokens but {} token types", self.tokens.len(), self.token_types.len()));
        }
        let splitting = pre::by_name(&self.pre)?;
        let mut tokens = Vec::with_capacity(self.tokens.len());
        let mut controls = Vec::new();
        for (place, content) in self.tokens.into_iter().enumerate() {
            let id = u32::try_from(place).expect("bounded above");
            match self.token_types.get(place).copied().unwrap_or(kind::NORMAL) {
                kind::NORMAL | kind::BYTE => tokens.push((content, id)),
                kind::UNKNOWN | kind::CONTROL => controls.push(Control { id, content, hidden: true }),
                kind::USER_DEFINED => controls.push(Control { id, content, hidden: false }),
                kind::UNUSED => {}
                other => return bad(format!("token {id} is of unknown type {other}")),
            }
        }
        let mut merges = Vec::with_capacity(self.merges.len());
        let known: HashSet<&str> = tokens.iter().map(|(content, _)| content.as_str()).collect();
        for merge in &self.merges {
            // The first token of a pair may be a space only in vocabularies that are not byte-level.
            let Some((left, right)) = merge.split_once(' ') else {
                return bad(format!("merge `{merge}` is not two tokens"));
            };
            if known.contains(left) && known.contains(right) && known.contains(format!("{left}{right}").as_str()) {
                merges.push((left.to_owned(), right.to_owned()));
            } else {
                return bad(format!("merge `{merge}` is of tokens that the vocabulary does not have"));
            }
        }
        Ok(Vocabulary {
            tokens,
            controls,
            merges,
            normalizer: splitting.normalizer,
            pre_tokenizer: splitting.pre_tokenizer,
            ignore_merges: splitting.ignore_merges,
            bos: self.bos,
            eos: self.eos,
            pad: self.pad,
            add_bos: self.add_bos,
        })
    }
}
