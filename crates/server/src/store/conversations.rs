//! Conversations over a real store, and the task that lets go of old ones.

use std::sync::Arc;
use std::time::Duration;

use pinakes_answer::Searcher;
use pinakes_api::{
    ConversationChange, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery, ConversationSummary, ExportFormat,
    Feedback, FeedbackList, FeedbackQuery, FeedbackRequest, NewConversation,
};
use pinakes_types::Scope;

use super::StoreLibrary;
use crate::library::{Conversations, Promise};
use crate::notes;

/// How often conversations are looked through for those kept long enough.
const SWEEP_INTERVAL: Duration = Duration::from_secs(3_600);

/// Deletes what was kept as long as the configuration says, for as long as the server runs.
pub(super) async fn sweep(searcher: Searcher) {
    loop {
        match searcher.sweep_conversations().await {
            Ok(0) => tokio::time::sleep(SWEEP_INTERVAL).await,
            Ok(number) => tracing::info!(number, "conversations were kept long enough and are deleted"),
            Err(error) => {
                tracing::warn!(%error, "old conversations could not be deleted");
                tokio::time::sleep(SWEEP_INTERVAL).await;
            }
        }
    }
}

impl Conversations for StoreLibrary {
    fn conversations(self: Arc<Self>, scope: Scope, query: ConversationQuery) -> Promise<ConversationList> {
        Box::pin(async move { self.searcher.conversations(&scope, &query).await })
    }

    fn new_conversation(self: Arc<Self>, scope: Scope, new: NewConversation) -> Promise<ConversationSummary> {
        Box::pin(async move { self.searcher.new_conversation(&scope, &new).await })
    }

    fn conversation(self: Arc<Self>, scope: Scope, id: String, query: ConversationQuery) -> Promise<ConversationDetail> {
        Box::pin(async move { self.searcher.conversation(&scope, &id, &query).await })
    }

    fn rename_conversation(self: Arc<Self>, scope: Scope, id: String, change: ConversationChange) -> Promise<ConversationSummary> {
        Box::pin(async move { self.searcher.rename_conversation(&scope, &id, &change.title).await })
    }

    fn delete_conversation(self: Arc<Self>, scope: Scope, id: String) -> Promise<ConversationDeleted> {
        Box::pin(async move { self.searcher.delete_conversation(&scope, &id).await })
    }

    fn export_conversation(self: Arc<Self>, scope: Scope, id: String, format: ExportFormat) -> Promise<String> {
        Box::pin(async move {
            let file = self.searcher.export_conversation(&scope, &id, format).await?;
            notes::exported(&self.access, &scope, &id).await;
            Ok(file)
        })
    }

    fn feedback(self: Arc<Self>, scope: Scope, query: FeedbackQuery) -> Promise<FeedbackList> {
        Box::pin(async move { self.searcher.feedback(&scope, &query).await })
    }

    fn give_feedback(self: Arc<Self>, scope: Scope, request: FeedbackRequest) -> Promise<Feedback> {
        Box::pin(async move { self.searcher.give_feedback(&scope, &request).await })
    }
}
