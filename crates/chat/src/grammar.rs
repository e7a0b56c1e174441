//! Answers that are JSON of a given schema: which tokens may come next, by llguidance, and a whole text of one that was cut off.
//!
//! Promised: a text of which every token was allowed is a beginning of valid JSON, and ends (by an end token) only where it is whole. A text
//! that had to end earlier, for its length, is made whole by [`Grammar::completed`]. A schema that cannot be held to exactly is refused
//! with what is wrong, never followed in part: `oneOf` of overlapping choices, `uniqueItems`, `not`, remote references.

use std::ops::Range;
use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{TokRxInfo, TokTrie, TokenId, TokenizerEnv};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;

use crate::tokenizer::Written;
use crate::{Chat, Tokenizer, limits};

/// Why a schema cannot be used.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum BadSchema {
    /// It is larger than the limit.
    #[error("the JSON Schema has {size} {what}; {limit} are allowed")]
    TooLarge {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// It is not valid, contradicts itself, or asks for what cannot be promised.
    #[error("the JSON Schema cannot be followed: {0}")]
    Unusable(String),
    /// The vocabulary cannot be held to a grammar.
    #[error("this model cannot be held to a schema: {0}")]
    Vocabulary(String),
}

/// What all grammars of a vocabulary share; made when first wanted.
pub(crate) struct Grammars {
    factory: Result<ParserFactory, String>,
    /// The token that is each byte.
    single: Vec<Option<TokenId>>,
}

impl std::fmt::Debug for Grammars {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Grammars")
    }
}

struct Environment(TokTrie);

impl TokenizerEnv for Environment {
    fn tok_trie(&self) -> &TokTrie {
        &self.0
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<TokenId> {
        self.0.greedy_tokenize(bytes)
    }

    fn tokenize_is_canonical(&self) -> bool {
        false
    }
}

impl Grammars {
    pub(crate) fn new(tokenizer: &Tokenizer) -> Self {
        let mut single = vec![None; 256];
        let words: Vec<Vec<u8>> = (0..tokenizer.len() as u32)
            .map(|id| match tokenizer.written(id) {
                Written::Bytes(bytes) => {
                    if let [byte] = bytes {
                        single[usize::from(*byte)] = Some(id);
                    }
                    // A text of this byte, which no UTF-8 has, would be taken for a control token.
                    if bytes.contains(&TokTrie::SPECIAL_TOKEN_MARKER) { Vec::new() } else { bytes.to_vec() }
                }
                Written::Control { content, .. } => [&[TokTrie::SPECIAL_TOKEN_MARKER], content.as_bytes()].concat(),
                Written::Nothing => Vec::new(),
            })
            .collect();
        Self { factory: factory(&words, &tokenizer.end_tokens()), single }
    }
}

fn factory(words: &[Vec<u8>], ends: &[u32]) -> Result<ParserFactory, String> {
    let Some(end) = ends.first() else { return Err("its vocabulary has no token that ends a text".to_owned()) };
    let trie = TokTrie::from(&TokRxInfo::new(words.len() as u32, *end), words).with_eos_tokens(ends);
    let environment: llguidance::toktrie::TokEnv = Arc::new(Environment(trie));
    let mut factory = ParserFactory::new_simple(&environment).map_err(|error| error.to_string())?;
    factory.quiet();
    let bounds = factory.limits_mut();
    bounds.verbose_errors = false;
    bounds.max_lexer_states = limits::SCHEMA_STATES_MAX;
    Ok(factory)
}

/// Holds one answer to a schema.
pub struct Grammar {
    chat: Arc<Chat>,
    /// At the beginning.
    fresh: Matcher,
    /// After what was seen.
    matcher: Matcher,
    seen: Vec<u32>,
    in_reasoning: bool,
}

impl std::fmt::Debug for Grammar {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Grammar").field("tokens", &self.seen.len()).finish_non_exhaustive()
    }
}

/// A whole text under a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// Valid JSON.
    pub text: String,
    /// Bytes at its end that nobody wrote: the shortest way found to make it whole.
    pub added: usize,
}

impl Grammar {
    /// Reads a schema.
    ///
    /// # Errors
    /// The schema is too large, not valid, contradictory, or uses what cannot be promised.
    pub fn new(chat: Arc<Chat>, schema: &Value) -> Result<Self, BadSchema> {
        let schema = checked(schema)?;
        let factory = chat.grammars().factory.as_ref().map_err(|problem| BadSchema::Vocabulary(problem.clone()))?;
        let parser = factory.create_parser(TopLevelGrammar::from_json_schema(schema)).map_err(|error| unusable(&error.to_string()))?;
        let mut fresh = Matcher::new(Ok(parser));
        // Some contradictions show only when the first byte is wanted.
        fresh.compute_mask().map_err(|error| unusable(&error.to_string()))?;
        Ok(Self { matcher: fresh.clone(), fresh, chat, seen: Vec::new(), in_reasoning: false })
    }

