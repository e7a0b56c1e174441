//! How text of users and documents goes through a template without becoming a control token.
//!
//! A template renders a conversation to one string, and in that string nobody can tell any more who wrote `<|im_end|>`. So before
//! rendering, a *guard* (a private-use character found nowhere in the input) is put into every text: behind each character that a control
//! token can begin with and before each that one can end with. What then still reads as a control token was written by the template
//! alone; the guards are taken out of what is left before it is encoded. Unlike a placeholder for the whole text, this leaves the
//! template its text to trim, to test for emptiness and to look into.
//!
//! Why nothing slips through: an occurrence of a control token that contains characters of a text either begins in it (a guard follows
//! the first character), or ends in it (a guard precedes the last), or spans it whole, template on both sides; for the last case
//! a text that stands inside a control token gets a guard behind its first character.

use std::collections::HashSet;

use crate::tokenizer::Controls;

/// Three characters that occur nowhere in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Breaks up control tokens in text.
    pub(crate) guard: char,
    /// Stands before the first text that is not the system's.
    pub(crate) preamble: char,
    /// Stands between the parts of a text.
    pub(crate) part: char,
}

impl Marks {
    /// Finds three characters of the private-use areas that are in none of the texts. There are 137,468; a conversation that uses all but
    /// two of them is refused (`None`).
    pub(crate) fn unused_in(used: &HashSet<char>) -> Option<Self> {
        let mut free = private_use().filter(|character| !used.contains(character));
        Some(Self { guard: free.next()?, preamble: free.next()?, part: free.next()? })
    }

    /// Whether this is one of the three.
    pub(crate) fn contains(self, character: char) -> bool {
        [self.guard, self.preamble, self.part].contains(&character)
    }

    /// A text with guards.
    pub(crate) fn guarded(self, text: &str, controls: &Controls) -> String {
        let trimmed = text.trim();
        let inside = !trimmed.is_empty() && controls.contain(trimmed);
        let first = text.len() - text.trim_start().len();
        let mut guarded = String::with_capacity(text.len() + text.len() / 16);
        for (place, character) in text.char_indices() {
            if controls.ends(character) {
                guarded.push(self.guard);
            }
            guarded.push(character);
            if controls.begins(character) || (inside && place == first) {
                guarded.push(self.guard);
            }
        }
        guarded
    }

    /// The parts of a text as one, guarded, with marks between them and, if `opens`, before its first character that is not a space. None
    /// stands at its ends, where a template trims.
    pub(crate) fn joined(self, parts: &[String], opens: bool, controls: &Controls) -> String {
        let blank = |part: &String| part.trim().is_empty();
        let last = parts.iter().rposition(|part| !blank(part)).unwrap_or(0);
        let mut joined = String::new();
        let mut open = opens;
        for (place, part) in parts.iter().enumerate() {
            let spaces = part.len() - part.trim_start().len();
            if open && !blank(part) {
                joined.push_str(&part[..spaces]);
                joined.push(self.preamble);
                joined.push_str(&self.guarded(&part[spaces..], controls));
                open = false;
            } else {
                joined.push_str(&self.guarded(part, controls));
            }
            if place < last && !blank(part) {
                joined.push(self.part);
            }
        }
        joined
    }
}

/// The private-use characters among those of a text.
pub(crate) fn private_use_in(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|&character| matches!(character, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}'))
}

fn private_use() -> impl Iterator<Item = char> {
    ('\u{E000}'..='\u{F8FF}').chain('\u{F0000}'..='\u{FFFFD}').chain('\u{100000}'..='\u{10FFFD}')
}
