//! Quotations that a model wrote under the constraint that they stand in a source: taken out of its text, and found again in the stored
//! text. They are right by construction; they are looked up all the same.

use std::sync::Arc;

use pinakes_chat::{CLOSE, Chat, OPEN, QuotableText, Quoting};
use pinakes_types::CharSpan;

use crate::context::{Context, Read};
use crate::sentence::Sentence;

/// Numbers from here on stand for quotations, where a marker would stand: no prompt has so many sources.
const FIRST: usize = 100_000;
/// Quotations of one answer that are looked up.
const QUOTATIONS_MAX: usize = 64;

/// The sources of one answer as they may be quoted, and the quotations taken out so far.
pub(super) struct Quotations {
    sources: Vec<Arc<QuotableText>>,
    taken: Vec<String>,
}

impl Quotations {
    /// Prepares the sources.
    pub(super) fn new(context: &Context, chat: &Chat) -> Self {
        let sources = context.read.iter().map(|read| Arc::new(QuotableText::new(&read.part.text, chat.tokenizer()))).collect();
        Self { sources, taken: vec![] }
    }

    /// The constraint.
    pub(super) fn quoting(&self, chat: &Arc<Chat>) -> Quoting {
        let numbered = self.sources.iter().enumerate().map(|(place, text)| (place as u32 + 1, Arc::clone(text)));
        Quoting::new(Arc::clone(chat), numbered.collect())
    }

    /// Puts a marker in the place of every quotation that is complete. One that belongs to a source's number goes whole; one that is part
    /// of a sentence stays with its words.
    pub(super) fn lift(&mut self, text: &str) -> String {
        let mut lifted = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(OPEN) {
            let Some(length) = rest[start + OPEN.len()..].find(CLOSE) else { break };
            let quotation = &rest[start + OPEN.len()..start + OPEN.len() + length];
            lifted.push_str(&rest[..start]);
            rest = &rest[start + OPEN.len() + length + CLOSE.len()..];
            if self.taken.len() == QUOTATIONS_MAX {
                lifted.push_str(quotation);
                continue;
            }
            if !lifted.trim_end().ends_with([']', ':']) {
                // Other marks, as these would be taken for a quotation again.
                lifted.push_str(&format!("\"{quotation}\""));
            }
            lifted.push_str(&format!(" [{}]", FIRST + self.taken.len()));
            self.taken.push(quotation.to_owned());
        }
        lifted.push_str(rest);
        lifted
    }

    /// Where an unfinished quotation begins in a text, if one does.
    pub(super) fn unfinished(text: &str) -> Option<usize> {
        text.rfind(OPEN).filter(|start| !text[*start..].contains(CLOSE))
    }

    /// Of the numbers that a sentence names, the sources, and the quotations with the places where they stand.
    pub(super) fn resolve(&self, context: &Context, numbers: &[usize]) -> (Vec<usize>, Vec<(usize, Sentence)>) {
        let (quoted, sources): (Vec<usize>, Vec<usize>) = numbers.iter().partition(|number| **number >= FIRST);
        let quotations = quoted.iter().filter_map(|number| self.taken.get(number - FIRST));
        let found = quotations.filter_map(|quotation| self.find(context, &sources, quotation));
        (sources.clone(), found.collect())
    }

    /// The first place of a quotation, in a source that the sentence names before any other.
    fn find(&self, context: &Context, named: &[usize], quotation: &str) -> Option<(usize, Sentence)> {
        let mut order: Vec<usize> = named.iter().filter_map(|number| number.checked_sub(1)).collect();
        order.extend((0..self.sources.len()).filter(|place| !named.contains(&(place + 1))));
        order.into_iter().find_map(|place| {
            let (source, read) = (self.sources.get(place)?, context.read.get(place)?);
            let span = source.find(quotation).into_iter().find_map(|bytes| stored(read, bytes))?;
            let document = Arc::clone(&read.document);
            Some((place + 1, Sentence { span, plain: quotation.to_owned(), heading: "".into(), header: None, document }))
        })
    }
}

/// Where bytes of a part stand in the stored text. What is no stored text, such as a header, stands nowhere.
fn stored(read: &Read, bytes: std::ops::Range<usize>) -> Option<CharSpan> {
    let place = |byte: usize| {
        let piece = read.part.pieces.iter().find(|piece| piece.bytes.start <= byte && byte < piece.bytes.end)?;
        Some(piece.span.start + read.part.text[piece.bytes.start..byte].chars().count())
    };
    let last = read.part.text[bytes.clone()].char_indices().next_back()?.0 + bytes.start;
    Some(CharSpan::new(place(bytes.start)?, place(last)? + 1))
}
