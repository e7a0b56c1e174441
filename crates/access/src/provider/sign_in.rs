//! From what the provider says to a person of ours with a session.

use pinakes_api::{ApiError, Code};
use pinakes_catalog::{MembershipOrigin, PersonRow};
use pinakes_types::Timestamp;

use super::Provider;
use super::claims::Known;
use crate::accounts::{Accounts, failed};
use crate::audit::{Event, Outcome};
use crate::identity::Role;
use crate::secrets::fresh_id;
use crate::sessions::SignedIn;

impl Accounts {
    /// Signs in whoever came back from the provider, and says where they wanted to go. Somebody seen for the first time is added; their
    /// groups are those the provider names, from now on and until it names others.
    ///
    /// # Errors
    /// [`Code::NotSignedIn`] when anything of the return is not right; [`Code::NotAllowed`] for somebody switched off here, or whose name is
    /// another's.
    pub async fn sign_in_from(
        &self,
        provider: &Provider,
        state: &str,
        browser: Option<&str>,
        code: &str,
    ) -> Result<(SignedIn, String), ApiError> {
        let finished = match provider.finish(state, browser, code).await {
            Ok((known, return_to)) => self.person_of(provider, known).await.map(|row| (row, return_to)),
            Err(error) => Err(error),
        };
        match finished {
            Ok((row, return_to)) => Ok((self.begin_session(&row, "provider").await?, return_to)),
            Err(error) => {
                tracing::warn!(code = %error.code, cause = error.source.as_ref().map(ToString::to_string), "a sign-in through the provider was refused");
                self.audit.note_durably("unknown", Event::SignIn { outcome: Outcome::Refused, how: "provider".to_owned() }).await;
                Err(error)
            }
        }
    }

    async fn person_of(&self, provider: &Provider, known: Known) -> Result<PersonRow, ApiError> {
        let issuer = &provider.config.issuer;
        let mut row = match self.catalog.person_of_provider(issuer, &known.subject).await.map_err(failed)? {
            Some(row) => row,
            None => self.add_from_provider(issuer, &known).await?,
        };
        if !row.active {
            return Err(ApiError::new(Code::NotAllowed, "Your account here is switched off; ask an administrator."));
        }
        if let Some(groups) = &known.groups {
            self.catalog.set_groups(&row.id, MembershipOrigin::Provider, groups).await.map_err(failed)?;
            let role = role_of(provider, groups);
            if let Some(role) = role.filter(|role| role.as_str() != row.role) {
                row.role = role.as_str().to_owned();
                self.catalog.update_person(&row.id, &row.display, &row.role, row.active).await.map_err(failed)?;
            }
        }
        Ok(row)
    }

    async fn add_from_provider(&self, issuer: &str, known: &Known) -> Result<PersonRow, ApiError> {
        let row = PersonRow {
            id: fresh_id(&*self.random),
            name: known.name.clone(),
            display: if known.display.is_empty() { known.name.clone() } else { known.display.clone() },
            role: Role::Reader.as_str().to_owned(),
            active: true,
            password: None,
            provider: Some((issuer.to_owned(), known.subject.clone())),
            failures: 0,
            locked_until: Timestamp(0),
            created_at: self.now(),
        };
        if self.catalog.add_person(&row).await.map_err(failed)? {
            return Ok(row);
        }
        // Two returns at once may both have wanted to add the same person.
        if let Some(row) = self.catalog.person_of_provider(issuer, &known.subject).await.map_err(failed)? {
            return Ok(row);
        }
        let words = format!("There is somebody else called {} here; an administrator has to sort that out.", known.name);
        Err(ApiError::new(Code::NotAllowed, words))
    }
}

/// The role that groups give, where any of the configured ones is about roles.
fn role_of(provider: &Provider, groups: &[String]) -> Option<Role> {
    let config = &provider.config;
    if config.admin_group.is_none() && config.editor_group.is_none() {
        return None;
    }
    let within = |group: &Option<String>| {
        group.as_ref().and_then(|group| crate::names::group_name(group).ok()).is_some_and(|group| groups.contains(&group))
    };
    Some(match (within(&config.admin_group), within(&config.editor_group)) {
        (true, _) => Role::Admin,
        (false, true) => Role::Editor,
        (false, false) => Role::Reader,
    })
}
