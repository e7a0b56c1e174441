//! What answers rested on lately.

use sqlx::Row;

use crate::{Catalog, CatalogError};

impl Catalog {
    /// The newest `limit` answers that are kept, as whoever made them wrote them, the newest first. Everybody's: maintenance only, for
    /// counts that name nobody.
    ///
    /// # Errors
    /// Database errors.
    pub async fn recent_responses(&self, limit: u32) -> Result<Vec<String>, CatalogError> {
        let select = "SELECT response FROM turns ORDER BY asked_at DESC, answer_id LIMIT $1";
        let rows = sqlx::query(select).bind(i64::from(limit)).fetch_all(&self.readers).await?;
        Ok(rows.iter().map(|row| row.get("response")).collect())
    }
}
