//! What can go wrong with the database, told apart by what the operator can do about it.

use std::path::PathBuf;

use thiserror::Error;

/// Errors of the catalog.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// The store has not been made yet.
    #[error("there is no store in {0}: run `pinakes init` or `pinakes index add FOLDER` first")]
    NoStore(PathBuf),
    /// The disk is full.
    #[error("the disk that holds the catalog is full; free some space and run the command again, nothing acknowledged is lost")]
    StorageFull,
    /// Another process holds the database.
    #[error("the catalog is busy with another process; try again")]
    Busy,
    /// The folder cannot be written.
    #[error("the catalog cannot be written: {0}")]
    ReadOnly(String),
    /// The file is not a catalog, or a damaged one.
    #[error("the catalog is damaged ({0}); restore it from a backup, or remove the data directory and index again")]
    Damaged(String),
    /// A newer Pinakes wrote it.
    #[error("the catalog was written by another release of Pinakes ({0}); use that release")]
    Foreign(String),
    /// Anything else.
    #[error("catalog: {0}")]
    Other(String),
}

impl From<sqlx::Error> for CatalogError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::Database(database) => database.code().and_then(|code| code.parse::<i32>().ok()),
            sqlx::Error::PoolTimedOut => return Self::Busy,
            _ => None,
        };
        // Primary result codes of SQLite: https://www.sqlite.org/rescode.html (extended codes carry them in the low byte).
        match code.map(|code| code & 0xff) {
            Some(5 | 6) => Self::Busy,
            Some(13) => Self::StorageFull,
            Some(8 | 14) => Self::ReadOnly(error.to_string()),
            Some(11 | 26) => Self::Damaged(error.to_string()),
            _ => Self::Other(error.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for CatalogError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        match error {
            sqlx::migrate::MigrateError::Execute(error) => error.into(),
            sqlx::migrate::MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Foreign(other.to_string()),
        }
    }
}
