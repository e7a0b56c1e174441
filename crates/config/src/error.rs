//! What can be wrong with a configuration. Every message names the place, the key, and what to write instead.

use std::path::PathBuf;

use thiserror::Error;

use crate::origin::Origin;

/// The configuration cannot be used; nothing was started.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// No such key.
    #[error("{origin}: there is no setting `{key}`{}", .nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    UnknownKey {
        /// As written, `section.key`.
        key: String,
        /// Where it was written.
        origin: Origin,
        /// The valid key that looks most like it.
        nearest: Option<String>,
    },
    /// The value does not fit the key.
    #[error("{origin}: `{key}` is {value:?} but must be {expected}")]
    Invalid {
        /// `section.key`.
        key: String,
        /// Where the value was written.
        origin: Origin,
        /// As written.
        value: String,
        /// What would be allowed.
        expected: String,
    },
    /// Not TOML.
    #[error("{origin}: {message}")]
    Syntax {
        /// Where reading stopped.
        origin: Origin,
        /// What the parser says.
        message: String,
    },
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Neither a data directory nor a home directory is known.
    #[error("no data directory: name one with --data-dir or PINAKES_DATA_DIR (the home directory is not known either)")]
    NoDataDir,
}
