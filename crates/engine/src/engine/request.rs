//! What is asked, what comes back, and why something does not.

use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;

use crate::cache::CacheRequest;
use crate::sampler::{LogitMask, Logprob, ReasoningBudget, SampleError, Sampling};

/// One answer to be generated.
pub struct Request {
    /// The ids to continue; one or more.
    pub prompt: Vec<u32>,
    /// How to choose.
    pub sampling: Sampling,
    /// Tokens after which the answer ends in any case; 0 only reads the prompt, which is for reading ahead.
    pub output_tokens_max: usize,
    /// Ids that end the answer; they are not part of it.
    pub stop_tokens: Vec<u32>,
    /// Ids from here on are padding and never chosen; `None`: the whole vocabulary is valid.
    pub valid_tokens: Option<usize>,
    /// How many of the likeliest tokens to report with each; `None` reports no probabilities at all.
    pub logprobs: Option<usize>,
    /// The caller's say in what may come next.
    pub mask: Option<Box<dyn LogitMask>>,
    /// A bound on reasoning, for prompts that end inside it.
    pub reasoning: Option<ReasoningBudget>,
    /// Whether an answer that goes in circles is ended.
    pub stop_loops: bool,
    /// What of the prompt may be reused, and by whom; `None` takes no part in it.
    pub cache: Option<CacheRequest>,
    /// Who asks: requests of different clients take turns. An opaque number.
    pub client: u64,
    /// How urgent it is.
    pub priority: Priority,
    /// For how long after submission it may take.
    pub time_max: Option<Duration>,
}

/// How urgent a request is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Somebody waits for it.
    #[default]
    Interactive,
    /// Reading ahead: goes on only while nobody waits for anything, and gives its place away when it is needed.
    Background,
}

impl Request {
    /// A greedy answer of at most `output_tokens_max` to `prompt`.
    #[must_use]
    pub fn greedy(prompt: Vec<u32>, output_tokens_max: usize) -> Self {
        Self {
            prompt,
            sampling: Sampling::default(),
            output_tokens_max,
            stop_tokens: Vec::new(),
            valid_tokens: None,
            logprobs: None,
            mask: None,
            reasoning: None,
            stop_loops: false,
            cache: None,
            client: 0,
            priority: Priority::Interactive,
            time_max: None,
        }
    }

    /// Reads `prompt` ahead, for those who will ask about it.
    #[must_use]
    pub fn read_ahead(prompt: Vec<u32>, cache: CacheRequest) -> Self {
        Self { cache: Some(cache), priority: Priority::Background, ..Self::greedy(prompt, 0) }
    }
}

/// What happens to a request, in order; the last is [`Event::Finished`] or [`Event::Failed`].
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// More of the prompt was read. A slow receiver may miss some of these.
    Prefilled {
        /// Tokens so far.
        done: usize,
        /// Of the prompt.
        total: usize,
    },
    /// The next token.
    Token {
        /// The token.
        id: u32,
        /// The natural logarithm of its probability, when asked for.
        logprob: Option<f32>,
        /// The likeliest tokens in its place, when asked for.
        top: Vec<Logprob>,
    },
    /// The answer is complete.
    Finished {
        /// Why it ended.
        reason: FinishReason,
        /// What it took.
        usage: Usage,
    },
    /// It will not be completed.
    Failed(Failure),
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model said this stop token.
    Stop(u32),
    /// The most tokens that were asked for, or the end of the context.
    Length,
    /// It went in circles.
    Loop,
    /// The prompt was read, and no answer was asked for.
    Read,
}

/// What an answer took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Of which were not computed again.
    pub cached_tokens: usize,
    /// Tokens of the answer, without the stop token.
    pub completion_tokens: usize,
    /// Of which were reasoning.
    pub reasoning_tokens: usize,
    /// Tokens that were put forward as drafts.
    pub drafted_tokens: usize,
    /// Of which the model said the same.
    pub accepted_tokens: usize,
    /// Between submission and the first step.
    pub queued: Duration,
    /// Between the first step and the first token.
    pub prefill: Duration,
    /// Between the first token and the last.
    pub decode: Duration,
}

/// Why a request that was taken is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Failure {
    /// A defect of ours.
    #[error("the engine met a defect while it worked on this; the request may be sent again")]
    Panicked,
    /// See [`SampleError`].
    #[error(transparent)]
    Sampling(#[from] SampleError),
    /// It took longer than the request allows.
    #[error("the answer was not complete within the time that was given")]
    Deadline,
    /// The engine is closing.
    #[error("the engine is shutting down")]
    Closed,
}

impl Failure {
    /// A short name that does not change.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Panicked => "engine_panicked",
            Self::Sampling(SampleError::NotANumber) => "logits_not_numbers",
            Self::Sampling(SampleError::NothingAllowed) => "no_token_allowed",
            Self::Deadline => "deadline_exceeded",
            Self::Closed => "engine_closed",
        }
    }
}

/// Why a request is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// There is nothing to continue.
    #[error("the prompt is empty")]
    Empty,
    /// An id is outside the vocabulary.
    #[error("the prompt's token {id} is outside the vocabulary of {vocabulary}; the tokenizer is not this model's")]
    UnknownToken {
        /// The id.
        id: u32,
        /// Ids are below this.
        vocabulary: usize,
    },
    /// The model does not see that far.
    #[error("a prompt of {prompt} tokens leaves no room for an answer in the model's context of {context}")]
    TooLong {
        /// Tokens of the prompt.
        prompt: usize,
        /// Positions of the model.
        context: usize,
    },
    /// A sampling value is out of range.
    #[error("{0}")]
    Sampling(String),
    /// It can never fit.
    #[error(
        "{prompt} tokens of prompt and {output} of answer take {needed_bytes} bytes of state; {memory_bytes} are set aside for all requests"
    )]
    Memory {
        /// Tokens of the prompt.
        prompt: usize,
        /// The most tokens of the answer.
        output: usize,
        /// What they take.
        needed_bytes: u64,
        /// What there is.
        memory_bytes: u64,
    },
    /// Too many others wait.
    #[error("{waiting} requests are waiting already; try again in {} seconds", retry_after.as_secs())]
    Busy {
        /// Requests that wait.
        waiting: usize,
        /// When there is likely room: as long as the last ones took, for each that is ahead. Whole seconds, one at least.
        retry_after: Duration,
    },
    /// The engine is gone.
    #[error("the engine is shutting down")]
    Closed,
}

impl Refused {
    /// A short name that does not change.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "prompt_empty",
            Self::UnknownToken { .. } => "token_unknown",
            Self::TooLong { .. } => "context_exceeded",
            Self::Sampling(_) => "sampling_invalid",
            Self::Memory { .. } => "memory_exceeded",
            Self::Busy { .. } => "engine_busy",
            Self::Closed => "engine_closed",
        }
    }
}

/// A request that was taken. Dropping it cancels it.
#[derive(Debug)]
pub struct Running {
    pub(super) events: mpsc::Receiver<Event>,
}

impl Running {
    /// The next event; `None` after the last, or when the engine is gone.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// As [`Self::next`], for callers outside of a runtime.
    pub fn next_blocking(&mut self) -> Option<Event> {
        self.events.blocking_recv()
    }
}
