//! What people and programs show to be let in: sessions, API keys and links that work once. Only hashes come in here; what is looked up
//! is returned with its times and judged by the crate that knows the rules.

use pinakes_types::Timestamp;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::{Catalog, CatalogError};

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Hash of what the browser holds.
    pub hash: String,
    /// Whose it is.
    pub person_id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// An API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// The part by which it is looked up.
    pub id: String,
    /// Whose it is.
    pub person_id: String,
    /// What it is for.
    pub name: String,
    /// Hash of the whole key.
    pub hash: String,
    /// What it may do, separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to within some minutes.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
}

impl Catalog {
    /// Begins a session.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_session(&self, session: &SessionRow) -> Result<(), CatalogError> {
        sqlx::query("INSERT INTO sessions (session_hash, person_id, created_at, used_at, expires_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(&session.hash)
            .bind(&session.person_id)
            .bind(session.created_at.0)
            .bind(session.used_at.0)
            .bind(session.expires_at.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// The session with that hash.
    ///
    /// # Errors
    /// Database errors.
    pub async fn session(&self, hash: &str) -> Result<Option<SessionRow>, CatalogError> {
        let row = sqlx::query("SELECT * FROM sessions WHERE session_hash = $1").bind(hash).fetch_optional(&self.readers).await?;
        Ok(row.map(|row| SessionRow {
            hash: row.get("session_hash"),
            person_id: row.get("person_id"),
            created_at: Timestamp(row.get("created_at")),
            used_at: Timestamp(row.get("used_at")),
            expires_at: Timestamp(row.get("expires_at")),
        }))
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// Database errors.
    pub async fn touch_session(&self, hash: &str, now: Timestamp) -> Result<(), CatalogError> {
        sqlx::query("UPDATE sessions SET used_at = $1 WHERE session_hash = $2").bind(now.0).bind(hash).execute(&self.writer).await?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Database errors.
    pub async fn end_session(&self, hash: &str) -> Result<(), CatalogError> {
        sqlx::query("DELETE FROM sessions WHERE session_hash = $1").bind(hash).execute(&self.writer).await?;
        Ok(())
    }

    /// Ends every session of a person.
    ///
    /// # Errors
    /// Database errors.
    pub async fn end_sessions_of(&self, person_id: &str) -> Result<(), CatalogError> {
        sqlx::query("DELETE FROM sessions WHERE person_id = $1").bind(person_id).execute(&self.writer).await?;
        Ok(())
    }

    /// Forgets sessions that ended or were not used since `unused_since`, links that are over, and all but the newest `keep` sessions
    /// of a person, so that signing in again and again fills nothing.
    ///
    /// # Errors
    /// Database errors.
    pub async fn trim_sessions(&self, person_id: &str, now: Timestamp, unused_since: Timestamp, keep: u32) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR used_at < $2")
            .bind(now.0)
            .bind(unused_since.0)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "DELETE FROM sessions WHERE person_id = $1 AND session_hash NOT IN \
             (SELECT session_hash FROM sessions WHERE person_id = $1 ORDER BY created_at DESC, session_hash LIMIT $2)",
        )
        .bind(person_id)
        .bind(keep)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM sign_in_links WHERE expires_at <= $1").bind(now.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a new key.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_key(&self, key: &KeyRow) -> Result<(), CatalogError> {
        sqlx::query(
            "INSERT INTO api_keys (key_id, person_id, name, key_hash, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&key.id)
        .bind(&key.person_id)
        .bind(&key.name)
        .bind(&key.hash)
        .bind(&key.scopes)
        .bind(key.created_at.0)
        .bind(key.expires_at.map(|at| at.0))
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    /// The key with that id.
    ///
    /// # Errors
    /// Database errors.
    pub async fn key(&self, id: &str) -> Result<Option<KeyRow>, CatalogError> {
        let row = sqlx::query("SELECT * FROM api_keys WHERE key_id = $1").bind(id).fetch_optional(&self.readers).await?;
        Ok(row.as_ref().map(key))
    }

    /// Keys of one person, or of everybody, newest first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn keys(&self, person_id: Option<&str>, limit: u32) -> Result<Vec<KeyRow>, CatalogError> {
        let select = "SELECT * FROM api_keys WHERE $1 IS NULL OR person_id = $1 ORDER BY created_at DESC, key_id LIMIT $2";
        Ok(sqlx::query(select).bind(person_id).bind(limit).fetch_all(&self.readers).await?.iter().map(key).collect())
    }

    /// Notes that a key was used.
    ///
    /// # Errors
    /// Database errors.
    pub async fn touch_key(&self, id: &str, now: Timestamp) -> Result<(), CatalogError> {
        sqlx::query("UPDATE api_keys SET used_at = $1 WHERE key_id = $2").bind(now.0).bind(id).execute(&self.writer).await?;
        Ok(())
    }

    /// Takes a key back; `false` when there is none, or it is back already.
    ///
    /// # Errors
    /// Database errors.
    pub async fn revoke_key(&self, id: &str, now: Timestamp) -> Result<bool, CatalogError> {
        let done = sqlx::query("UPDATE api_keys SET revoked_at = $1 WHERE key_id = $2 AND revoked_at IS NULL")
            .bind(now.0)
            .bind(id)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Keeps a link that works once. Those for the same person, or for the first administrator, that were there before stop working.
    ///
    /// # Errors
    /// Database errors.
    pub async fn add_link(&self, hash: &str, person_id: Option<&str>, now: Timestamp, expires_at: Timestamp) -> Result<(), CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM sign_in_links WHERE expires_at <= $1 OR person_id IS $2")
            .bind(now.0)
            .bind(person_id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("INSERT INTO sign_in_links (link_hash, person_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
            .bind(hash)
            .bind(person_id)
            .bind(now.0)
            .bind(expires_at.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Whom a link is for, where it still works: `Some(None)` is the first administrator's. It is not used up.
    ///
    /// # Errors
    /// Database errors.
    pub async fn link(&self, hash: &str, now: Timestamp) -> Result<Option<Option<String>>, CatalogError> {
        let select = "SELECT person_id FROM sign_in_links WHERE link_hash = $1 AND expires_at > $2";
        Ok(sqlx::query_scalar(select).bind(hash).bind(now.0).fetch_optional(&self.readers).await?)
    }

    /// Uses a link up. Of two who come at once, one gets `true`.
    ///
    /// # Errors
    /// Database errors.
    pub async fn use_link(&self, hash: &str, now: Timestamp) -> Result<bool, CatalogError> {
        let done = sqlx::query("DELETE FROM sign_in_links WHERE link_hash = $1 AND expires_at > $2")
            .bind(hash)
            .bind(now.0)
            .execute(&self.writer)
            .await?;
        Ok(done.rows_affected() == 1)
    }
}

fn key(row: &SqliteRow) -> KeyRow {
    let time = |name: &str| row.get::<Option<i64>, _>(name).map(Timestamp);
    KeyRow {
        id: row.get("key_id"),
        person_id: row.get("person_id"),
        name: row.get("name"),
        hash: row.get("key_hash"),
        scopes: row.get("scopes"),
        created_at: Timestamp(row.get("created_at")),
        expires_at: time("expires_at"),
        used_at: time("used_at"),
        revoked_at: time("revoked_at"),
    }
}
