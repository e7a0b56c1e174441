//! What somebody asked and was answered. A conversation belongs to the subject of the scope that began it; to anyone else, the operator
//! included, it is as if it were not there.
//!
//! A question and its answer are one row, so that neither is ever kept without the other. What an answer says is opaque here: JSON of the
//! crate that made it, which also decides whether it may still be shown.

use pinakes_types::{Scope, Timestamp};
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, Transaction};

use crate::feedback::{FeedbackRow, feedback_of};
use crate::publish::to_i64;
use crate::{Catalog, CatalogError};

/// A conversation in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Id, given by whoever made it.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The collection it is held to.
    pub collection: Option<String>,
    /// Questions asked in it.
    pub turns: u64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When something was last asked in it, or it was renamed.
    pub updated_at: Timestamp,
}

/// A question with its answer, about to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTurn {
    /// Id of the answer, given by whoever made it.
    pub answer: String,
    /// The question as asked.
    pub question: String,
    /// The answer, JSON.
    pub response: String,
    /// What was searched for and found, JSON.
    pub retrieval: String,
    /// When it was asked.
    pub asked_at: Timestamp,
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnRow {
    /// Its place in the conversation, from 1.
    pub turn: u64,
    /// What was kept.
    pub kept: NewTurn,
    /// What the owner thought of it.
    pub feedback: Option<FeedbackRow>,
}

/// What became of a turn that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is the conversation's turn of this number.
    Turn(u64),
    /// There is no such conversation, or no longer.
    Gone,
    /// The conversation has as many turns as one may have.
    Full,
}

/// Place in a list that goes from the newest to the oldest: time and id of the last row of the page before.
pub type Older = (Timestamp, String);

pub(crate) const TURN: &str = "SELECT t.turn, t.answer_id, t.question, t.response, t.retrieval, t.asked_at, f.verdict, f.reason, f.comment, \
                               f.given_at FROM turns t LEFT JOIN feedback f ON f.answer_id = t.answer_id ";

impl Catalog {
    /// Makes an empty conversation, held to a collection where one is named.
    ///
    /// # Errors
    /// Database errors.
    pub async fn create_conversation(
        &self,
        scope: &Scope,
        id: &str,
        title: &str,
        collection: Option<&str>,
        now: Timestamp,
    ) -> Result<ConversationRow, CatalogError> {
        let mut transaction = self.writer.begin().await?;
        insert_conversation(&mut transaction, scope, id, title, collection, now).await?;
        transaction.commit().await?;
        let collection = collection.map(str::to_owned);
        Ok(ConversationRow { id: id.to_owned(), title: title.to_owned(), collection, turns: 0, created_at: now, updated_at: now })
    }

    /// Makes a conversation of its first question and answer, held to a collection where one is named.
    ///
    /// # Errors
    /// Database errors.
    pub async fn begin_conversation(
        &self,
        scope: &Scope,
        id: &str,
        title: &str,
        collection: Option<&str>,
        first: &NewTurn,
    ) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin().await?;
        insert_conversation(&mut transaction, scope, id, title, collection, first.asked_at).await?;
        sqlx::query("UPDATE conversations SET turns = 1 WHERE conversation_id = $1").bind(id).execute(&mut *transaction).await?;
        insert_turn(&mut transaction, id, 1, first).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a question with its answer as the last turn, unless there are `turns_max` already.
    ///
    /// # Errors
    /// Database errors.
    pub async fn append_turn(&self, scope: &Scope, id: &str, turn: &NewTurn, turns_max: u64) -> Result<Appended, CatalogError> {
        let mut transaction = self.writer.begin().await?;
        let counted =
            "UPDATE conversations SET turns = turns + 1, updated_at = $1 WHERE conversation_id = $2 AND owner = $3 RETURNING turns";
        let counted = sqlx::query_scalar(counted).bind(turn.asked_at.0).bind(id).bind(scope.subject());
        let number: Option<i64> = counted.fetch_optional(&mut *transaction).await?;
        let Some(number) = number.map(i64::unsigned_abs) else { return Ok(Appended::Gone) };
        if number > turns_max {
            return Ok(Appended::Full);
        }
        insert_turn(&mut transaction, id, number, turn).await?;
        transaction.commit().await?;
        Ok(Appended::Turn(number))
    }

    /// One conversation.
    ///
    /// # Errors
    /// Database errors.
    pub async fn conversation(&self, scope: &Scope, id: &str) -> Result<Option<ConversationRow>, CatalogError> {
        let row = sqlx::query("SELECT * FROM conversations WHERE conversation_id = $1 AND owner = $2").bind(id).bind(scope.subject());
        Ok(row.fetch_optional(&self.readers).await?.as_ref().map(conversation))
    }

