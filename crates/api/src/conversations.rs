//! Conversations: questions and answers kept for the one who asked.

use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ask::AskResponse;
use crate::feedback::Feedback;

/// A conversation to be begun before anything is asked in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NewConversation {
    /// What to call it, at most 200 characters; "New conversation" when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The collection that it is held to; all documents when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
}

/// What to change of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConversationChange {
    /// What to call it; not empty, at most 200 characters.
    pub title: String,
}

/// Which conversations to list, those last used first; also which turns of one, the last ones.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationQuery {
    /// Items wanted, 1 to 200, 50 when absent.
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A conversation in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationSummary {
    /// Its id: `conversation_id` of a question that continues it.
    pub conversation_id: String,
    /// What it is called.
    pub title: String,
    /// The collection that it is held to; absent: all documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Questions asked in it.
    pub turns: u64,
    /// When it was begun.
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
    /// When something was last asked in it, or it was renamed.
    #[schema(value_type = i64)]
    pub updated_at: Timestamp,
}

/// A page of one's own conversations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationList {
    /// Those last used first.
    pub conversations: Vec<ConversationSummary>,
    /// Pass it as `cursor` for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationTurn {
    /// Its place in the conversation, from 1.
    pub turn: u64,
    /// By what feedback names the answer.
    pub answer_id: String,
    /// The question as asked.
    pub question: String,
    /// When.
    #[schema(value_type = i64)]
    pub asked_at: Timestamp,
    /// Whether the answer is withheld, because it rests on a document that the asker may no longer read or that is gone; then `response`
    /// says nothing of what it was.
    pub withheld: bool,
    /// The answer as it was given.
    pub response: AskResponse,
    /// What the asker thought of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feedback: Option<Feedback>,
}

/// A conversation with its turns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationDetail {
    /// Its id: `conversation_id` of a question that continues it.
    pub conversation_id: String,
    /// What it is called.
    pub title: String,
    /// The collection that it is held to; absent: all documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// When it was begun.
    #[schema(value_type = i64)]
    pub created_at: Timestamp,
    /// When something was last asked in it, or it was renamed.
    #[schema(value_type = i64)]
    pub updated_at: Timestamp,
    /// The last turns, in the order they were asked.
    pub turns: Vec<ConversationTurn>,
    /// Pass it as `cursor` for the turns before these; absent at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A conversation is gone, with its answers and the feedback on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversationDeleted {
    /// The conversation.
    pub conversation_id: String,
    /// Always true.
    pub deleted: bool,
}

/// What a conversation is exported as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// A [`ConversationDetail`] with every turn.
    #[default]
    Json,
    /// For people.
    Markdown,
}

impl ExportFormat {
    /// The media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Markdown => "text/markdown; charset=utf-8",
        }
    }

    /// Ending of a file's name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Markdown => "md",
        }
    }
}

/// How to export a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// `json` when absent.
    #[param(value_type = Option<ExportFormat>)]
    pub format: ExportFormat,
}
