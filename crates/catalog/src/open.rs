//! Opening the database: durable settings, one connection that writes, a few that read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use crate::CatalogError;

/// The database of one store.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// SQLite has one writer at a time; a pool of one queues ours instead of failing.
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

const READERS_MAX: u32 = 4;
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

impl Catalog {
    /// The file inside a data directory.
    #[must_use]
    pub fn file_in(data_dir: &Path) -> PathBuf {
        data_dir.join("catalog.sqlite")
    }

    /// Whether a store has been made here.
    #[must_use]
    pub fn exists_in(data_dir: &Path) -> bool {
        Self::file_in(data_dir).is_file()
    }

    /// Opens the catalog of a data directory and brings its schema up to date, making the file if it is not there.
    ///
    /// # Errors
    /// Damaged, foreign, unwritable or locked databases.
    pub async fn create(data_dir: &Path) -> Result<Self, CatalogError> {
        Self::connect(data_dir, true).await
    }

    /// Opens the catalog of a data directory that has one.
    ///
    /// # Errors
    /// [`CatalogError::NoStore`] where there is none; else as [`Catalog::create`].
    pub async fn open(data_dir: &Path) -> Result<Self, CatalogError> {
        if !Self::exists_in(data_dir) {
            return Err(CatalogError::NoStore(data_dir.to_owned()));
        }
        Self::connect(data_dir, false).await
    }

    async fn connect(data_dir: &Path, create: bool) -> Result<Self, CatalogError> {
        let options = SqliteConnectOptions::new()
            .filename(Self::file_in(data_dir))
            .create_if_missing(create)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            // A committed transaction survives a power cut: FULL syncs the write-ahead log at each commit.
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", "-8192");
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!("./migrations").run(&writer).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(READERS_MAX).min_connections(1).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers })
    }

    /// Closes every connection; the write-ahead log is folded in.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Reads the whole database for damage.
    ///
    /// # Errors
    /// [`CatalogError::Damaged`] with SQLite's own words.
    pub async fn check(&self) -> Result<(), CatalogError> {
        let words: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&self.readers).await?;
        if words == "ok" { Ok(()) } else { Err(CatalogError::Damaged(words)) }
    }
}
