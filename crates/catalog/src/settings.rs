//! Single values by name.

use crate::{Catalog, CatalogError};

impl Catalog {
    /// A setting of the store, such as the fingerprint of the model that made its vectors.
    ///
    /// # Errors
    /// Database errors.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, CatalogError> {
        Ok(sqlx::query_scalar("SELECT value FROM settings WHERE name = $1").bind(name).fetch_optional(&self.readers).await?)
    }

    /// Sets it.
    ///
    /// # Errors
    /// Database errors.
    pub async fn set_setting(&self, name: &str, value: &str) -> Result<(), CatalogError> {
        sqlx::query("INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value")
            .bind(name)
            .bind(value)
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}
