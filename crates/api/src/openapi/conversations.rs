//! Descriptions of the routes about conversations and feedback. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{
    ConversationChange, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery, ConversationSummary, ExportQuery,
    Feedback, FeedbackList, FeedbackQuery, FeedbackRequest, NewConversation, Problem,
};

/// Lists one's own conversations, those last used first.
#[utoipa::path(get, path = "/api/v1/conversations", tag = "conversations", params(ConversationQuery), responses(
    (status = 200, body = ConversationList),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
))]
pub(super) fn list() {}

/// Begins a conversation. Asking with `"save": true` does the same on the way.
#[utoipa::path(post, path = "/api/v1/conversations", tag = "conversations", request_body = NewConversation, responses(
    (status = 201, body = ConversationSummary),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 403, body = Problem, content_type = "application/problem+json", description = "Nothing is kept here"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body is too large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
))]
pub(super) fn begin() {}

/// One conversation with its last turns. An answer that rests on a document which its reader may no longer read is withheld.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "The conversation"), ConversationQuery), responses(
    (status = 200, body = ConversationDetail),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such conversation, or another person's"),
))]
pub(super) fn read() {}

/// Renames a conversation.
#[utoipa::path(patch, path = "/api/v1/conversations/{id}", tag = "conversations", request_body = ConversationChange,
    params(("id" = String, Path, description = "The conversation")), responses(
    (status = 200, body = ConversationSummary),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such conversation, or another person's"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body is too large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
))]
pub(super) fn rename() {}

/// Deletes a conversation with its answers and the feedback on them.
#[utoipa::path(delete, path = "/api/v1/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "The conversation")), responses(
    (status = 200, body = ConversationDeleted),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such conversation, or another person's"),
))]
pub(super) fn remove() {}

/// A whole conversation as a file.
#[utoipa::path(get, path = "/api/v1/conversations/{id}/export", tag = "conversations",
    params(("id" = String, Path, description = "The conversation"), ExportQuery), responses(
    (status = 200, content((ConversationDetail = "application/json"), (String = "text/markdown"))),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such conversation, or another person's"),
))]
pub(super) fn export() {}

/// Lists one's own verdicts, the newest first.
#[utoipa::path(get, path = "/api/v1/feedback", tag = "conversations", params(FeedbackQuery), responses(
    (status = 200, body = FeedbackList),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
))]
pub(super) fn feedback() {}

/// Says what one thinks of an answer, in place of what one said before. It is kept with the retrieval that it judges.
#[utoipa::path(post, path = "/api/v1/feedback", tag = "conversations", request_body = FeedbackRequest, responses(
    (status = 200, body = Feedback),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such answer, or another person's"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body is too large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
))]
pub(super) fn judge() {}
