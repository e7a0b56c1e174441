//! Quotations that cannot be wrong: between quotation marks the next token may only be one that goes on with what stands in a source.
//!
//! The prompt teaches the form `[2] “words of source 2”` (the number may be left out; then any source will do, as it will where no source
//! has that number). [`Quoting::mask`] is asked before each token and forbids
//! - outside: every double quotation mark but the opening one, so that nothing looks like a quotation that is none;
//! - inside: everything but tokens whose bytes go on with the source, and the closing mark where a word ends. Control tokens too.
//!
//! Promised, for whatever the model prefers: what stands between `“` and its `”` stands in a source, word by word but for white space, begins
//! and ends with whole words and numbers ([`QuotableText::find`] says where); and there always is an allowed token. Tokens may end inside a
//! character or go across a mark's border. A quotation that is still open when an answer ends is none ([`quotations`] leaves it out).
//! What was generated is looked at anew each time, so tokens that are taken back are no matter.
//!
//! For whoever sets it up (`pinakes_answer` does so through its `Held`): one [`QuotableText`] per source, made of the very text that the prompt shows under that number (they can be kept
//! and shared between questions), then one [`Quoting`] per answer.

mod marks;
mod text;
mod words;

use std::ops::Range;
use std::sync::Arc;

pub(crate) use marks::Vocabulary;
pub use marks::{CLOSE, OPEN};
pub use text::QuotableText;

use crate::Chat;
use crate::limits::QUOTE_BYTES_MAX;
use crate::tokenizer::{Trie, Written};
use marks::{Outside, Tail, text_of};
use text::{Places, count};

/// Holds the quotations of one answer to their sources.
#[derive(Debug)]
pub struct Quoting {
    chat: Arc<Chat>,
    /// Each with its number in the prompt.
    sources: Vec<(u32, Arc<QuotableText>)>,
    /// Whether the answer is one quotation and nothing else.
    only: bool,
    /// What was generated when last asked.
    seen: Vec<u32>,
    /// What it came to before each of its tokens, and after the last.
    states: Vec<State>,
    /// Room for what may come next: ids with their logits.
    allowed: Vec<(u32, f32)>,
}

/// Where the answer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// In what the model says to itself, where anything goes.
    Reasoning,
    Outside(Tail),
    Inside(Quote),
    /// After the only quotation.
    Over,
}

/// A quotation under way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Quote {
    /// Sources, by their place in the list, in which it stands so far.
    matches: Vec<(usize, Places)>,
    /// Bytes and characters so far.
    bytes: usize,
    chars: usize,
    /// Bytes of the closing mark that may have been written.
    closing: usize,
}

impl Quoting {
    /// Quotations of these sources, each with its number in the prompt.
    #[must_use]
    pub fn new(chat: Arc<Chat>, sources: Vec<(u32, Arc<QuotableText>)>) -> Self {
        let sources = sources.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        Self { chat, sources, only: false, seen: Vec::new(), states: vec![State::Outside(Tail::default())], allowed: Vec::new() }
    }

    /// An answer that is one quotation of these sources with its closing mark, and nothing else. There must be something to quote.
    #[must_use]
    pub fn one(chat: Arc<Chat>, sources: Vec<(u32, Arc<QuotableText>)>) -> Self {
        let quoting = Self { only: true, ..Self::new(chat, sources) };
        quoting.beginning_in_reasoning(false)
    }

    /// Says whether the answer begins inside a `<think>` ([`crate::Prompt::in_reasoning`]); what stands there is free.
    #[must_use]
    pub fn beginning_in_reasoning(self, in_reasoning: bool) -> Self {
        let begin = if in_reasoning { State::Reasoning } else { self.start(Tail::default()) };
        Self { seen: Vec::new(), states: vec![begin], ..self }
    }

    fn start(&self, tail: Tail) -> State {
        if self.only { State::Inside(self.open(None)) } else { State::Outside(tail) }
    }

    /// Sets the logits of tokens that must not come after `generated` to minus infinity.
    pub fn mask(&mut self, generated: &[u32], logits: &mut [f32]) {
        self.follow(generated);
        let chat = Arc::clone(&self.chat);
        match self.states.last().expect("one for the beginning") {
            State::Reasoning => {}
            State::Outside(tail) => {
                let mut forbid = |id: u32| {
                    if let Some(logit) = logits.get_mut(id as usize) {
                        *logit = f32::NEG_INFINITY;
                    }
                };
                chat.quote_vocabulary().forbid(chat.tokenizer(), tail, !self.sources.is_empty(), &mut forbid);
            }
            state => {
                let mut allowed = std::mem::take(&mut self.allowed);
                allowed.clear();
                let mut see = |id: u32| allowed.extend(logits.get(id as usize).map(|logit| (id, *logit)));
                match state {
                    State::Inside(quote) => self.go_on(quote, &mut see),
                    _ => chat.tokenizer().end_tokens().into_iter().for_each(&mut see),
                }
                logits.fill(f32::NEG_INFINITY);
                for (id, logit) in &allowed {
                    logits[*id as usize] = *logit;
                }
                self.allowed = allowed;
            }
        }
    }

    /// Takes note of what was generated since last time, after going back to where it is the same.
    fn follow(&mut self, generated: &[u32]) {
        let same = self.seen.iter().zip(generated).take_while(|(a, b)| a == b).count();
        self.seen.truncate(same);
        self.states.truncate(same + 1);
        for &id in &generated[same..] {
            let next = self.after(self.states.last().expect("one for the beginning"), id);
            self.seen.push(id);
            self.states.push(next);
        }
    }

