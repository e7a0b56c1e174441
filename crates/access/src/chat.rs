//! Whose a chat account is: who an administrator said, else whose name is the e-mail address that the platform vouches for.

use pinakes_api::{ApiError, Code};
use pinakes_types::Principal;

use crate::accounts::{Accounts, failed};
use crate::identity::Via;

/// Bytes of an account's name: a platform, a workspace and an id, or an e-mail address.
const ACCOUNT_BYTES_MAX: usize = 320;

impl Accounts {
    /// The person behind a chat account, with what they may read now; somebody switched off is given as such. `None`: nobody here.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn chat_person(&self, account: &str, verified_email: Option<&str>) -> Result<Option<Principal>, ApiError> {
        let email = verified_email.map(str::to_ascii_lowercase);
        let mut person = None;
        for name in [Some(account), email.as_deref()].into_iter().flatten() {
            if let Some(id) = self.catalog.chat_account(name).await.map_err(failed)? {
                person = self.catalog.person_by_id(&id).await.map_err(failed)?;
                break;
            }
        }
        if let (None, Some(email)) = (&person, &email) {
            person = self.catalog.person(email).await.map_err(failed)?;
        }
        match person {
            Some(person) => Ok(Some(self.identity(&person, Via::Machine, None).await?.principal)),
            None => Ok(None),
        }
    }

    /// Says whose a chat account (`slack:T1:U1`, or an e-mail address) is.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a person there is not; [`Code::BadRequest`] for no account's name.
    pub async fn link_chat(&self, by: &str, account: &str, name: &str) -> Result<(), ApiError> {
        let (account, row) = (account_name(account)?, self.row(name).await?);
        self.catalog.link_chat_account(&account, &row.id, self.now()).await.map_err(failed)?;
        self.administered(by, "chat_linked", &row.name, &account).await;
        Ok(())
    }

    /// Takes that back.
    ///
    /// # Errors
    /// [`Code::NotFound`] where nobody had said so.
    pub async fn unlink_chat(&self, by: &str, account: &str) -> Result<(), ApiError> {
        let account = account_name(account)?;
        if !self.catalog.unlink_chat_account(&account).await.map_err(failed)? {
            return Err(ApiError::new(Code::NotFound, format!("{account} is linked to nobody.")));
        }
        self.administered(by, "chat_unlinked", "", &account).await;
        Ok(())
    }
}

/// Addresses in lower case, as people are; ids as they are.
fn account_name(written: &str) -> Result<String, ApiError> {
    let written = written.trim();
    let is_plain = written.len() <= ACCOUNT_BYTES_MAX && written.bytes().all(|byte| byte.is_ascii_graphic());
    match (is_plain, written.contains('@'), written.split(':').count()) {
        (true, true, 1) => Ok(written.to_ascii_lowercase()),
        (true, false, 3) => Ok(written.to_owned()),
        _ => Err(ApiError::new(Code::BadRequest, "Write an account as slack:TEAM:USER or mattermost:TEAM:USER, or as an e-mail address.")),
    }
}
