//! The language model behind answers: an engine, and the tokenizer and template that belong to it.

mod options;
mod writing;

use std::sync::Arc;

use pinakes_api::{ApiError, Code};
use pinakes_chat::{BoundaryKind, Chat, Conversation, Prompt, Reply};
use pinakes_config::GeneratorConfig;
use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, EngineStats, Refused, Request};
use pinakes_engine::sampler::ReasoningBudget;
use pinakes_types::Scope;

use crate::figures::{Figure, figures};

pub use options::Options;
pub use writing::{Ending, Words, Writing};

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

    /// Begins a text that continues a conversation, whose last turn is a person's. What it reads is reused for readers of the same rights only.
    ///
    /// # Errors
    /// [`Code::Overloaded`] when too many wait; [`Code::BadRequest`] when it does not fit the model or the memory set aside, or when the
    /// options cannot be followed.
    pub fn begin(&self, scope: &Scope, messages: Conversation, options: Options) -> Result<Writing, ApiError> {
        let unusable = |problem: String| ApiError::new(Code::BadRequest, problem);
        let conversation = Conversation { thinking: options.thinking.unwrap_or(self.settings.thinking), ..messages };
        let prompt = self.chat.prompt(&conversation).map_err(|error| unusable(error.to_string()))?;
        let reply = Reply::new(Arc::clone(&self.chat), prompt.in_reasoning, options.stop.clone());
        let reply = reply.map_err(|error| unusable(error.to_string()))?;
        if let Some(problem) = options.sampling.problem() {
            return Err(unusable(problem));
        }
        let running = self.engine.submit(self.request(scope, prompt, options)).map_err(refused)?;
        Ok(Writing::new(running, reply))
    }

    /// Whether a mask over the next token can be set ([`Options::mask`]).
    #[must_use]
    pub fn takes_masks(&self) -> bool {
        true
    }

    fn request(&self, scope: &Scope, prompt: Prompt, options: Options) -> Request {
        let tokenizer = self.chat.tokenizer();
        let tokens_max = options.reasoning_tokens_max.unwrap_or(self.settings.reasoning_tokens_max);
        let reasoning = prompt.in_reasoning.then(|| self.reasoning(tokens_max)).flatten();
        let allowed = if reasoning.is_some() { tokens_max } else { 0 };
        Request {
            cache: Some(self.reuse(scope, &prompt)),
            stop_tokens: tokenizer.end_tokens(),
            valid_tokens: Some(tokenizer.len().min(self.engine.describe().vocabulary)),
            reasoning,
            stop_loops: true,
            sampling: options.sampling,
            mask: options.mask,
            time_max: options.time_max,
            ..Request::greedy(prompt.ids, options.tokens_max.unwrap_or(self.settings.answer_tokens_max) + allowed)
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

    fn reasoning(&self, tokens_max: usize) -> Option<ReasoningBudget> {
        let close = self.chat.tokenizer().control("</think>")?;
        Some(ReasoningBudget { tokens_max, close, forced: vec![close] })
    }
}

/// Tokens kept for the instructions, the template and the question.
const FRAME_TOKENS: usize = 768;

fn refused(refused: Refused) -> ApiError {
    let code = match refused {
        Refused::Busy { .. } => Code::Overloaded,
        Refused::Closed => Code::Internal,
        _ => Code::BadRequest,
    };
    ApiError::new(code, refused.to_string())
}
