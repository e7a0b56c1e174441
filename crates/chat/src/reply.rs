//! Token ids of an answer to text, as they come: whole characters, reasoning apart, ended by stop strings.

mod stops;
mod utf8;

use std::sync::Arc;

pub use stops::BadStops;
use stops::Stops;
use utf8::Utf8;

use crate::Chat;
use crate::tokenizer::Written;

/// What some tokens added to an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Delta {
    /// Of what the model thinks before it answers.
    pub reasoning: String,
    /// Of the answer.
    pub text: String,
}

impl Delta {
    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.reasoning.is_empty() && self.text.is_empty()
    }
}

/// Which half of an answer is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    /// Nothing but space so far: a `<think>` may still open the reasoning.
    Start,
    Reasoning,
    Text,
}

/// An answer in the making. However its tokens are grouped, the deltas joined are the same.
///
/// Reasoning ends with the control token `</think>` alone: the same characters quoted from a document are text. Spaces around the
/// reasoning and newlines between it and the text belong to neither.
#[derive(Debug)]
pub struct Reply {
    chat: Arc<Chat>,
    half: Half,
    utf8: Utf8,
    stops: Stops,
    /// Spaces at the end of the reasoning so far; shown once something follows.
    spaces: String,
    /// Whether the half that is being written has shown anything.
    begun: bool,
    /// Whether newlines at the start of the text are left out: after reasoning.
    strip: bool,
}

impl Reply {
    /// Starts an answer. `in_reasoning` says whether the prompt ended inside a `<think>` ([`crate::Prompt::in_reasoning`]). Stop strings are
    /// looked for in the text, not in the reasoning.
    ///
    /// # Errors
    /// An empty stop string, one that is too long, or too many.
    pub fn new(chat: Arc<Chat>, in_reasoning: bool, stop_strings: Vec<String>) -> Result<Self, BadStops> {
        let half = if in_reasoning { Half::Reasoning } else { Half::Start };
        let stops = Stops::new(stop_strings)?;
        Ok(Self { chat, half, utf8: Utf8::default(), stops, spaces: String::new(), begun: false, strip: false })
    }

    /// The stop string that ended the text, once one has; whatever comes after is left out.
    pub fn stopped_by(&self) -> Option<&str> {
        self.stops.met()
    }

    /// Whether the model is still thinking.
    pub fn in_reasoning(&self) -> bool {
        self.half == Half::Reasoning
    }

    /// Takes one more id. End tokens may be among them; like all hidden control tokens they add nothing.
    pub fn push(&mut self, id: u32) -> Delta {
        let mut delta = Delta::default();
        let mut characters = String::new();
        let chat = Arc::clone(&self.chat);
        match chat.tokenizer().written(id) {
            Written::Bytes(bytes) => self.utf8.push(bytes, &mut characters),
            Written::Control { content, hidden } => {
                self.utf8.finish(&mut characters);
                self.show(&characters, &mut delta);
                characters.clear();
                match (self.half, content) {
                    (Half::Start, "<think>") => self.half = Half::Reasoning,
                    (Half::Reasoning, "</think>") => self.end_reasoning(),
                    _ if hidden => {}
                    _ => characters.push_str(content),
                }
            }
            Written::Nothing => {}
        }
        self.show(&characters, &mut delta);
        delta
    }

    /// Nothing more comes: gives what was held back.
    pub fn finish(&mut self) -> Delta {
        let mut delta = Delta::default();
        let mut characters = String::new();
        self.utf8.finish(&mut characters);
        self.show(&characters, &mut delta);
        if self.half == Half::Start {
            self.half = Half::Text;
            let spaces = std::mem::take(&mut self.spaces);
            self.stops.push(&spaces, &mut delta.text);
        }
        self.stops.finish(&mut delta.text);
        delta
    }

    fn end_reasoning(&mut self) {
        (self.half, self.begun, self.strip) = (Half::Text, false, true);
        self.spaces.clear();
    }

    fn show(&mut self, characters: &str, delta: &mut Delta) {
        for character in characters.chars() {
            match self.half {
                Half::Start if character.is_whitespace() => self.spaces.push(character),
                Half::Start => {
                    self.half = Half::Text;
                    let spaces = std::mem::take(&mut self.spaces);
                    self.stops.push(&spaces, &mut delta.text);
                    self.stops.push(character.encode_utf8(&mut [0; 4]), &mut delta.text);
                }
                Half::Reasoning if character.is_whitespace() => self.spaces.push(character),
                Half::Reasoning => {
                    let spaces = std::mem::take(&mut self.spaces);
                    if self.begun {
                        delta.reasoning.push_str(&spaces);
                    }
                    delta.reasoning.push(character);
                    self.begun = true;
                }
                Half::Text if self.strip && !self.begun && character == '\n' => {}
                Half::Text => {
                    self.begun = true;
                    self.stops.push(character.encode_utf8(&mut [0; 4]), &mut delta.text);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