    fn after(&self, state: &State, id: u32) -> State {
        match (self.chat.tokenizer().written(id), state) {
            (Written::Nothing, state) => state.clone(),
            (Written::Control { content: "<think>", .. }, State::Outside(tail)) if !tail.has_begun() => State::Reasoning,
            (Written::Control { content: "</think>", .. }, State::Reasoning) => self.start(Tail::begun()),
            (_, State::Reasoning) => State::Reasoning,
            (_, State::Over) => State::Over,
            (Written::Control { .. }, _) => State::Outside(Tail::begun()),
            (Written::Bytes(bytes), State::Outside(tail)) => self.outside(tail, bytes),
            (Written::Bytes(bytes), State::Inside(quote)) => self.inside(quote.clone(), bytes),
        }
    }

    fn outside(&self, tail: &Tail, bytes: &[u8]) -> State {
        match tail.then(bytes) {
            Outside::Stays(tail) => State::Outside(tail),
            Outside::Opens(tail) => State::Inside(self.open(tail.names())),
            // It did not come from here, and what it says is not held to anything.
            Outside::Forbidden => State::Outside(Tail::begun()),
        }
    }

    /// The beginning of a quotation of the source with this number, or of any.
    fn open(&self, number: Option<u32>) -> Quote {
        let named = self.sources.iter().any(|(own, _)| Some(*own) == number);
        let sources = self.sources.iter().enumerate().filter(|(_, (own, _))| !named || Some(*own) == number);
        let matches = sources.map(|(place, (_, text))| (place, text.everywhere())).collect();
        Quote { matches, bytes: 0, chars: 0, closing: 0 }
    }

    fn inside(&self, mut quote: Quote, bytes: &[u8]) -> State {
        for (place, &byte) in bytes.iter().enumerate() {
            let mark = CLOSE.as_bytes();
            let goes_on = quote.closing > 0 || self.may_close(&quote);
            let closing = if goes_on && byte == mark[quote.closing] { quote.closing + 1 } else { 0 };
            if closing == mark.len() && self.only {
                return State::Over;
            }
            if closing == mark.len() {
                return self.outside(&Tail::begun(), &bytes[place + 1..]);
            }
            let narrowed = quote
                .matches
                .iter()
                .filter_map(|(source, places)| Some((*source, self.sources[*source].1.narrow(*places, quote.bytes, byte)?)));
            quote.matches = narrowed.collect();
            if quote.matches.is_empty() && closing == 0 {
                return State::Outside(Tail::begun());
            }
            quote.bytes += 1;
            quote.chars += count(&[byte]);
            quote.closing = closing;
        }
        State::Inside(quote)
    }

    fn may_close(&self, quote: &Quote) -> bool {
        quote.matches.iter().any(|(source, places)| self.sources[*source].1.may_end(*places, quote.bytes, quote.chars))
    }

    /// Tells every token that a quotation may go on or end with.
    fn go_on(&self, quote: &Quote, see: &mut impl FnMut(u32)) {
        let trie = &self.chat.quote_vocabulary().trie;
        let may_close = quote.closing == 0 && self.may_close(quote);
        if may_close || quote.closing > 0 {
            self.close(Trie::ROOT, 0, &CLOSE.as_bytes()[quote.closing..], see);
        }
        if may_close && quote.bytes >= QUOTE_BYTES_MAX {
            return;
        }
        let mut closers = Vec::new();
        for (source, places) in &quote.matches {
            let mut end = |node: u32, bytes: usize| {
                if !closers.contains(&(node, bytes)) {
                    closers.push((node, bytes));
                }
            };
            self.sources[*source].1.walk(trie, *places, (quote.bytes, quote.chars), see, &mut end);
        }
        for (node, bytes) in closers {
            // A token that ends inside the mark would have to be known again from the source's own bytes; there are others.
            let end = CLOSE.bytes().try_fold(node, |node, byte| trie.child(node, byte));
            end.into_iter().for_each(|end| self.closed(end, bytes + CLOSE.len(), see));
        }
    }

    /// Tells the tokens that write `mark` from a node of the vocabulary on, in whole or in part.
    fn close(&self, node: u32, before: usize, mark: &[u8], see: &mut impl FnMut(u32)) {
        let trie = &self.chat.quote_vocabulary().trie;
        let mut node = node;
        for (place, byte) in mark.iter().enumerate() {
            let Some(child) = trie.child(node, *byte) else { return };
            if place + 1 < mark.len() {
                trie.token(child).into_iter().for_each(&mut *see);
            }
            node = child;
        }
        self.closed(node, before + mark.len(), see);
    }

    /// Tells the tokens at and below a node that ends with the closing mark, so many bytes from the token's first: those that may stand
    /// outside from there on.
    fn closed(&self, node: u32, bytes: usize, see: &mut impl FnMut(u32)) {
        let tokenizer = self.chat.tokenizer();
        self.chat.quote_vocabulary().trie.below(node, &mut |id| {
            let rest = text_of(tokenizer, id).map(|text| Tail::default().then(&text[bytes..]));
            let ends = text_of(tokenizer, id).is_some_and(|text| text.len() == bytes);
            if !matches!(rest, None | Some(Outside::Forbidden)) && (ends || !self.only) {
                see(id);
            }
        });
    }
}

/// The quotations of a text: what stands between each opening mark and the next closing one, in bytes and without the marks.
#[must_use]
pub fn quotations(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = text[at..].find(OPEN).map(|open| at + open + OPEN.len()) {
        let Some(length) = text[open..].find(CLOSE) else { break };
        found.push(open..open + length);
        at = open + length + CLOSE.len();
    }
    found
}

#[cfg(test)]
mod tests;
