//! The pointer from the catalog to the legs: which folder holds them, at which state, made by which model. It is replaced in the same
//! transaction that publishes, so a rebuilt index becomes the current one in an instant.

use pinakes_catalog::{Catalog, CatalogError};
use pinakes_index::Record;
use serde::{Deserialize, Serialize};

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Folder in the data directory.
    pub folder: String,
    /// State of the legs in it.
    pub record: Record,
    /// Name of the embedding model.
    pub model: String,
    /// Its fingerprint.
    pub model_fingerprint: String,
    /// Numbers in a vector.
    pub dimensions: usize,
}

impl Published {
    /// The published state and its running number; nothing when nothing was ever published.
    ///
    /// # Errors
    /// Database errors; a pointer that cannot be read.
    pub async fn read(catalog: &Catalog) -> Result<Option<(u64, Self)>, CatalogError> {
        let Some((number, words)) = catalog.published().await? else { return Ok(None) };
        let published = serde_json::from_str(&words).map_err(|error| CatalogError::Foreign(format!("publication {number}: {error}")))?;
        Ok(Some((number, published)))
    }

    pub(crate) fn to_words(&self) -> String {
        serde_json::to_string(self).expect("a publication is plain data")
    }
}
