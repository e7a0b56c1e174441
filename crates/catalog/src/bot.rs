//! What a bot must not forget: events it acknowledged and has not answered, and what belongs to a channel or a thread. Their content is
//! opaque here: JSON of the bot.

use pinakes_types::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::publish::to_i64;
use crate::{Catalog, CatalogError};

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BotEventRow {
    /// The platform's id.
    pub id: String,
    /// The message it is about.
    pub message_key: Option<String>,
    /// Whether it is answered.
    pub done: bool,
    /// JSON.
    pub body: String,
    /// When it came.
    pub received_at: Timestamp,
}

/// What became of an event that was to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotEventKept {
    /// It is kept.
    New,
    /// It, or its message, was known.
    Known,
    /// Too many wait.
    Full,
}

/// By what an event is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BotEventKey<'a> {
    /// Its id.
    Id(&'a str),
    /// The message it is about.
    Message(&'a str),
}

impl Catalog {
    /// Keeps an event, unless it or its message is known or `waiting_max` wait already.
    ///
    /// # Errors
    /// Database errors.
    pub async fn keep_bot_event(&self, event: &BotEventRow, waiting_max: u64) -> Result<BotEventKept, CatalogError> {
        let mut transaction = self.writer.begin().await?;
        let done = sqlx::query(
            "INSERT INTO bot_events (event_id, message_key, done, body, received_at) VALUES ($1, $2, 0, $3, $4) ON CONFLICT DO NOTHING",
        )
        .bind(&event.id)
        .bind(event.message_key.as_deref())
        .bind(&event.body)
        .bind(event.received_at.0)
        .execute(&mut *transaction)
        .await?;
        if done.rows_affected() == 0 {
            return Ok(BotEventKept::Known);
        }
        let waiting: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM bot_events WHERE done = 0").fetch_one(&mut *transaction).await?;
        if waiting > to_i64(waiting_max) {
            return Ok(BotEventKept::Full);
        }
        transaction.commit().await?;
        Ok(BotEventKept::New)
    }

    /// Ids of the events that are not answered, oldest first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn waiting_bot_events(&self) -> Result<Vec<String>, CatalogError> {
        let select = sqlx::query_scalar("SELECT event_id FROM bot_events WHERE done = 0 ORDER BY received_at, event_id");
        Ok(select.fetch_all(&self.readers).await?)
    }

    /// Changes an event's state and body in one transaction: `change` says whether it did. Gives the event as it is then; `None` when there
    /// is none.
    ///
    /// # Errors
    /// Database errors.
    pub async fn change_bot_event(
        &self,
        key: BotEventKey<'_>,
        change: impl FnOnce(&mut BotEventRow) -> bool + Send,
    ) -> Result<Option<BotEventRow>, CatalogError> {
        let mut transaction = self.writer.begin().await?;
        let select = match key {
            BotEventKey::Id(id) => sqlx::query("SELECT * FROM bot_events WHERE event_id = $1").bind(id),
            BotEventKey::Message(key) => sqlx::query("SELECT * FROM bot_events WHERE message_key = $1").bind(key),
        };
        let Some(mut event) = select.fetch_optional(&mut *transaction).await?.as_ref().map(event) else { return Ok(None) };
        if change(&mut event) {
            sqlx::query("UPDATE bot_events SET done = $1, body = $2 WHERE event_id = $3")
                .bind(i64::from(event.done))
                .bind(&event.body)
                .bind(&event.id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
        Ok(Some(event))
    }

    /// Something the bot kept.
    ///
    /// # Errors
    /// Database errors.
    pub async fn bot_value(&self, kind: &str, name: &str) -> Result<Option<String>, CatalogError> {
        let select = sqlx::query_scalar("SELECT value FROM bot_values WHERE kind = $1 AND name = $2").bind(kind).bind(name);
        Ok(select.fetch_optional(&self.readers).await?)
    }

    /// Names and values of one kind, by name, at most so many.
    ///
    /// # Errors
    /// Database errors.
    pub async fn bot_values(&self, kind: &str, limit: u64) -> Result<Vec<(String, String)>, CatalogError> {
        let select =
            sqlx::query("SELECT name, value FROM bot_values WHERE kind = $1 ORDER BY name LIMIT $2").bind(kind).bind(to_i64(limit));
        let rows = select.fetch_all(&self.readers).await?;
        Ok(rows.iter().map(|row| (row.get("name"), row.get("value"))).collect())
    }

    /// Keeps something for the bot.
    ///
    /// # Errors
    /// Database errors.
    pub async fn set_bot_value(&self, kind: &str, name: &str, value: &str, now: Timestamp) -> Result<(), CatalogError> {
        sqlx::query(
            "INSERT INTO bot_values (kind, name, value, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        )
        .bind(kind)
        .bind(name)
        .bind(value)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Forgets answered events from before a time, and values not of the kind `for_ever`.
    ///
    /// # Errors
    /// Database errors.
    pub async fn forget_bot(&self, before: Timestamp, for_ever: &str) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin().await?;
        sqlx::query("DELETE FROM bot_events WHERE done <> 0 AND received_at < $1").bind(before.0).execute(&mut *transaction).await?;
        let values = sqlx::query("DELETE FROM bot_values WHERE kind <> $1 AND updated_at < $2").bind(for_ever).bind(before.0);
        values.execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Says whose a chat account is.
    ///
    /// # Errors
    /// Database errors.
    pub async fn link_chat_account(&self, account: &str, person_id: &str, now: Timestamp) -> Result<(), CatalogError> {
        sqlx::query(
            "INSERT INTO chat_accounts (account, person_id, linked_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account) DO UPDATE SET person_id = excluded.person_id, linked_at = excluded.linked_at",
        )
        .bind(account)
        .bind(person_id)
        .bind(now.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// Takes that back; whether it was so.
    ///
    /// # Errors
    /// Database errors.
    pub async fn unlink_chat_account(&self, account: &str) -> Result<bool, CatalogError> {
        let done = sqlx::query("DELETE FROM chat_accounts WHERE account = $1").bind(account).execute(&self.writer).await?;
        Ok(done.rows_affected() > 0)
    }

    /// The id of the person a chat account belongs to.
    ///
    /// # Errors
    /// Database errors.
    pub async fn chat_account(&self, account: &str) -> Result<Option<String>, CatalogError> {
        let select = sqlx::query_scalar("SELECT person_id FROM chat_accounts WHERE account = $1").bind(account);
        Ok(select.fetch_optional(&self.readers).await?)
    }
}

fn event(row: &SqliteRow) -> BotEventRow {
    BotEventRow {
        id: row.get("event_id"),
        message_key: row.get("message_key"),
        done: row.get::<i64, _>("done") != 0,
        body: row.get("body"),
        received_at: Timestamp(row.get("received_at")),
    }
}
