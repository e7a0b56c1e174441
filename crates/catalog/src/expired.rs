//! What is over and only takes room.

use pinakes_types::Timestamp;

use crate::{Catalog, CatalogError};

impl Catalog {
    /// Forgets sessions that ended or were not used since `unused_since`, links that are over, and tokens counted on days before `today`
    /// (days since 1970). Gives the number of sessions.
    ///
    /// # Errors
    /// Database errors.
    pub async fn forget_expired(&self, now: Timestamp, unused_since: Timestamp, today: i64) -> Result<u64, CatalogError> {
        let mut transaction = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let sessions = sqlx::query("DELETE FROM sessions WHERE expires_at <= $1 OR used_at < $2").bind(now.0).bind(unused_since.0);
        let forgotten = sessions.execute(&mut *transaction).await?.rows_affected();
        sqlx::query("DELETE FROM sign_in_links WHERE expires_at <= $1").bind(now.0).execute(&mut *transaction).await?;
        sqlx::query("DELETE FROM token_usage WHERE day < $1").bind(today).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(forgotten)
    }
}
