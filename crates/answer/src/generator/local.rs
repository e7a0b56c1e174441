//! A language model in this process: an engine, and the tokenizer and template that belong to it.

use std::sync::Arc;

use pinakes_api::{ApiError, Code};
use pinakes_chat::{BoundaryKind, Chat, Conversation, Prompt, Reply};
use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, EngineStats, Refused, Request};
use pinakes_engine::sampler::ReasoningBudget;
use pinakes_types::Scope;

use super::ahead::Ahead;
use super::epoch::Epoch;
use super::reading::ReadingSpeed;
use super::{Options, Writing};

/// Reads an engine's counters.
pub(super) type Stats = Arc<dyn Fn() -> EngineStats + Send + Sync>;

pub(super) struct Local {
    pub(super) engine: Arc<dyn Engine>,
    pub(super) chat: Arc<Chat>,
    secret: [u8; 32],
    stats: Stats,
    pub(super) speed: Arc<ReadingSpeed>,
    pub(super) epoch: Epoch,
    pub(super) ahead: Ahead,
}

impl Local {
    pub(super) fn new(engine: Arc<dyn Engine>, chat: Arc<Chat>, name: &str, secret: [u8; 32], stats: Stats) -> Result<Self, ApiError> {
        chat.tokenizer()
            .check_rows(engine.describe().vocabulary)
            .map_err(|error| ApiError::new(Code::ModelInvalid, format!("{name}: {error}")))?;
        Ok(Self { engine, chat, secret, stats, speed: Arc::default(), epoch: Epoch::default(), ahead: Ahead::default() })
    }

    pub(super) fn stats(&self) -> EngineStats {
        (self.stats)()
    }

    /// Tokens of a prompt with its answer.
    pub(super) fn context_max(&self) -> usize {
        self.engine.describe().context_max
    }

    /// Begins a text; `lengths` are tokens of the text and of reasoning before it.
    pub(super) fn begin(
        &self,
        scope: &Scope,
        conversation: &Conversation,
        lengths: (usize, usize),
        options: Options,
    ) -> Result<Writing, ApiError> {
        let unusable = |problem: String| ApiError::new(Code::BadRequest, problem);
        let prompt = self.chat.prompt(conversation).map_err(|error| unusable(error.to_string()))?;
        let reply = Reply::new(Arc::clone(&self.chat), prompt.in_reasoning, options.stop.clone());
        let reply = reply.map_err(|error| unusable(error.to_string()))?;
        if let Some(problem) = options.sampling.problem() {
            return Err(unusable(problem));
        }
        if !options.private {
            self.ahead.meet(scope);
        }
        // Held until it is submitted: what comes in under an old epoch is there when that is forgotten.
        let epoch = self.epoch.now();
        let running = self.engine.submit(self.request(scope, *epoch, prompt, lengths, options)).map_err(refused)?;
        Ok(Writing::local(running, reply, Arc::clone(&self.speed)))
    }

    /// See [`super::Generator::rotate_epoch`].
    pub(super) fn rotate_epoch(&self, epoch: u64) {
        self.epoch.rotate(epoch, || self.engine.forget_private());
    }

    fn request(&self, scope: &Scope, epoch: u64, prompt: Prompt, (tokens_max, reasoning_max): (usize, usize), options: Options) -> Request {
        let tokenizer = self.chat.tokenizer();
        let reasoning = prompt.in_reasoning.then(|| self.reasoning(reasoning_max)).flatten();
        let allowed = if reasoning.is_some() { reasoning_max } else { 0 };
        Request {
            cache: Some(self.reuse(scope, epoch, &prompt, options.private)),
            stop_tokens: tokenizer.end_tokens(),
            valid_tokens: Some(tokenizer.len().min(self.engine.describe().vocabulary)),
            reasoning,
            stop_loops: true,
            sampling: options.sampling,
            mask: options.held.map(|held| held.mask(prompt.in_reasoning)),
            time_max: options.time_max,
            ..Request::greedy(prompt.ids, tokens_max + allowed)
        }
    }

    pub(super) fn reuse(&self, scope: &Scope, epoch: u64, prompt: &Prompt, private: bool) -> CacheRequest {
        // Instructions that the asker wrote are no preamble that everybody has.
        let preamble = prompt.boundaries.iter().find(|boundary| boundary.kind == BoundaryKind::Preamble && !private);
        CacheRequest {
            domain: if private { self.own_domain(scope, epoch) } else { self.domain(scope, epoch) },
            public_tokens: preamble.map_or(0, |boundary| boundary.tokens),
            boundaries: prompt.boundaries.iter().map(|boundary| boundary.tokens).collect(),
            keep_answer: false,
        }
    }

    /// One for each set of labels and each epoch of rights: same rights share what was read, different or former ones never do.
    fn domain(&self, scope: &Scope, epoch: u64) -> Domain {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(&epoch.to_le_bytes());
        match scope.labels() {
            None => drop(hasher.update(b"everything")),
            Some(labels) => labels.iter().for_each(|label| {
                let label = label.0.as_bytes();
                hasher.update(b"label").update(&(label.len() as u64).to_le_bytes()).update(label);
            }),
        }
        Domain(*hasher.finalize().as_bytes())
    }

    /// One for each person: what somebody wrote shows nobody else, by how fast it is read, that it was written.
    fn own_domain(&self, scope: &Scope, epoch: u64) -> Domain {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(b"own").update(&self.domain(scope, epoch).0).update(scope.subject().as_bytes());
        Domain(*hasher.finalize().as_bytes())
    }

    fn reasoning(&self, tokens_max: usize) -> Option<ReasoningBudget> {
        let close = self.chat.tokenizer().control("</think>")?;
        Some(ReasoningBudget { tokens_max, close, forced: vec![close] })
    }
}

pub(super) fn refused(refused: Refused) -> ApiError {
    let words = refused.to_string();
    match refused {
        Refused::Busy { retry_after, .. } => ApiError::new(Code::Busy, words).retry_after(retry_after.as_secs().max(1) as u32),
        Refused::Closed => ApiError::new(Code::Internal, words),
        _ => ApiError::new(Code::BadRequest, words),
    }
}
