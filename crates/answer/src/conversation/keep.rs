//! Keeping a question with its answer.

use pinakes_api::{ApiError, AskRequest, AskResponse, Code, Hit};
use pinakes_catalog::{Appended, NewTurn};
use pinakes_config::limits::conversation::{SWEEP_ITEMS_MAX, TITLE_MADE_CHARS_MAX, TURNS_MAX};
use pinakes_types::{Scope, Timestamp};

use super::Earlier;
use super::shown::KeptRetrieval;
use crate::Searcher;
use crate::searcher::catalog_error;

impl Searcher {
    /// Keeps a question with its answer where that is wanted, and writes into the answer where. An answer that cannot be kept is given all
    /// the same, and says so: it has been made and may have been read already.
    pub(crate) async fn keep_answer(
        &self,
        scope: &Scope,
        request: &AskRequest,
        earlier: &Earlier,
        response: &mut AskResponse,
        found: &[Hit],
    ) {
        let continued = request.conversation_id.as_deref();
        if continued.is_none() && !(request.save && self.store.config.conversations.save) {
            return;
        }
        let conversation = continued.map_or_else(|| self.new_id(), str::to_owned);
        response.conversation_id = Some(conversation.clone());
        response.answer_id = Some(self.new_id());
        let kept = match self.turn(request.question.trim(), earlier, response, found) {
            Ok(turn) => self.put(scope, &conversation, continued.is_none().then_some(request), &turn).await,
            Err(error) => Err(error),
        };
        let lost = match kept {
            Ok(Appended::Turn(_)) => return,
            Ok(Appended::Gone) => "The conversation was deleted meanwhile; this answer is not kept.",
            Ok(Appended::Full) => "The conversation is full; this answer is not kept.",
            Err(error) => {
                tracing::error!(%error, "an answer could not be kept");
                "This answer could not be kept."
            }
        };
        (response.conversation_id, response.answer_id) = (None, None);
        response.notes.push(lost.to_owned());
    }

    /// `begins`: the request that begins the conversation.
    async fn put(&self, scope: &Scope, conversation: &str, begins: Option<&AskRequest>, turn: &NewTurn) -> Result<Appended, ApiError> {
        let catalog = &self.store.catalog;
        let Some(begins) = begins else {
            return catalog.append_turn(scope, conversation, turn, TURNS_MAX).await.map_err(catalog_error);
        };
        self.sweep_conversations().await?;
        let (title, collection) = (title_of(&turn.question), begins.filters.collection.as_deref());
        catalog.begin_conversation(scope, conversation, &title, collection, turn).await.map_err(catalog_error)?;
        Ok(Appended::Turn(1))
    }

    fn turn(&self, question: &str, earlier: &Earlier, response: &AskResponse, found: &[Hit]) -> Result<NewTurn, ApiError> {
        let retrieval = KeptRetrieval {
            queries: if response.queries.is_empty() { vec![question.to_owned()] } else { response.queries.clone() },
            searched: response.searched,
            hits: found.iter().map(Into::into).collect(),
            earlier: earlier.rests_on.iter().cloned().collect(),
        };
        Ok(NewTurn {
            answer: response.answer_id.clone().unwrap_or_default(),
            question: question.to_owned(),
            response: serde_json::to_string(response).map_err(ApiError::internal)?,
            retrieval: serde_json::to_string(&retrieval).map_err(ApiError::internal)?,
            asked_at: self.store.now(),
        })
    }

    /// Deletes conversations, whoever's, that were kept longer than the configuration says, some at a time. Says how many are gone.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn sweep_conversations(&self) -> Result<u64, ApiError> {
        let Some(retention) = self.store.config.conversations.retention else { return Ok(0) };
        let retention = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let cutoff = Timestamp(self.store.now().0.saturating_sub(retention));
        self.store.catalog.delete_conversations_before(cutoff, SWEEP_ITEMS_MAX).await.map_err(catalog_error)
    }

    /// Whether anything may be kept here.
    pub(crate) fn may_keep(&self) -> Result<(), ApiError> {
        if self.store.config.conversations.save {
            return Ok(());
        }
        Err(ApiError::new(Code::NotAllowed, "Conversations are not kept here; `conversations.save` in the configuration says so."))
    }

    /// 32 random hexadecimal digits.
    pub(crate) fn new_id(&self) -> String {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A title made of the first question: its beginning, on one line, cut between words where it is long.
pub(crate) fn title_of(question: &str) -> String {
    let flat = question.split_whitespace().collect::<Vec<_>>().join(" ");
    let Some((end, _)) = flat.char_indices().nth(TITLE_MADE_CHARS_MAX) else { return flat };
    let cut = &flat[..end];
    let words = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
    format!("{words}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_one_short_line() {
        assert_eq!(title_of(" Who\n approves  travel? "), "Who approves travel?");
        let long = title_of(&"approve travel ".repeat(40));
        assert!(long.ends_with("travel…") || long.ends_with("approve…"), "{long}");
        assert!(long.chars().count() <= TITLE_MADE_CHARS_MAX + 1);
        assert_eq!(title_of(&"谁".repeat(500)).chars().count(), TITLE_MADE_CHARS_MAX + 1);
    }
}