    /// Says whether the answer begins inside a `<think>` ([`crate::Prompt::in_reasoning`]); what stands there is not held to the schema.
    #[must_use]
    pub fn beginning_in_reasoning(self, in_reasoning: bool) -> Self {
        Self { in_reasoning, ..self }
    }

    /// Sets the logits of tokens that must not come after `generated` to minus infinity.
    pub fn mask(&mut self, generated: &[u32], logits: &mut [f32]) {
        let Some(answer) = self.answer_in(generated) else { return };
        if !answer.starts_with(&self.seen) {
            (self.matcher, self.seen) = (self.fresh.clone(), Vec::new());
        }
        let new = &answer[self.seen.len()..];
        // What fails here leaves the matcher at its error, and then the answer ends; what there is of it is made whole.
        let _ = self.matcher.consume_tokens(new);
        self.seen.extend_from_slice(new);
        match self.matcher.compute_mask_or_eos() {
            Ok(mask) => {
                for (id, logit) in (0..).zip(logits.iter_mut()) {
                    if (id as usize) >= mask.len() || !mask.is_allowed(id) {
                        *logit = f32::NEG_INFINITY;
                    }
                }
            }
            Err(_) => {
                let ends = self.chat.tokenizer().end_tokens();
                let kept: Vec<(usize, f32)> = ends.into_iter().filter_map(|id| Some((id as usize, *logits.get(id as usize)?))).collect();
                logits.fill(f32::NEG_INFINITY);
                kept.into_iter().for_each(|(id, logit)| logits[id] = logit);
            }
        }
    }

    /// The part of what was generated that is held to the schema; `None` while the model still reasons.
    fn answer_in<'a>(&self, generated: &'a [u32]) -> Option<&'a [u32]> {
        if !self.in_reasoning {
            return Some(generated);
        }
        let close = self.chat.tokenizer().control("</think>")?;
        let place = generated.iter().position(|id| *id == close)?;
        Some(&generated[place + 1..])
    }

    /// Whether a value is valid under the schema, its keys in the schema's order.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        let text = laid_out(value);
        self.completed(&text).is_ok_and(|whole| whole.text == text)
    }

    /// The text as whole JSON: as it is where it is whole, else with what is wanting, closed in the shortest way that is found.
    ///
    /// # Errors
    /// No end was found within the limit, or the schema is too much for its limits.
    pub fn completed(&self, text: &str) -> Result<Completed, BadSchema> {
        let mut matcher = self.fresh.clone();
        let trie = &self.chat.grammars();
        let mut whole = String::new();
        let factory = trie.factory.as_ref().map_err(|problem| BadSchema::Vocabulary(problem.clone()))?;
        for character in text.chars() {
            let ids = factory.tok_env().tokenize_bytes(character.encode_utf8(&mut [0; 4]).as_bytes());
            // Half a character at the end of what was cut off.
            if matcher.validate_tokens(&ids).map_err(|error| unusable(&error.to_string()))? < ids.len() {
                break;
            }
            matcher.consume_tokens(&ids).map_err(|error| unusable(&error.to_string()))?;
            whole.push(character);
        }
        let kept = whole.len();
        let mut bytes = whole.into_bytes();
        let mut place = Place::after(&bytes);
        while !matcher.is_stopped() && !matcher.is_accepting().map_err(|error| unusable(&error.to_string()))? {
            if bytes.len() - kept >= limits::COMPLETION_BYTES_MAX {
                return Err(BadSchema::Unusable("no short text was found that satisfies it".to_owned()));
            }
            let mask = matcher.compute_mask().map_err(|error| unusable(&error.to_string()))?;
            let single = |byte: u8| trie.single[usize::from(byte)].filter(|id| mask.is_allowed(*id)).map(|id| (byte, id));
            let chosen = place.wishes().iter().find_map(|byte| single(*byte)).or_else(|| place.any(bytes.len(), &single));
            let (byte, id) = chosen.ok_or_else(|| unusable("no byte may come next"))?;
            matcher.consume_token(id).map_err(|error| unusable(&error.to_string()))?;
            bytes.push(byte);
            place = place.then(byte);
        }
        let text = String::from_utf8(bytes).map_err(|_| unusable("no text was found that satisfies it"))?;
        Ok(Completed { added: text.len() - kept, text })
    }
}

