//! What leaves this process is written into the audit log first, with whose it is and where it goes.

use std::pin::Pin;

use pinakes_access::{Audit, Event};
use pinakes_answer::Outgoing;

/// Writes it down.
pub(crate) struct Written(pub(crate) Audit);

impl Outgoing for Written {
    fn leaves(&self, subject: &str, host: &str, model: &str) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (audit, subject) = (self.0.clone(), subject.to_owned());
        let event = Event::Sent { to: host.to_owned(), model: model.to_owned() };
        Box::pin(async move { audit.note_durably(&subject, event).await })
    }
}
