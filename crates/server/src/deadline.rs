//! Deadlines as errors.

use std::future::Future;
use std::time::Duration;

use pinakes_api::{ApiError, Code};

/// Waits for `work` no longer than `limit`.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(ApiError::new(Code::Timeout, format!("This took longer than {} s and was stopped.", limit.as_secs_f32()))))
}
