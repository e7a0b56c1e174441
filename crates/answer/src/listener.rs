//! Who is told of an answer while it is made.

use pinakes_api::{AskEvent, Citation};
use tokio::sync::mpsc;

/// Sends events to whoever listens; a listener that went away is no error, the caller drops the question instead.
pub(crate) struct Listener(pub(crate) Option<mpsc::Sender<AskEvent>>);

impl Listener {
    pub(crate) async fn tell(&self, event: impl FnOnce() -> AskEvent) {
        if let Some(sender) = &self.0 {
            let _ = sender.send(event()).await;
        }
    }

    pub(crate) async fn words(&self, text: String) {
        self.tell(|| AskEvent::Delta { text }).await;
    }

    pub(crate) async fn reasoning(&self, text: String) {
        self.tell(|| AskEvent::Reasoning { text }).await;
    }

    pub(crate) async fn citation(&self, citation: Citation) {
        self.tell(|| AskEvent::Citation(citation)).await;
    }
}
