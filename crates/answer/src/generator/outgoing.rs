//! What is known of a text before it leaves this process.

use std::pin::Pin;

/// Kept once somebody was told.
pub(super) type Told = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Told of every text for a model elsewhere, before anything of it is sent: nothing is, until the promise is kept.
pub trait Outgoing: Send + Sync + 'static {
    /// A text of `subject` is about to go to `model` at `host`.
    fn leaves(&self, subject: &str, host: &str, model: &str) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}
