//! What is kept of events, and a memory that keeps it only while the process lives (for tests and trying out).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::ready;
use pinakes_api::ApiError;
use pinakes_config::limits::bot::EVENTS_WAITING_MAX;
use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::{Event, What};
use crate::platform::Posted;
use crate::ports::{Memory, Promise};

/// What became of an event that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acceptance {
    /// It is kept and to be answered.
    New,
    /// It is known: nothing is to be done.
    Known,
    /// Too many wait; it is not kept.
    Full,
}

/// An event that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What happened.
    pub event: Event,
    /// How often it was taken up, this time included.
    pub attempts: u32,
    /// How often its words changed.
    pub revision: u32,
    /// When they last did, as the platform counts; empty where they never did.
    #[serde(default)]
    pub edited_at: String,
    /// Our message that answers it, once there is one.
    pub reply: Option<Posted>,
}

/// What is kept besides events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Settings of a channel; never forgotten.
    Channel,
    /// A thread the bot was asked in, with its conversations.
    Thread,
    /// An answer, for its buttons.
    Answer,
    /// New words of a message that had not come yet itself.
    Edit,
}

impl Kept {
    /// Its name in a database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Thread => "thread",
            Self::Answer => "answer",
            Self::Edit => "edit",
        }
    }
}

impl Entry {
    /// An event that was just accepted.
    #[must_use]
    pub fn new(event: Event) -> Self {
        Self { event, attempts: 0, revision: 0, edited_at: String::new(), reply: None }
    }

    /// Puts other words in the place of the first; `false` when they are the same, or older than those that are there.
    pub fn amend(&mut self, words: &str, at: &str) -> bool {
        let What::Said { text, .. } = &mut self.event.what else { return false };
        if (at.len(), at) < (self.edited_at.len(), self.edited_at.as_str()) {
            return false;
        }
        at.clone_into(&mut self.edited_at);
        if text == words {
            return false;
        }
        words.clone_into(text);
        self.revision += 1;
        self.attempts = 0;
        true
    }
}

/// A memory that ends with the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryStub(Arc<Mutex<Inside>>);

#[derive(Debug, Default)]
struct Inside {
    /// By event id; `true` once answered. Ordered by arrival through the number.
    events: BTreeMap<String, (u64, bool, Entry)>,
    messages: BTreeMap<String, String>,
    values: BTreeMap<(Kept, String), (Timestamp, String)>,
    arrived: u64,
}

impl MemoryStub {
    fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Inside) -> T) -> Promise<T> {
        let value = work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        ready(Ok::<_, ApiError>(value)).boxed()
    }
}

impl Memory for MemoryStub {
    fn accept(&self, event: Event) -> Promise<Acceptance> {
        self.with(|inside| {
            let message = event.message_key();
            if inside.events.contains_key(&event.id) || message.as_ref().is_some_and(|key| inside.messages.contains_key(key)) {
                return Acceptance::Known;
            }
            if inside.events.values().filter(|(_, done, _)| !done).count() as u64 >= EVENTS_WAITING_MAX {
                return Acceptance::Full;
            }
            inside.arrived += 1;
            if let Some(key) = message {
                inside.messages.insert(key, event.id.clone());
            }
            inside.events.insert(event.id.clone(), (inside.arrived, false, Entry::new(event)));
            Acceptance::New
        })
    }

    fn amend(&self, message_key: String, text: String, at: String) -> Promise<Option<String>> {
        self.with(|inside| {
            let id = inside.messages.get(&message_key)?;
            let (_, done, entry) = inside.events.get_mut(id)?;
            entry.amend(&text, &at).then(|| {
                *done = false;
                id.clone()
            })
        })
    }

    fn waiting(&self) -> Promise<Vec<String>> {
        self.with(|inside| {
            let mut waiting: Vec<_> =
                inside.events.iter().filter(|(_, (_, done, _))| !done).map(|(id, (at, ..))| (*at, id.clone())).collect();
            waiting.sort();
            waiting.into_iter().map(|(_, id)| id).collect()
        })
    }

    fn begin(&self, id: String) -> Promise<Option<Entry>> {
        self.with(|inside| {
            let (_, done, entry) = inside.events.get_mut(&id)?;
            entry.attempts += u32::from(!*done);
            (!*done).then(|| entry.clone())
        })
    }

    fn replied(&self, id: String, reply: Posted) -> Promise<()> {
        self.with(|inside| {
            if let Some((.., entry)) = inside.events.get_mut(&id) {
                entry.reply = Some(reply);
            }
        })
    }

    fn finish(&self, id: String, revision: u32) -> Promise<bool> {
        self.with(|inside| {
            let Some((_, done, entry)) = inside.events.get_mut(&id) else { return true };
            *done = entry.revision <= revision;
            *done
        })
    }

    fn value(&self, kind: Kept, key: String) -> Promise<Option<String>> {
        self.with(|inside| inside.values.get(&(kind, key)).map(|(_, value)| value.clone()))
    }

    fn values(&self, kind: Kept, limit: u64) -> Promise<Vec<(String, String)>> {
        self.with(|inside| {
            let of_kind = inside.values.iter().filter(|((known, _), _)| *known == kind);
            of_kind.take(limit as usize).map(|((_, key), (_, value))| (key.clone(), value.clone())).collect()
        })
    }

    fn set_value(&self, kind: Kept, key: String, value: String, now: Timestamp) -> Promise<()> {
        self.with(|inside| drop(inside.values.insert((kind, key), (now, value))))
    }

    fn forget(&self, before: Timestamp) -> Promise<()> {
        self.with(|inside| {
            inside.events.retain(|_, (_, done, entry)| !*done || entry.event.received_at >= before);
            let Inside { events, messages, values, .. } = inside;
            messages.retain(|_, id| events.contains_key(id));
            values.retain(|(kind, _), (at, _)| *kind == Kept::Channel || *at >= before);
        })
    }
}
