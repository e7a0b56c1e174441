//! Conversations and feedback, as the server needs them.

use std::sync::Arc;

use pinakes_api::{
    ConversationChange, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery, ConversationSummary, ExportFormat,
    Feedback, FeedbackList, FeedbackQuery, FeedbackRequest, NewConversation,
};
use pinakes_types::Scope;

use super::Promise;

/// What people asked and what they thought of the answers. Everything belongs to the scope's subject; what belongs to somebody else is as
/// if it were not there: `not_found`.
pub trait Conversations: Send + Sync + 'static {
    /// A page of the list.
    fn conversations(self: Arc<Self>, scope: Scope, query: ConversationQuery) -> Promise<ConversationList>;

    /// Begins an empty one.
    fn new_conversation(self: Arc<Self>, scope: Scope, new: NewConversation) -> Promise<ConversationSummary>;

    /// One with its last turns.
    fn conversation(self: Arc<Self>, scope: Scope, id: String, query: ConversationQuery) -> Promise<ConversationDetail>;

    /// Names it anew.
    fn rename_conversation(self: Arc<Self>, scope: Scope, id: String, change: ConversationChange) -> Promise<ConversationSummary>;

    /// Deletes it with all that hangs on it.
    fn delete_conversation(self: Arc<Self>, scope: Scope, id: String) -> Promise<ConversationDeleted>;

    /// The whole of it as a file.
    fn export_conversation(self: Arc<Self>, scope: Scope, id: String, format: ExportFormat) -> Promise<String>;

    /// A page of verdicts.
    fn feedback(self: Arc<Self>, scope: Scope, query: FeedbackQuery) -> Promise<FeedbackList>;

    /// Keeps a verdict on an answer.
    fn give_feedback(self: Arc<Self>, scope: Scope, request: FeedbackRequest) -> Promise<Feedback>;
}
