//! Links that work once: the first start prints one that makes an administrator; an administrator makes one for whoever is to choose a
//! password. The secret stands after `#`, so that no server on the way and no log ever gets it.

use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::{CREDENTIAL_BYTES_MAX, LINK_TIME_MAX};

use crate::accounts::{Accounts, after, failed};
use crate::identity::Role;
use crate::passwords::acceptable;
use crate::people::NewPerson;
use crate::secrets::{Purpose, fresh, hash};
use crate::sessions::SignedIn;

impl Accounts {
    /// The secret of the link that makes the first administrator, where there is none. The one before stops working.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn first_link(&self) -> Result<Option<String>, ApiError> {
        if self.catalog.has_admin().await.map_err(failed)? {
            return Ok(None);
        }
        self.new_link(None).await.map(Some)
    }

    /// The secret of a link by which somebody chooses a password.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn password_link(&self, by: &str, name: &str) -> Result<String, ApiError> {
        let row = self.row(name).await?;
        let link = self.new_link(Some(&row.id)).await?;
        self.administered(by, "link_made", &row.name, "").await;
        Ok(link)
    }

    async fn new_link(&self, person: Option<&str>) -> Result<String, ApiError> {
        let (secret, now) = (fresh(&*self.random), self.now());
        let kept = hash(Purpose::Link, &secret);
        self.catalog.add_link(&kept, person, now, after(now, LINK_TIME_MAX)).await.map_err(failed)?;
        Ok(secret)
    }

    /// Whom a link is for: the name of who chooses a password, or `None` for the first administrator, who chooses a name too.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it does not work, or no longer.
    pub async fn link_is_for(&self, secret: &str) -> Result<Option<String>, ApiError> {
        let person = self.link_row(secret).await?;
        let Some(id) = person else { return Ok(None) };
        let row = self.catalog.person_by_id(&id).await.map_err(failed)?.filter(|row| row.active).ok_or_else(over)?;
        Ok(Some(row.name))
    }

    /// Uses a link: sets the password, makes the first administrator where that is what it is for, and signs in.
    ///
    /// # Errors
    /// [`Code::NotFound`] when it does not work; [`Code::BadRequest`] for a name or password that will not do: the link still works.
    pub async fn use_link(&self, secret: &str, name: &str, password: String) -> Result<SignedIn, ApiError> {
        let row = match self.link_row(secret).await? {
            Some(id) => {
                let row = self.catalog.person_by_id(&id).await.map_err(failed)?.filter(|row| row.active).ok_or_else(over)?;
                acceptable(&password, &row.name)?;
                self.spend(secret).await?;
                self.set_password(&row.name, &row.name, password).await?;
                row
            }
            None => {
                if self.catalog.has_admin().await.map_err(failed)? {
                    return Err(over());
                }
                let name = crate::names::person_name(name)?;
                acceptable(&password, &name)?;
                self.spend(secret).await?;
                let new =
                    NewPerson { name: name.clone(), display: String::new(), role: Role::Admin, password: Some(password), groups: vec![] };
                self.add_person("first link", new).await?;
                self.row(&name).await?
            }
        };
        self.begin_session(&row, "link").await
    }

    async fn link_row(&self, secret: &str) -> Result<Option<String>, ApiError> {
        if secret.len() > CREDENTIAL_BYTES_MAX {
            return Err(over());
        }
        self.catalog.link(&hash(Purpose::Link, secret), self.now()).await.map_err(failed)?.ok_or_else(over)
    }

    async fn spend(&self, secret: &str) -> Result<(), ApiError> {
        let spent = self.catalog.use_link(&hash(Purpose::Link, secret), self.now()).await.map_err(failed)?;
        if spent { Ok(()) } else { Err(over()) }
    }
}

fn over() -> ApiError {
    ApiError::new(Code::NotFound, "This link does not work, or no longer; ask for a new one.")
}
