//! Work that keeps a core or a disk busy, off the threads that serve requests.

use crate::error::{IndexError, Result};

/// Runs it on a blocking thread. A panic there becomes an error: a damaged file must not take the process down.
pub(crate) async fn blocking<T: Send + 'static>(doing: &'static str, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => Err(panicked(doing, error)),
    }
}

/// Runs it to its end even when whoever asked for it goes away: a write left half done would need recovery.
pub(crate) async fn to_the_end<T: Send + 'static>(
    doing: &'static str,
    work: impl Future<Output = Result<T>> + Send + 'static,
) -> Result<T> {
    match tokio::spawn(work).await {
        Ok(result) => result,
        Err(error) => Err(panicked(doing, error)),
    }
}

fn panicked(doing: &'static str, error: tokio::task::JoinError) -> IndexError {
    let detail = match error.try_into_panic() {
        Ok(panic) => panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())),
        Err(_) => Some("the process is shutting down".into()),
    };
    IndexError::Panicked { doing, detail: detail.unwrap_or_else(|| "no message".into()) }
}
