//! Text to token ids and back.
//!
//! The encoder is a byte-level BPE of the `tokenizers` crate that was given no control token at all: switching them off there covers only
//! those called special, and `<think>` or `<tool_call>` in a document would still come out as what steers the model. Control tokens are
//! put between the runs of text by [`Tokenizer::encode_prompt`], and by nothing else.

mod bytes;
mod controls;
mod file;
mod gguf;
mod pre;
mod trie;
mod vocabulary;

use std::borrow::Cow;
use std::ops::Range;
use std::path::Path;

#[cfg(test)]
pub(crate) use bytes::symbol as symbol_of;
use controls::Control;
pub(crate) use controls::Controls;
pub use gguf::GgufVocabulary;
use pinakes_models::gguf::Metadata;
pub(crate) use trie::Trie;
use vocabulary::Vocabulary;

use crate::{TokenizerError, limits};

/// A part of a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A control token by its id.
    Control(u32),
    /// Text, in which nothing is a control token. Neighbouring texts are encoded as one.
    Text(&'a str),
}

/// What one token adds to an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written<'a> {
    /// Bytes of text; a character may stretch over several tokens.
    Bytes(&'a [u8]),
    /// A control token with its text and whether a reader sees it.
    Control { content: &'a str, hidden: bool },
    /// An id without a token.
    Nothing,
}

/// A byte-level BPE vocabulary, put to work.
pub struct Tokenizer {
    encoder: tokenizers::Tokenizer,
    controls: Controls,
    /// Bytes of all tokens of text, one after the other.
    bytes: Vec<u8>,
    /// Where each id's bytes stand; empty for control tokens and for ids without a token.
    spans: Vec<(u32, u32)>,
    /// For each byte whether no token stands for it; empty when all bytes have one.
    missing: Vec<bool>,
    bos: Option<u32>,
    eos: Option<u32>,
    pad: Option<u32>,
    add_bos: bool,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Tokenizer").field("tokens", &self.len()).field("eos", &self.eos).finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads a Hugging Face `tokenizer.json` and, where it stands beside it, `tokenizer_config.json` (some control tokens and the names
    /// of the first, last and padding token stand only there).
    ///
    /// # Errors
    /// Unreadable, too large, or not byte-level BPE; the file is named.
    pub fn from_file(path: &Path) -> Result<Self, TokenizerError> {
        Self::new(file::read(path)?)
    }

    /// Takes the vocabulary that a GGUF file carries.
    ///
    /// # Errors
    /// Another kind of vocabulary, an unknown way of splitting, or entries that are absent or contradict one another.
    pub fn from_gguf(metadata: &Metadata) -> Result<Self, TokenizerError> {
        Self::from_entries(GgufVocabulary::read(metadata)?)
    }

    /// As [`Tokenizer::from_gguf`], from entries that were read already.
    ///
    /// # Errors
    /// As there.
    pub fn from_entries(entries: GgufVocabulary) -> Result<Self, TokenizerError> {
        Self::new(entries.vocabulary()?)
    }

    fn new(mut vocabulary: Vocabulary) -> Result<Self, TokenizerError> {
        let mut missing = vocabulary.missing_bytes()?;
        if !missing.contains(&true) {
            missing.clear();
        }
        let ids = vocabulary.tokens.iter().map(|(_, id)| *id).chain(vocabulary.controls.iter().map(|control| control.id));
        let count = ids.max().map_or(0, |highest| highest as usize + 1);
        let mut spans = vec![(0, 0); count];
        let mut all = Vec::new();
        for (content, id) in &vocabulary.tokens {
            let start = all.len() as u32;
            all.extend(bytes::decode(content));
            spans[*id as usize] = (start, all.len() as u32);
        }
        Ok(Self {
            encoder: vocabulary.encoder()?,
            controls: Controls::new(vocabulary.controls),
            bytes: all,
            spans,
            missing,
            bos: vocabulary.bos,
            eos: vocabulary.eos,
            pad: vocabulary.pad,
            add_bos: vocabulary.add_bos,
        })
    }

    /// One more than the highest id.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Whether this vocabulary can be that of a model with `rows` rows of embedding. Models pad their rows to a round number, so some
    /// may be without a token.
    ///
    /// # Errors
    /// [`TokenizerError::VocabularyMismatch`] with both numbers.
    pub fn check_rows(&self, rows: usize) -> Result<(), TokenizerError> {
        let fits = rows.checked_sub(self.len()).is_some_and(|padding| padding <= limits::PADDING_ROWS_MAX);
        if fits { Ok(()) } else { Err(TokenizerError::VocabularyMismatch { tokens: self.len(), rows }) }
    }

    /// Whether this vocabulary is the one that a model's own file lists: as many rows, and the same control tokens at the same places.
    pub(crate) fn check_against(&self, listed: &[String]) -> Result<(), TokenizerError> {
        self.check_rows(listed.len())?;
        // llama.cpp's converter writes `[PAD7]` for an id that its own tokenizer did not know.
        let other =
            |control: &&Control| listed.get(control.id as usize).is_some_and(|own| *own != control.content && !own.starts_with("[PAD"));
        match self.controls.iter().find(other) {
            None => Ok(()),
            Some(Control { id, content, .. }) => {
                Err(TokenizerError::BadVocabulary(format!("tokenizer.json has `{content}` as token {id}, the model's file another")))
            }
        }
    }

    /// The ids below `rows` that stand for no token and must never be sampled: padding rows at the end (Qwen3.5: from 248,077 on) and
    /// holes, in ascending order.
    pub fn invalid_ids(&self, rows: usize) -> Vec<Range<u32>> {
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for id in 0..rows as u32 {
            if self.is_token(id) {
                continue;
            }
            match ranges.last_mut() {
                Some(range) if range.end == id => range.end += 1,
                _ => ranges.push(id..id + 1),
            }
        }
        ranges
    }

    fn is_token(&self, id: u32) -> bool {
        self.spans.get(id as usize).is_some_and(|(start, end)| start < end) || self.controls.by_id(id).is_some()
    }

    /// The ids after which an answer is over: the vocabulary's own end token, and those that end a turn or a text by their name.
    /// For Qwen3.5 these are `<|im_end|>` (248046) and `<|endoftext|>` (248044): it ends with either.
    pub fn end_tokens(&self) -> Vec<u32> {
        const ENDINGS: [&str; 5] = ["<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "</s>"];
        let named = ENDINGS.iter().filter_map(|content| self.control(content));
        let mut ids: Vec<u32> = self.eos.into_iter().chain(named).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// The id of a control token by its text.
    pub fn control(&self, content: &str) -> Option<u32> {
        self.controls.id_of(content)
    }

    /// All control tokens: id and text.
    pub fn control_tokens(&self) -> impl Iterator<Item = (u32, &str)> {
        self.controls.iter().map(|control| (control.id, control.content.as_str()))
    }

    /// The token that starts a text, if the model was trained with one in front of raw text; templates write their own.
    pub fn leading(&self) -> Option<u32> {
        self.bos.filter(|_| self.add_bos)
    }

    /// The vocabulary's first, last and padding tokens as text, by the names that templates use.
    pub(crate) fn named(&self) -> [(&'static str, &str); 3] {
        let content = |id: Option<u32>| id.and_then(|id| self.controls.by_id(id)).map_or("", |control| control.content.as_str());
        [("bos_token", content(self.bos)), ("eos_token", content(self.eos)), ("pad_token", content(self.pad))]
    }

    pub(crate) fn controls(&self) -> &Controls {
        &self.controls
    }

    /// The ids of a text. None is a control token, whatever the text says.
    ///
    /// # Errors
    /// The splitting expression gave up.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        self.encode_prompt(&[Piece::Text(text)])
    }

    /// The ids of control tokens and runs of text between them.
    ///
    /// # Errors
    /// As [`Tokenizer::encode`].
    pub fn encode_prompt(&self, pieces: &[Piece<'_>]) -> Result<Vec<u32>, TokenizerError> {
        let mut ids = Vec::new();
        let mut run: Cow<'_, str> = Cow::Borrowed("");
        for piece in pieces {
            match *piece {
                Piece::Text(text) if run.is_empty() => run = Cow::Borrowed(text),
                Piece::Text(text) => run.to_mut().push_str(text),
                Piece::Control(id) => {
                    self.encode_run(&run, &[], &mut ids)?;
                    run = Cow::Borrowed("");
                    ids.push(id);
                }
            }
        }
        self.encode_run(&run, &[], &mut ids)?;
        Ok(ids)
    }

    /// Appends the ids of `text` and returns, for each of the ascending byte offsets `marks`, how many of `ids` then stand wholly before
    /// it: a token across a mark counts as after it.
    pub(crate) fn encode_run(&self, text: &str, marks: &[usize], ids: &mut Vec<u32>) -> Result<Vec<usize>, TokenizerError> {
        if text.is_empty() {
            return Ok(vec![ids.len(); marks.len()]);
        }
        let failed = |error: tokenizers::Error| TokenizerError::Encode(error.to_string());
        let before = ids.len();
        if marks.is_empty() {
            let encoding = self.encoder.encode_fast(self.speakable(text).as_ref(), false).map_err(failed)?;
            ids.extend_from_slice(encoding.get_ids());
            return Ok(Vec::new());
        }
        let (speakable, marks) = self.speakable_with(text, marks);
        let encoding = self.encoder.encode(speakable.as_ref(), false).map_err(failed)?;
        ids.extend_from_slice(encoding.get_ids());
        let offsets = encoding.get_offsets();
        Ok(marks.iter().map(|&mark| before + offsets.partition_point(|&(_, end)| end <= mark)).collect())
    }

    /// Whether there are tokens for all bytes of a text.
    pub(crate) fn can_spell(&self, text: &str) -> bool {
        self.missing.is_empty() || !text.bytes().any(|byte| self.missing[usize::from(byte)])
    }

    /// The text with U+FFFD for each character that the vocabulary has no bytes for.
    fn speakable<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.can_spell(text) {
            return Cow::Borrowed(text);
        }
        let mut buffer = [0; 4];
        let replaced =
            text.chars().map(|character| if self.can_spell(character.encode_utf8(&mut buffer)) { character } else { '\u{FFFD}' });
        Cow::Owned(replaced.collect())
    }

    /// [`Tokenizer::speakable`] with offsets moved along.
    fn speakable_with<'a>(&self, text: &'a str, marks: &[usize]) -> (Cow<'a, str>, Vec<usize>) {
        let whole = self.speakable(text);
        let moved = if matches!(whole, Cow::Borrowed(_)) {
            marks.to_vec()
        } else {
            marks.iter().map(|&mark| self.speakable(&text[..mark]).len()).collect()
        };
        (whole, moved)
    }

    /// What one id adds to an answer.
    pub(crate) fn written(&self, id: u32) -> Written<'_> {
        if let Some(Control { content, hidden, .. }) = self.controls.by_id(id) {
            return Written::Control { content, hidden: *hidden };
        }
        match self.spans.get(id as usize) {
            Some(&(start, end)) if start < end => Written::Bytes(&self.bytes[start as usize..end as usize]),
            _ => Written::Nothing,
        }
    }

    /// The text of ids, control tokens as they are written. What is not UTF-8 becomes U+FFFD, ids without a token nothing.
    pub fn decode(&self, ids: &[u32]) -> String {
        let mut all = Vec::new();
        for &id in ids {
            match self.written(id) {
                Written::Bytes(bytes) => all.extend_from_slice(bytes),
                Written::Control { content, .. } => all.extend_from_slice(content.as_bytes()),
                Written::Nothing => {}
            }
        }
        String::from_utf8_lossy(&all).into_owned()
    }
}
