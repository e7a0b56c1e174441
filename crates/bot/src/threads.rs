//! Threads as conversations: which thread the bot was asked in, by whom, and which conversation goes on in it.

use std::collections::BTreeMap;

use pinakes_api::ApiError;
use pinakes_config::limits::bot::{CONVERSATION_IDLE_MAX, THREAD_CONVERSATIONS_MAX};
use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Place;
use crate::journal::Kept;
use crate::ports::Memory;

/// A thread the bot was asked in; or a whole direct message, which has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Thread {
    /// The account that asked first.
    pub(crate) asker: String,
    /// Conversations by the name of their reader: what is kept for a channel goes on apart from what is kept for one person.
    pub(crate) conversations: BTreeMap<String, String>,
    /// When it was last asked in.
    pub(crate) used_at: Timestamp,
}

impl Thread {
    /// The thread of a place, if the bot was asked there. A direct message that was silent for long begins anew.
    pub(crate) async fn read(memory: &dyn Memory, place: &Place, now: Timestamp) -> Result<Option<Self>, ApiError> {
        let Some(kept) = memory.value(Kept::Thread, place.thread_key()).await? else { return Ok(None) };
        let thread: Self = serde_json::from_str(&kept).map_err(ApiError::internal)?;
        let idle_ms = now.0.saturating_sub(thread.used_at.0);
        let is_over = place.thread.is_none() && u128::try_from(idle_ms).is_ok_and(|idle| idle > CONVERSATION_IDLE_MAX.as_millis());
        Ok((!is_over).then_some(thread))
    }

    /// Keeps it.
    pub(crate) async fn write(&self, memory: &dyn Memory, place: &Place) -> Result<(), ApiError> {
        let value = serde_json::to_string(self).map_err(ApiError::internal)?;
        memory.set_value(Kept::Thread, place.thread_key(), value, self.used_at).await
    }

    /// Notes the conversation of a reader.
    pub(crate) fn note(&mut self, subject: &str, conversation: String) {
        if self.conversations.len() >= THREAD_CONVERSATIONS_MAX && !self.conversations.contains_key(subject) {
            self.conversations.pop_first();
        }
        self.conversations.insert(subject.to_owned(), conversation);
    }
}
