//! The language model behind answers: here, on the engine, or on another server.

mod ahead;
mod epoch;
mod held;
mod local;
mod options;
mod outgoing;
mod reading;
mod remote;
mod remote_stream;
mod writing;

use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_chat::{Chat, Conversation};
use pinakes_config::{GeneratorConfig, RemoteConfig};
use pinakes_engine::engine::Engine;
use pinakes_types::Scope;

use crate::figures::{Figure, figures};

use local::{Local, Stats};
use remote::Remote;

pub use held::Held;
pub use options::Options;
pub use outgoing::Outgoing;
pub use writing::{Ending, Words, Writing};

/// Writes texts. Cheap to share.
#[derive(Clone)]
pub struct Generator {
    name: Arc<str>,
    settings: GeneratorConfig,
    hand: Hand,
    outgoing: Option<Arc<dyn Outgoing>>,
}

#[derive(Clone)]
enum Hand {
    Local(Arc<Local>),
    Remote(Arc<Remote>),
}

impl Generator {
    /// Joins an engine with its tokenizer and template. `name` is how the model is called in answers; `secret` is this server's own, and
    /// keeps anybody else from knowing which cached prefixes belong to which rights. `stats` reads the engine's counters.
    ///
    /// # Errors
    /// [`Code::ModelInvalid`](pinakes_api::Code::ModelInvalid) when the tokenizer has ids that the model has no rows for.
    pub fn new(
        engine: Arc<dyn Engine>,
        chat: Arc<Chat>,
        name: &str,
        settings: GeneratorConfig,
        secret: [u8; 32],
        stats: Stats,
    ) -> Result<Self, ApiError> {
        let local = Local::new(engine, chat, name, secret, stats)?;
        Ok(Self { name: name.into(), settings, hand: Hand::Local(Arc::new(local)), outgoing: None })
    }

    /// A model on another server. `settings` say how long answers may be. Nothing is connected to yet.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`](pinakes_api::Code::InvalidConfig) for an address without a host or a key that cannot be read.
    pub fn elsewhere(config: &RemoteConfig, settings: GeneratorConfig) -> Result<Self, ApiError> {
        let remote = Remote::open(config)?;
        Ok(Self { name: config.model.as_str().into(), settings, hand: Hand::Remote(Arc::new(remote)), outgoing: None })
    }

    /// The same, telling somebody of each text before it leaves.
    #[must_use]
    pub fn telling(self, outgoing: Arc<dyn Outgoing>) -> Self {
        Self { outgoing: Some(outgoing), ..self }
    }

    /// How the model is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The host that texts are sent to; `None` for a model in this process.
    #[must_use]
    pub fn sent_to(&self) -> Option<&str> {
        match &self.hand {
            Hand::Local(_) => None,
            Hand::Remote(remote) => Some(remote.host()),
        }
    }

    /// What the engine is doing and did; nothing where it is another server's.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        self.here().map_or_else(Vec::new, |local| figures(&local.stats()).into_iter().chain(local.ahead.figures()).collect())
    }

    /// Tokenizer and template of a model in this process.
    pub(crate) fn chat(&self) -> Option<&Arc<Chat>> {
        self.here().map(|local| &local.chat)
    }

    /// Tokens of documents that fit beside a question and its answer.
    pub(crate) fn context_tokens(&self) -> usize {
        match &self.hand {
            Hand::Local(local) => {
                let reasoning = if self.settings.thinking { self.settings.reasoning_tokens_max } else { 0 };
                let rest = local.context_max().saturating_sub(self.settings.answer_tokens_max + reasoning + FRAME_TOKENS);
                let share = (rest as f32 * self.settings.context_share) as usize;
                self.settings.context_tokens.min(share).min(local.speed.tokens_in(self.settings.read_time_max))
            }
            Hand::Remote(remote) => remote.context_tokens(),
        }
    }

    /// Tokens that an answer may have, as configured; room for them is kept.
    pub(crate) fn answer_tokens_max(&self) -> usize {
        self.settings.answer_tokens_max
    }

    /// Tokens a text takes; of a model elsewhere, whose tokenizer is not known, an upper estimate.
    pub(crate) fn count(&self, text: &str) -> Result<usize, ApiError> {
        match self.chat() {
            Some(chat) => chat.tokenizer().encode(text).map(|ids| ids.len()).map_err(ApiError::internal),
            None => Ok(text.len().div_ceil(BYTES_PER_TOKEN)),
        }
    }

    /// Begins a text that continues a conversation, whose last turn is a person's. What it reads is reused for readers of the same rights
    /// only.
    ///
    /// # Errors
    /// [`Code::Busy`](pinakes_api::Code::Busy) when too many wait; [`Code::BadRequest`](pinakes_api::Code::BadRequest) when it
    /// does not fit the model or the memory set aside, or when the options cannot be followed. What another server refuses comes with the
    /// first words.
    pub fn begin(&self, scope: &Scope, messages: Conversation, options: Options) -> Result<Writing, ApiError> {
        let conversation = Conversation { thinking: options.thinking.unwrap_or(self.settings.thinking), ..messages };
        let tokens_max = options.tokens_max.unwrap_or(self.settings.answer_tokens_max);
        let reasoning_max = options.reasoning_tokens_max.unwrap_or(self.settings.reasoning_tokens_max);
        match &self.hand {
            Hand::Local(local) => local.begin(scope, &conversation, (tokens_max, reasoning_max), options),
            Hand::Remote(remote) => {
                let reasoning_max = if conversation.thinking { reasoning_max } else { 0 };
                let told = self.outgoing.as_ref().map(|outgoing| outgoing.leaves(scope.subject(), remote.host(), &self.name));
                Ok(Writing::remote(remote.begin(&conversation, tokens_max + reasoning_max, &options, told)))
            }
        }
    }

    /// Says which epoch of rights it is, [`pinakes_catalog::Catalog::rights_epoch`]. When it is another than before, nothing that was read
    /// under the old one is found any more, in memory or on the disk, and its room is given back; all but the instructions, which say
    /// nothing about anybody. Cheap when it is the same.
    pub fn rotate_epoch(&self, epoch: u64) {
        if let Some(local) = self.here() {
            local.rotate_epoch(epoch);
        }
    }

    /// Whether a text can be held to something ([`Options::held`]).
    #[must_use]
    pub fn can_hold(&self) -> bool {
        self.here().is_some()
    }

    fn here(&self) -> Option<&Local> {
        match &self.hand {
            Hand::Local(local) => Some(local),
            Hand::Remote(_) => None,
        }
    }
}

/// Tokens kept for the instructions, the template and the question.
const FRAME_TOKENS: usize = 768;
/// Bytes in a token of a tokenizer that is not known; real ones have more.
const BYTES_PER_TOKEN: usize = 3;
