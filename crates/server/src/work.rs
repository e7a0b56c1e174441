//! Runs work beside the connections: a slow search holds up no other connection of its thread, a panic ends one request and not a
//! thread, and dropping the handle (the client is gone, the deadline has passed) cancels the work at its next await.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pinakes_api::ApiError;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Work under way.
pub(crate) struct Work<T>(JoinHandle<Result<T, ApiError>>);

impl<T: Send + 'static> Work<T> {
    pub(crate) fn spawn(runtime: &Handle, work: impl Future<Output = Result<T, ApiError>> + Send + 'static) -> Self {
        Self(runtime.spawn(work))
    }
}

impl<T> Future for Work<T> {
    type Output = Result<T, ApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|joined| joined.unwrap_or_else(|error| Err(ApiError::internal(error))))
    }
}

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
