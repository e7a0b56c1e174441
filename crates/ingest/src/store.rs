//! One data directory: its catalog, its configuration and the clock, handed to whoever reads or writes it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinakes_catalog::Catalog;
use pinakes_config::Config;
use pinakes_types::{Clock, Timestamp};

use crate::IngestError;

/// A store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// The truth.
    pub catalog: Catalog,
    /// Settings.
    pub config: Arc<Config>,
    clock: Arc<dyn Clock>,
}

impl Store {
    /// Makes the data directory if it is not there, and opens it.
    ///
    /// # Errors
    /// Folders that cannot be written; catalog errors.
    pub async fn create(config: Arc<Config>, clock: Arc<dyn Clock>) -> Result<Self, IngestError> {
        let data_dir = &config.store.data_dir;
        fs_err::create_dir_all(data_dir).map_err(|error| IngestError::cannot_write(data_dir, error))?;
        let catalog = Catalog::create(data_dir).await?;
        Ok(Self { catalog, config, clock })
    }

    /// Opens a data directory that holds a store.
    ///
    /// # Errors
    /// Catalog errors, among them that there is no store yet.
    pub async fn open(config: Arc<Config>, clock: Arc<dyn Clock>) -> Result<Self, IngestError> {
        let catalog = Catalog::open(&config.store.data_dir).await?;
        Ok(Self { catalog, config, clock })
    }

    /// The data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.config.store.data_dir
    }

    /// Where uploaded files are kept.
    #[must_use]
    pub fn uploads_dir(&self) -> PathBuf {
        self.data_dir().join(crate::UPLOADS)
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
