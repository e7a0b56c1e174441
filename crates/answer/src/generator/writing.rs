//! A text on its way out of a generator.

use std::sync::Arc;
use std::time::Instant;

use pinakes_api::{ApiError, Code, Usage};
use pinakes_chat::{Delta, Reply};
use pinakes_engine::engine::{Event, FinishReason, Running};

use super::reading::ReadingSpeed;
use super::remote::RemoteWriting;

/// More of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Of what the model says to itself first.
    pub reasoning: String,
    /// Of the text.
    pub text: String,
}

/// Why a text ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// The model ended it, or a stop string did.
    #[default]
    Stop,
    /// It was as long as allowed, or went in circles.
    Length,
}

/// A text being written. Dropping it ends the work.
pub struct Writing(Hand);

enum Hand {
    Local(Box<LocalWriting>),
    Remote(RemoteWriting),
}

impl Writing {
    pub(super) fn local(running: Running, reply: Reply, speed: Arc<ReadingSpeed>) -> Self {
        let (usage, ending) = (Usage::default(), Ending::default());
        let writing = LocalWriting { running, reply: Some(reply), usage, ending, speed, reading: None };
        Self(Hand::Local(Box::new(writing)))
    }

    pub(super) fn remote(writing: RemoteWriting) -> Self {
        Self(Hand::Remote(writing))
    }

    /// The next words, never empty; `None` after the last.
    ///
    /// # Errors
    /// [`Code::Internal`] when the engine failed at it, [`Code::GeneratorUnavailable`] when the server elsewhere did.
    pub async fn next(&mut self) -> Result<Option<Words>, ApiError> {
        match &mut self.0 {
            Hand::Local(writing) => writing.next().await,
            Hand::Remote(writing) => writing.next().await,
        }
    }

    /// Tokens used; whole after the last words.
    #[must_use]
    pub fn usage(&self) -> Usage {
        match &self.0 {
            Hand::Local(writing) => writing.usage,
            Hand::Remote(writing) => writing.usage(),
        }
    }

    /// Why it ended; known after the last words.
    #[must_use]
    pub fn ending(&self) -> Ending {
        match &self.0 {
            Hand::Local(writing) => writing.ending,
            Hand::Remote(writing) => writing.ending(),
        }
    }
}

struct LocalWriting {
    running: Running,
    /// `None` once everything was given.
    reply: Option<Reply>,
    usage: Usage,
    ending: Ending,
    speed: Arc<ReadingSpeed>,
    /// Tokens of the prompt after its first step, and when that was.
    reading: Option<(usize, Instant)>,
}

impl LocalWriting {
    fn reading(&mut self, done: usize) {
        let (first, since) = *self.reading.get_or_insert_with(|| (done, Instant::now()));
        self.speed.note(done.saturating_sub(first), since.elapsed());
    }

    async fn next(&mut self) -> Result<Option<Words>, ApiError> {
        while let Some(reply) = &mut self.reply {
            let delta = match self.running.next().await {
                Some(Event::Token { id, .. }) => {
                    self.usage.completion_tokens += 1;
                    reply.push(id)
                }
                Some(Event::Prefilled { done, .. }) => {
                    self.reading(done);
                    continue;
                }
                Some(Event::Finished { usage, reason }) => {
                    self.usage = Usage {
                        prompt_tokens: usage.prompt_tokens as u64,
                        cached_tokens: usage.cached_tokens as u64,
                        completion_tokens: usage.completion_tokens as u64,
                    };
                    self.ending = if matches!(reason, FinishReason::Length | FinishReason::Loop) { Ending::Length } else { Ending::Stop };
                    self.reply.take().map(|mut reply| reply.finish()).unwrap_or_default()
                }
                Some(Event::Failed(failure)) => return Err(ApiError::internal(failure)),
                None => return Err(ApiError::new(Code::Internal, "The engine stopped in the middle of an answer.")),
            };
            // What comes after a stop string is left out: there is no use in waiting for it.
            if self.reply.as_ref().is_some_and(|reply| reply.stopped_by().is_some()) {
                self.reply = None;
            }
            let Delta { reasoning, text } = delta;
            if !(text.is_empty() && reasoning.is_empty()) {
                return Ok(Some(Words { reasoning, text }));
            }
        }
        Ok(None)
    }
}