/// A value as models write it: one space after `:` and `,`.
#[must_use]
pub fn laid_out(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(laid_out).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entry = |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), laid_out(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// Where in JSON a text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Outside,
    Text,
    /// After a backslash.
    Escape,
}

impl Place {
    fn after(bytes: &[u8]) -> Self {
        bytes.iter().fold(Self::Outside, |place, byte| place.then(*byte))
    }

    fn then(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Outside, b'"') => Self::Text,
            (Self::Text, b'"') | (Self::Outside, _) => Self::Outside,
            (Self::Text, b'\\') => Self::Escape,
            (Self::Text | Self::Escape, _) => Self::Text,
        }
    }

    /// What ends soonest.
    fn wishes(self) -> &'static [u8] {
        match self {
            Self::Outside => b"}],\"n",
            Self::Text => b"\"",
            Self::Escape => b"n\"\\",
        }
    }

    /// Some byte that is allowed, another each time, so that a pattern's loop is left.
    fn any(self, turn: usize, single: &impl Fn(u8) -> Option<(u8, TokenId)>) -> Option<(u8, TokenId)> {
        let mixed = (turn as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let rotated = |bytes: Range<u8>| {
            let length = u64::from(bytes.end - bytes.start);
            (0..length).map(move |step| bytes.start + ((mixed + step) % length) as u8)
        };
        // What opens more comes last.
        let opens = |byte: &u8| matches!(byte, b'\\' | b'{' | b'[');
        let others = rotated(b' '..0x7F).filter(|byte| !opens(byte)).chain(rotated(0x80..0xFF));
        others.chain(*b"[{\\\t\n").find_map(single)
    }
}

/// The schema within its limits, with how JSON is laid out: as models write it, one space after `:` and `,`.
fn checked(schema: &Value) -> Result<Value, BadSchema> {
    let mut schema = match schema {
        Value::Object(_) => schema.clone(),
        Value::Bool(true) => serde_json::json!({}),
        Value::Bool(false) => return Err(unusable("`false` allows nothing")),
        _ => return Err(unusable("it must be an object")),
    };
    let size = schema.to_string().len();
    for (what, size, limit) in [("bytes", size, limits::SCHEMA_BYTES_MAX), ("levels of nesting", depth(&schema), limits::SCHEMA_DEPTH_MAX)]
    {
        if size > limit {
            return Err(BadSchema::TooLarge { what, size, limit });
        }
    }
    if schema.get("x-guidance").is_some() {
        return Err(unusable("`x-guidance` is no keyword of JSON Schema"));
    }
    bound_integers(&mut schema);
    let layout = JsonCompileOptions {
        item_separator: ", ".to_owned(),
        key_separator: ": ".to_owned(),
        whitespace_flexible: false,
        ..JsonCompileOptions::default()
    };
    layout.apply_to(&mut schema);
    Ok(schema)
}

/// Keeps integers to those that every reader of JSON takes as they are (RFC 8259, 6): a longer one would be read as another number.
fn bound_integers(schema: &mut Value) {
    const INTEGER_MAX: i64 = (1 << 53) - 1;
    match schema {
        Value::Array(items) => items.iter_mut().for_each(bound_integers),
        Value::Object(entries) => {
            let names = entries.get("type").map(|kind| kind.as_array().map_or_else(|| vec![kind.clone()], Clone::clone));
            if names.is_some_and(|names| names.contains(&Value::from("integer"))) {
                for (bound, exclusive, limit) in
                    [("minimum", "exclusiveMinimum", -INTEGER_MAX), ("maximum", "exclusiveMaximum", INTEGER_MAX)]
                {
                    if !entries.contains_key(bound) && !entries.contains_key(exclusive) {
                        entries.insert(bound.to_owned(), limit.into());
                    }
                }
            }
            let data = |name: &str| matches!(name, "enum" | "const" | "default" | "examples");
            entries.iter_mut().filter(|(name, _)| !data(name)).for_each(|(_, inner)| bound_integers(inner));
        }
        _ => {}
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// A parser's words without what follows the first lines: its own state.
fn unusable(words: &str) -> BadSchema {
    let words = words.split("<non-verbose/>").next().unwrap_or_default().trim();
    BadSchema::Unusable(words.chars().take(300).collect())
}

#[cfg(test)]
mod tests;
