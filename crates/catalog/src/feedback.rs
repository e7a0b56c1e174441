//! What people thought of the answers they were given. Feedback hangs on an answer that is kept, and with it on the retrieval it judges;
//! one person has one verdict on an answer, the last one given.

use pinakes_types::{Scope, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::conversations::{Older, TURN, TurnRow, turn_of};
use crate::{Catalog, CatalogError};

/// A verdict on an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRow {
    /// The answer.
    pub answer: String,
    /// `up` or `down`.
    pub verdict: String,
    /// Why, by its name in the API.
    pub reason: Option<String>,
    /// Why, in the person's words.
    pub comment: Option<String>,
    /// When.
    pub given_at: Timestamp,
}

impl Catalog {
    /// Keeps a verdict on one of the scope's own answers, in place of an earlier one; `false` when there is no such answer.
    ///
    /// # Errors
    /// Database errors.
    pub async fn give_feedback(&self, scope: &Scope, feedback: &FeedbackRow) -> Result<bool, CatalogError> {
        let keep = "INSERT INTO feedback (answer_id, verdict, reason, comment, given_at) \
                    SELECT t.answer_id, $1, $2, $3, $4 FROM turns t JOIN conversations c ON c.conversation_id = t.conversation_id \
                    WHERE t.answer_id = $5 AND c.owner = $6 \
                    ON CONFLICT (answer_id) DO UPDATE SET verdict = excluded.verdict, reason = excluded.reason, \
                    comment = excluded.comment, given_at = excluded.given_at";
        let kept = sqlx::query(keep)
            .bind(&feedback.verdict)
            .bind(&feedback.reason)
            .bind(&feedback.comment)
            .bind(feedback.given_at.0)
            .bind(&feedback.answer)
            .bind(scope.subject());
        Ok(kept.execute(&self.writer).await?.rows_affected() > 0)
    }

    /// At most `limit` of the scope's own verdicts, the newest first, each with the conversation it was given in.
    ///
    /// # Errors
    /// Database errors.
    pub async fn feedback(&self, scope: &Scope, older: Option<&Older>, limit: u32) -> Result<Vec<(String, FeedbackRow)>, CatalogError> {
        let mut select = QueryBuilder::<Sqlite>::new(
            "SELECT c.conversation_id, f.answer_id, f.verdict, f.reason, f.comment, f.given_at FROM feedback f \
             JOIN turns t ON t.answer_id = f.answer_id JOIN conversations c ON c.conversation_id = t.conversation_id WHERE c.owner = ",
        );
        select.push_bind(scope.subject().to_owned());
        if let Some((time, answer)) = older {
            select.push(" AND (f.given_at, f.answer_id) < (").push_bind(time.0).push(", ").push_bind(answer.clone()).push(")");
        }
        select.push(" ORDER BY f.given_at DESC, f.answer_id DESC LIMIT ").push_bind(i64::from(limit));
        let rows = select.build().fetch_all(&self.readers).await?;
        Ok(rows.iter().filter_map(|row| Some((row.get("conversation_id"), feedback_of(row)?))).collect())
    }

    /// At most `limit` answers that somebody judged, the oldest verdict first, after the place given. Everybody's: maintenance only.
    ///
    /// # Errors
    /// Database errors.
    pub async fn judged(&self, after: Option<&Older>, limit: u32) -> Result<Vec<TurnRow>, CatalogError> {
        let mut select = QueryBuilder::<Sqlite>::new(TURN);
        select.push("WHERE f.given_at IS NOT NULL");
        if let Some((time, answer)) = after {
            select.push(" AND (f.given_at, f.answer_id) > (").push_bind(time.0).push(", ").push_bind(answer.clone()).push(")");
        }
        select.push(" ORDER BY f.given_at, f.answer_id LIMIT ").push_bind(i64::from(limit));
        Ok(select.build().fetch_all(&self.readers).await?.iter().map(turn_of).collect())
    }
}

/// The verdict in a row, where it has one.
pub(crate) fn feedback_of(row: &SqliteRow) -> Option<FeedbackRow> {
    Some(FeedbackRow {
        answer: row.get("answer_id"),
        verdict: row.get::<Option<String>, _>("verdict")?,
        reason: row.get("reason"),
        comment: row.get("comment"),
        given_at: Timestamp(row.get("given_at")),
    })
}
