//! The language model behind answers: an engine, and the tokenizer and template that belong to it.

use std::sync::Arc;

use pinakes_api::{ApiError, Code, Usage};
use pinakes_chat::{BoundaryKind, Chat, Conversation, Prompt, Reply};
use pinakes_config::GeneratorConfig;
use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, EngineStats, Event, Refused, Request, Running};
use pinakes_engine::sampler::ReasoningBudget;
use pinakes_types::Scope;

use crate::figures::{Figure, figures};

/// Reads an engine's counters.
type Stats = Arc<dyn Fn() -> EngineStats + Send + Sync>;

/// Writes texts. Cheap to share.
#[derive(Clone)]
pub struct Generator {
    engine: Arc<dyn Engine>,
    chat: Arc<Chat>,
    name: Arc<str>,
    settings: GeneratorConfig,
    secret: [u8; 32],
    stats: Stats,
}

impl Generator {
    /// Joins an engine with its tokenizer and template. `name` is how the model is called in answers; `secret` is this server's own, and
    /// keeps anybody else from knowing which cached prefixes belong to which rights. `stats` reads the engine's counters.
    ///
    /// # Errors
    /// [`Code::ModelInvalid`] when the tokenizer has ids that the model has no rows for.
    pub fn new(
        engine: Arc<dyn Engine>,
        chat: Arc<Chat>,
        name: &str,
        settings: GeneratorConfig,
        secret: [u8; 32],
        stats: Stats,
    ) -> Result<Self, ApiError> {
        chat.tokenizer()
            .check_rows(engine.describe().vocabulary)
            .map_err(|error| ApiError::new(Code::ModelInvalid, format!("{name}: {error}")))?;
        Ok(Self { engine, chat, name: name.into(), settings, secret, stats })
    }

    /// How the model is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the engine is doing and did.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        figures(&(self.stats)())
    }

    /// Tokens of documents that fit beside a question and its answer.
    pub(crate) fn context_tokens(&self) -> usize {
        let reasoning = if self.settings.thinking { self.settings.reasoning_tokens_max } else { 0 };
        let rest = self.engine.describe().context_max.saturating_sub(self.settings.answer_tokens_max + reasoning + FRAME_TOKENS);
        self.settings.context_tokens.min(rest)
    }

    /// Tokens a text takes.
    pub(crate) fn count(&self, text: &str) -> Result<usize, ApiError> {
        self.chat.tokenizer().encode(text).map(|ids| ids.len()).map_err(ApiError::internal)
    }

    /// Begins an answer to a conversation, whose last turn is a person's. What it reads is reused for readers of the same rights only.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when too many wait; [`Code::BadRequest`] when it does not fit the model or the memory set aside.
    pub fn begin(&self, scope: &Scope, messages: Conversation) -> Result<Writing, ApiError> {
        let conversation = Conversation { thinking: self.settings.thinking, ..messages };
        let prompt = self.chat.prompt(&conversation).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))?;
        let in_reasoning = prompt.in_reasoning;
        let running = self.engine.submit(self.request(scope, prompt)).map_err(refused)?;
        let reply = Reply::new(Arc::clone(&self.chat), in_reasoning, vec![]).expect("no stop strings are always taken");
        Ok(Writing { running, reply: Some(reply), usage: Usage::default() })
    }

    /// Greedy: what quotes documents is to be exact, and the same question is to get the same answer.
    fn request(&self, scope: &Scope, prompt: Prompt) -> Request {
        let tokenizer = self.chat.tokenizer();
        let reasoning = prompt.in_reasoning.then(|| self.reasoning()).flatten();
        let allowed = if reasoning.is_some() { self.settings.reasoning_tokens_max } else { 0 };
        Request {
            cache: Some(self.reuse(scope, &prompt)),
            stop_tokens: tokenizer.end_tokens(),
            valid_tokens: Some(tokenizer.len().min(self.engine.describe().vocabulary)),
            reasoning,
            stop_loops: true,
            ..Request::greedy(prompt.ids, self.settings.answer_tokens_max + allowed)
        }
    }

    fn reuse(&self, scope: &Scope, prompt: &Prompt) -> CacheRequest {
        let preamble = prompt.boundaries.iter().find(|boundary| boundary.kind == BoundaryKind::Preamble);
        CacheRequest {
            domain: self.domain(scope),
            public_tokens: preamble.map_or(0, |boundary| boundary.tokens),
            boundaries: prompt.boundaries.iter().map(|boundary| boundary.tokens).collect(),
            keep_answer: false,
        }
    }

    /// One for each set of labels: same rights share what was read, different rights never do.
    fn domain(&self, scope: &Scope) -> Domain {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        match scope.labels() {
            None => drop(hasher.update(b"everything")),
            Some(labels) => labels.iter().for_each(|label| {
                let label = label.0.as_bytes();
                hasher.update(b"label").update(&(label.len() as u64).to_le_bytes()).update(label);
            }),
        }
        Domain(*hasher.finalize().as_bytes())
    }

    fn reasoning(&self) -> Option<ReasoningBudget> {
        let close = self.chat.tokenizer().control("</think>")?;
        Some(ReasoningBudget { tokens_max: self.settings.reasoning_tokens_max, close, forced: vec![close] })
    }
}

/// Tokens kept for the instructions, the template and the question.
const FRAME_TOKENS: usize = 768;

/// A text being written. Dropping it ends the work.
pub struct Writing {
    running: Running,
    /// `None` once everything was given.
    reply: Option<Reply>,
    usage: Usage,
}

impl Writing {
    /// The next words; `None` after the last. Reasoning is left out.
    ///
    /// # Errors
    /// [`Code::Internal`] when the engine failed at it.
    pub async fn next(&mut self) -> Result<Option<String>, ApiError> {
        while let Some(reply) = &mut self.reply {
            let delta = match self.running.next().await {
                Some(Event::Token { id, .. }) => reply.push(id),
                Some(Event::Prefilled { .. }) => continue,
                Some(Event::Finished { usage, .. }) => {
                    self.usage = Usage {
                        prompt_tokens: usage.prompt_tokens as u64,
                        cached_tokens: usage.cached_tokens as u64,
                        completion_tokens: usage.completion_tokens as u64,
                    };
                    self.reply.take().map(|mut reply| reply.finish()).unwrap_or_default()
                }
                Some(Event::Failed(failure)) => return Err(ApiError::internal(failure)),
                None => return Err(ApiError::new(Code::Internal, "The engine stopped in the middle of an answer.")),
            };
            if !delta.text.is_empty() {
                return Ok(Some(delta.text));
            }
        }
        Ok(None)
    }

    /// Tokens used; known after the last words.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.usage
    }
}

fn refused(refused: Refused) -> ApiError {
    let code = match refused {
        Refused::Busy { .. } => Code::Overloaded,
        Refused::Closed => Code::Internal,
        _ => Code::BadRequest,
    };
    ApiError::new(code, refused.to_string())
}
