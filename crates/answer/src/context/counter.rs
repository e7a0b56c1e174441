//! How many tokens the stretches of a document take, each block counted once however many stretches hold it.

use std::collections::HashMap;

use pinakes_api::ApiError;
use pinakes_types::{CharIndex, CharSpan, StructuredText};

use super::render::{Part, body, header};
use crate::generator::Generator;

/// Characters that a token stands for at most, as far as anybody writes: a stretch longer than the budget times this is not counted.
const CHARS_PER_TOKEN_MAX: usize = 10;
/// Tokens of what stands between stretches, `[…]` and a path of headings, and of the number in a header.
const JOINT_TOKENS: usize = 48;

/// Counts the tokens of one document's stretches.
pub(crate) struct Counter<'a> {
    generator: &'a Generator,
    text: &'a StructuredText,
    index: &'a CharIndex<'a>,
    chars_max: usize,
    /// By the number of the block: those that lie wholly inside a stretch.
    counted: HashMap<usize, usize>,
}

impl<'a> Counter<'a> {
    /// A counter; stretches that cannot fit `budget` tokens are not counted.
    pub(crate) fn new(generator: &'a Generator, text: &'a StructuredText, index: &'a CharIndex<'a>, budget: usize) -> Self {
        Self { generator, text, index, chars_max: budget.saturating_mul(CHARS_PER_TOKEN_MAX), counted: HashMap::new() }
    }

    /// Tokens of the document's header.
    pub(crate) fn frame(&self, title: &str) -> Result<usize, ApiError> {
        Ok(self.generator.count(&header(1, title, self.text))? + JOINT_TOKENS)
    }

    /// Tokens of a stretch, at most; [`usize::MAX`] when it cannot fit.
    pub(crate) fn tokens(&mut self, span: CharSpan) -> Result<usize, ApiError> {
        if span.len() > self.chars_max {
            return Ok(usize::MAX);
        }
        let blocks = &self.text.blocks;
        let first = blocks.partition_point(|block| block.span.end <= span.start);
        let mut tokens = JOINT_TOKENS;
        let mut at = span.start;
        for (number, block) in blocks.iter().enumerate().skip(first).take_while(|(_, block)| block.span.start < span.end) {
            // What stands between blocks is white space and markup.
            if let Some(between) = CharSpan::new(at.min(block.span.start), block.span.start).intersection(span) {
                tokens += between.len().min(2);
            }
            let part = block.span.intersection(span).unwrap_or_default();
            at = part.end.max(at);
            let known = (part == block.span).then(|| self.counted.get(&number)).flatten();
            tokens += match known {
                Some(known) => *known,
                None => {
                    let counted = self.count(part)?;
                    if part == block.span {
                        self.counted.insert(number, counted);
                    }
                    counted
                }
            };
        }
        Ok(if blocks.is_empty() { tokens + self.count(span)? } else { tokens })
    }

    fn count(&self, span: CharSpan) -> Result<usize, ApiError> {
        let mut part = Part { text: String::new(), pieces: vec![] };
        body(self.text, self.index, span, &mut part);
        self.generator.count(&part.text)
    }
}
