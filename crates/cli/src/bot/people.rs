//! Whom the bot talks to, and where it is written down what they decide.

use pinakes_access::{Access, Event};
use pinakes_bot::{Account, People, Promise};
use pinakes_types::Principal;

/// The people of the store; nobody where nobody signs in.
pub(super) struct Staff(pub(super) Access);

impl People for Staff {
    fn person(&self, account: Account, verified_email: Option<String>) -> Promise<Option<Principal>> {
        let accounts = self.0.accounts().cloned();
        Box::pin(async move {
            match accounts {
                Some(accounts) => accounts.chat_person(&account.key(), verified_email.as_deref()).await,
                None => Ok(None),
            }
        })
    }

    fn note(&self, by: String, action: &'static str, target: String, detail: String) -> Promise<()> {
        let audit = self.0.audit().clone();
        Box::pin(async move {
            audit.note_durably(&by, Event::Administration { action: action.to_owned(), target, detail }).await;
            Ok(())
        })
    }
}
