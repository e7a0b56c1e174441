//! Whom the bot talks to.

use pinakes_access::Accounts;
use pinakes_bot::{Account, People, Promise};
use pinakes_types::Principal;

/// The people of the store; nobody where nobody signs in.
pub(super) struct Staff(pub(super) Option<Accounts>);

impl People for Staff {
    fn person(&self, account: Account, verified_email: Option<String>) -> Promise<Option<Principal>> {
        let accounts = self.0.clone();
        Box::pin(async move {
            match accounts {
                Some(accounts) => accounts.chat_person(&account.key(), verified_email.as_deref()).await,
                None => Ok(None),
            }
        })
    }
}
