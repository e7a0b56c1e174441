//! What people think of answers.

use pinakes_types::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Thumbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeedbackVerdict {
    /// It helped; of a refusal: the documents do not say it indeed.
    Up,
    /// It did not.
    Down,
}

/// Why an answer did not help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeedbackReason {
    /// It says something wrong.
    Wrong,
    /// It leaves out what matters.
    Incomplete,
    /// It rests on something that no longer holds.
    Outdated,
    /// What it cites does not bear it out.
    Citation,
    /// The documents do not hold the answer; it should have said so.
    Unanswerable,
    /// It was refused although the documents hold the answer.
    Refused,
    /// Something else.
    Other,
}

/// A verdict on one of one's own answers; it takes the place of an earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FeedbackRequest {
    /// `answer_id` of the answer, which is there when it was kept.
    pub answer_id: String,
    /// Up or down.
    pub verdict: FeedbackVerdict,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FeedbackReason>,
    /// Why, in one's own words; at most 4,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// A verdict as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Feedback {
    /// The answer.
    pub answer_id: String,
    /// Up or down.
    pub verdict: FeedbackVerdict,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<FeedbackReason>,
    /// Why, in the person's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When.
    #[schema(value_type = i64)]
    pub given_at: Timestamp,
}

/// A verdict in the list of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackItem {
    /// The conversation the answer stands in.
    pub conversation_id: String,
    /// The verdict.
    pub feedback: Feedback,
}

/// A page of one's own verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackList {
    /// The newest first.
    pub feedback: Vec<FeedbackItem>,
    /// Pass it as `cursor` for more; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Which of one's own verdicts to list, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedbackQuery {
    /// Verdicts wanted, 1 to 200, 50 when absent.
    pub limit: Option<usize>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}
