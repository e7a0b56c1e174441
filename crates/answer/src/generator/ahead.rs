//! Reading a prompt's beginning before anybody asks: the same tokens, kept in the same domain, as the question will have.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use pinakes_api::{ApiError, Code};
use pinakes_chat::{BoundaryKind, Conversation};
use pinakes_config::limits::WARM_READERS_MAX;
use pinakes_engine::cache::CacheRequest;
use pinakes_engine::engine::{Event, Refused, Request};
use pinakes_types::Scope;

use super::Generator;
use super::local::{Local, refused};
use crate::Figure;

/// For whom documents are read ahead, and what was so far.
#[derive(Default)]
pub(super) struct Ahead {
    /// One of each set of rights that asked lately, the latest first.
    readers: Mutex<VecDeque<Scope>>,
    documents: AtomicU64,
    tokens: AtomicU64,
}

impl Ahead {
    /// Somebody asks: those of the same rights are likely to.
    pub(super) fn meet(&self, scope: &Scope) {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|known| known.labels() != scope.labels());
        readers.push_front(scope.clone());
        readers.truncate(WARM_READERS_MAX);
    }

    fn count(&self, read: ReadAhead) {
        self.documents.fetch_add(u64::from(read.tokens > read.known), Ordering::Relaxed);
        self.tokens.fetch_add(read.tokens - read.known, Ordering::Relaxed);
    }

    /// What was read ahead, for monitoring.
    pub(super) fn figures(&self) -> [Figure; 2] {
        let counter =
            |name, help, value: &AtomicU64| Figure { name, labels: "", help, counter: true, value: value.load(Ordering::Relaxed) };
        [
            counter("pinakes_ahead_documents_total", "Documents read before anybody asked about them.", &self.documents),
            counter("pinakes_ahead_tokens_total", "Tokens computed for that.", &self.tokens),
        ]
    }
}

/// What reading one beginning took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ReadAhead {
    /// Tokens of it.
    pub(crate) tokens: u64,
    /// Of which were known already.
    pub(crate) known: u64,
}

impl Generator {
    /// Reads a conversation up to the end of its first part, the first document, at idle priority: whoever asks something comes first.
    /// `None` where it does not fit the model or the memory set aside.
    ///
    /// # Errors
    /// [`Code::Busy`] when too many wait; [`Code::BadRequest`] for a model on another server.
    pub(crate) async fn read_ahead(&self, scope: &Scope, beginning: Conversation) -> Result<Option<ReadAhead>, ApiError> {
        let elsewhere =
            || ApiError::new(Code::BadRequest, "The language model is on another server; only one in this process reads ahead.");
        let local = self.here().ok_or_else(elsewhere)?;
        let conversation = Conversation { thinking: self.settings.thinking, ..beginning };
        local.read_ahead(scope, &conversation).await
    }

    /// One of each set of rights that asked lately.
    pub(crate) fn readers(&self) -> Vec<Scope> {
        let readers = self.here().map(|local| local.ahead.readers.lock().unwrap_or_else(PoisonError::into_inner));
        readers.iter().flat_map(|readers| readers.iter()).cloned().collect()
    }

    /// Bytes that are kept of what was read, on the disk where that is used, else in memory; `None` where nothing is kept.
    pub(crate) fn kept_bytes(&self) -> Option<u64> {
        let stats = self.here()?.stats();
        match stats.tier {
            Some(tier) => Some(tier.bytes + tier.bytes_waiting),
            None => (stats.cache.bytes_max > 0).then_some(stats.cache.bytes),
        }
    }

    /// Whether what is read now is there after a restart.
    #[must_use]
    pub fn keeps_on_disk(&self) -> bool {
        self.here().is_some_and(|local| local.stats().tier.is_some())
    }

    /// Bytes that wait to be written to the disk.
    #[must_use]
    pub fn bytes_waiting(&self) -> u64 {
        self.here().and_then(|local| local.stats().tier).map_or(0, |tier| tier.bytes_waiting)
    }
}

impl Local {
    async fn read_ahead(&self, scope: &Scope, conversation: &Conversation) -> Result<Option<ReadAhead>, ApiError> {
        let prompt = self.chat.prompt(conversation).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))?;
        let part = prompt.boundaries.iter().find(|boundary| boundary.kind == BoundaryKind::Part);
        let Some(end) = part.map(|boundary| boundary.tokens) else { return Ok(None) };
        let running = {
            let epoch = self.epoch.now();
            let whole = self.reuse(scope, *epoch, &prompt, false);
            let boundaries = whole.boundaries.into_iter().filter(|at| *at <= end).collect();
            let request = Request::read_ahead(prompt.ids[..end].to_vec(), CacheRequest { boundaries, ..whole });
            self.engine.submit(request)
        };
        let mut running = match running {
            Ok(running) => running,
            Err(Refused::TooLong { .. } | Refused::Memory { .. }) => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        loop {
            match running.next().await {
                Some(Event::Finished { usage, .. }) => {
                    let read = ReadAhead { tokens: usage.prompt_tokens as u64, known: usage.cached_tokens as u64 };
                    self.ahead.count(read);
                    return Ok(Some(read));
                }
                Some(Event::Prefilled { .. } | Event::Token { .. }) => {}
                Some(Event::Failed(failure)) => return Err(ApiError::internal(failure)),
                None => return Err(ApiError::new(Code::Internal, "The engine stopped while a document was read ahead.")),
            }
        }
    }
}