    /// At most `limit` conversations, those last used first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn conversations(&self, scope: &Scope, older: Option<&Older>, limit: u32) -> Result<Vec<ConversationRow>, CatalogError> {
        let mut select = QueryBuilder::<Sqlite>::new("SELECT * FROM conversations WHERE owner = ");
        select.push_bind(scope.subject().to_owned());
        if let Some((time, id)) = older {
            select.push(" AND (updated_at, conversation_id) < (").push_bind(time.0).push(", ").push_bind(id.clone()).push(")");
        }
        select.push(" ORDER BY updated_at DESC, conversation_id DESC LIMIT ").push_bind(i64::from(limit));
        Ok(select.build().fetch_all(&self.readers).await?.iter().map(conversation).collect())
    }

    /// The last `limit` turns before turn `before`, or the last of all, in the order they were asked. None of what is not the scope's.
    ///
    /// # Errors
    /// Database errors.
    pub async fn turns(&self, scope: &Scope, id: &str, before: Option<u64>, limit: u32) -> Result<Vec<TurnRow>, CatalogError> {
        let mut select = QueryBuilder::<Sqlite>::new(TURN);
        select.push("JOIN conversations c ON c.conversation_id = t.conversation_id WHERE t.conversation_id = ").push_bind(id.to_owned());
        select.push(" AND c.owner = ").push_bind(scope.subject().to_owned());
        if let Some(before) = before {
            select.push(" AND t.turn < ").push_bind(to_i64(before));
        }
        select.push(" ORDER BY t.turn DESC LIMIT ").push_bind(i64::from(limit));
        Ok(select.build().fetch_all(&self.readers).await?.iter().rev().map(turn_of).collect())
    }

    /// Names a conversation anew; `false` when there is none.
    ///
    /// # Errors
    /// Database errors.
    pub async fn rename_conversation(&self, scope: &Scope, id: &str, title: &str, now: Timestamp) -> Result<bool, CatalogError> {
        let renamed = sqlx::query("UPDATE conversations SET title = $1, updated_at = $2 WHERE conversation_id = $3 AND owner = $4");
        let renamed = renamed.bind(title).bind(now.0).bind(id).bind(scope.subject()).execute(&self.writer).await?;
        Ok(renamed.rows_affected() > 0)
    }

    /// Deletes a conversation with its turns and the feedback on them; `false` when there is none.
    ///
    /// # Errors
    /// Database errors.
    pub async fn delete_conversation(&self, scope: &Scope, id: &str) -> Result<bool, CatalogError> {
        let deleted = sqlx::query("DELETE FROM conversations WHERE conversation_id = $1 AND owner = $2").bind(id).bind(scope.subject());
        Ok(deleted.execute(&self.writer).await?.rows_affected() > 0)
    }

    /// Deletes at most `limit` conversations, whoever's, in which nothing was asked since `cutoff`; says how many. Maintenance only.
    ///
    /// # Errors
    /// Database errors.
    pub async fn delete_conversations_before(&self, cutoff: Timestamp, limit: u32) -> Result<u64, CatalogError> {
        let old = "DELETE FROM conversations WHERE conversation_id IN \
                   (SELECT conversation_id FROM conversations WHERE updated_at < $1 ORDER BY updated_at LIMIT $2)";
        Ok(sqlx::query(old).bind(cutoff.0).bind(i64::from(limit)).execute(&self.writer).await?.rows_affected())
    }
}

async fn insert_conversation(
    transaction: &mut Transaction<'_, Sqlite>,
    scope: &Scope,
    id: &str,
    title: &str,
    collection: Option<&str>,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let insert = "INSERT INTO conversations (conversation_id, owner, title, turns, created_at, updated_at, collection) \
                  VALUES ($1, $2, $3, 0, $4, $4, $5)";
    let insert = sqlx::query(insert).bind(id).bind(scope.subject()).bind(title).bind(now.0).bind(collection);
    insert.execute(&mut **transaction).await?;
    Ok(())
}

async fn insert_turn(transaction: &mut Transaction<'_, Sqlite>, id: &str, number: u64, turn: &NewTurn) -> Result<(), CatalogError> {
    let insert = "INSERT INTO turns (answer_id, conversation_id, turn, question, response, retrieval, asked_at) \
                  VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(insert)
        .bind(&turn.answer)
        .bind(id)
        .bind(to_i64(number))
        .bind(&turn.question)
        .bind(&turn.response)
        .bind(&turn.retrieval)
        .bind(turn.asked_at.0)
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

fn conversation(row: &SqliteRow) -> ConversationRow {
    ConversationRow {
        id: row.get("conversation_id"),
        title: row.get("title"),
        collection: row.get("collection"),
        turns: row.get::<i64, _>("turns").unsigned_abs(),
        created_at: Timestamp(row.get("created_at")),
        updated_at: Timestamp(row.get("updated_at")),
    }
}

/// A row of [`TURN`].
pub(crate) fn turn_of(row: &SqliteRow) -> TurnRow {
    let kept = NewTurn {
        answer: row.get("answer_id"),
        question: row.get("question"),
        response: row.get("response"),
        retrieval: row.get("retrieval"),
        asked_at: Timestamp(row.get("asked_at")),
    };
    TurnRow { turn: row.get::<i64, _>("turn").unsigned_abs(), feedback: feedback_of(row), kept }
}
