//! Adding people and changing what they are.

use pinakes_api::{ApiError, Code};
use pinakes_catalog::PersonRow;
use pinakes_config::limits::access::{DISPLAY_CHARS_MAX, GROUPS_MAX};
use pinakes_types::Timestamp;

use crate::accounts::{Accounts, failed};
use crate::identity::Role;
use crate::names::{group_name, person_name};
use crate::passwords::acceptable;
use crate::secrets::fresh_id;

/// Somebody to be added.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// What they sign in with.
    pub name: String,
    /// What they are called; empty: as their name.
    pub display: String,
    /// What they may do.
    pub role: Role,
    /// `None`: they choose one by a link, or sign in through a provider.
    pub password: Option<String>,
    /// Groups they belong to.
    pub groups: Vec<String>,
}

/// A person as administrators see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What they sign in with.
    pub name: String,
    /// What they are called.
    pub display: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in.
    pub active: bool,
    /// Groups they belong to.
    pub groups: Vec<String>,
    /// Whether they sign in with a password.
    pub has_password: bool,
    /// The provider they sign in through.
    pub provider: Option<String>,
    /// Until when no password is tried, where that is so now.
    pub locked_until: Option<Timestamp>,
    /// When they were added.
    pub created_at: Timestamp,
}

impl Accounts {
    /// Adds somebody.
    ///
    /// # Errors
    /// [`Code::BadRequest`] for a name that is taken or no name, and for a password that is too easy.
    pub async fn add_person(&self, by: &str, new: NewPerson) -> Result<Person, ApiError> {
        let name = person_name(&new.name)?;
        let groups = new.groups.iter().map(|group| group_name(group)).collect::<Result<Vec<_>, _>>()?;
        if groups.len() > GROUPS_MAX {
            return Err(ApiError::new(Code::BadRequest, format!("A person belongs to {GROUPS_MAX} groups at most.")));
        }
        let password = match new.password {
            Some(password) => {
                acceptable(&password, &name)?;
                Some(self.passwords.hash(password, &*self.random).await?)
            }
            None => None,
        };
        let row = PersonRow {
            id: fresh_id(&*self.random),
            display: display(&new.display, &name)?,
            role: new.role.as_str().to_owned(),
            active: true,
            password,
            provider: None,
            failures: 0,
            locked_until: Timestamp(0),
            created_at: self.now(),
            name,
        };
        if !self.catalog.add_person(&row).await.map_err(failed)? {
            return Err(ApiError::new(Code::BadRequest, format!("There is somebody called {} already.", row.name)));
        }
        for group in &groups {
            self.catalog.set_membership(&row.id, group, true).await.map_err(failed)?;
        }
        self.administered(by, "person_added", &row.name, &format!("{} {}", row.role, groups.join(","))).await;
        self.seen(row).await
    }

    /// Somebody by name.
    ///
    /// # Errors
    /// [`Code::NotFound`].
    pub async fn person(&self, name: &str) -> Result<Person, ApiError> {
        let row = self.row(name).await?;
        self.seen(row).await
    }

    /// At most `limit` people by name, from after `after` on.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn people(&self, after: &str, limit: u32) -> Result<Vec<Person>, ApiError> {
        let mut people = Vec::new();
        for row in self.catalog.people(after, limit).await.map_err(failed)? {
            people.push(self.seen(row).await?);
        }
        Ok(people)
    }

    /// Changes what somebody may do, or whether they may come in. Switched off, they are out with their next request.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::BadRequest`] when nobody would be left to administer.
    pub async fn change_person(&self, by: &str, name: &str, role: Option<Role>, active: Option<bool>) -> Result<Person, ApiError> {
        let mut row = self.row(name).await?;
        let was_admin = row.active && row.role == Role::Admin.as_str();
        if let Some(role) = role {
            row.role = role.as_str().to_owned();
        }
        row.active = active.unwrap_or(row.active);
        if was_admin && !(row.active && row.role == Role::Admin.as_str()) && self.is_last_admin(&row.id).await? {
            return Err(ApiError::new(Code::BadRequest, "Nobody would be left to administer; make somebody else an admin first."));
        }
        self.catalog.update_person(&row.id, &row.display, &row.role, row.active).await.map_err(failed)?;
        if !row.active {
            self.catalog.end_sessions_of(&row.id).await.map_err(failed)?;
        }
        let detail = format!("{} {}", row.role, if row.active { "active" } else { "disabled" });
        self.administered(by, "person_changed", &row.name, &detail).await;
        self.seen(row).await
    }

    /// Puts somebody into a group or takes them out of it, in force for their next request.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::BadRequest`] for no group's name.
    pub async fn set_group(&self, by: &str, name: &str, group: &str, member: bool) -> Result<Person, ApiError> {
        let (row, group) = (self.row(name).await?, group_name(group)?);
        if member && self.catalog.groups_of(&row.id).await.map_err(failed)?.len() >= GROUPS_MAX {
            return Err(ApiError::new(Code::BadRequest, format!("A person belongs to {GROUPS_MAX} groups at most.")));
        }
        self.catalog.set_membership(&row.id, &group, member).await.map_err(failed)?;
        self.administered(by, if member { "group_joined" } else { "group_left" }, &row.name, &group).await;
        self.seen(row).await
    }

    /// Sets somebody's password. Their sessions end.
    ///
    /// # Errors
    /// [`Code::NotFound`]; [`Code::BadRequest`] for one that is too easy.
    pub async fn set_password(&self, by: &str, name: &str, password: String) -> Result<(), ApiError> {
        let row = self.row(name).await?;
        acceptable(&password, &row.name)?;
        let hash = self.passwords.hash(password, &*self.random).await?;
        self.catalog.set_password(&row.id, &hash).await.map_err(failed)?;
        self.administered(by, "password_set", &row.name, "").await;
        Ok(())
    }

    pub(crate) async fn row(&self, name: &str) -> Result<PersonRow, ApiError> {
        let name = name.trim().to_ascii_lowercase();
        let row = self.catalog.person(&name).await.map_err(failed)?;
        row.ok_or_else(|| ApiError::new(Code::NotFound, format!("There is nobody called {name}.")))
    }

    async fn is_last_admin(&self, id: &str) -> Result<bool, ApiError> {
        let mut after = String::new();
        loop {
            let some = self.catalog.people(&after, 500).await.map_err(failed)?;
            let Some(last) = some.last() else { return Ok(true) };
            if some.iter().any(|row| row.id != id && row.active && row.role == Role::Admin.as_str()) {
                return Ok(false);
            }
            after.clone_from(&last.name);
        }
    }

    async fn seen(&self, row: PersonRow) -> Result<Person, ApiError> {
        let groups = self.catalog.groups_of(&row.id).await.map_err(failed)?;
        let role = Role::parse(&row.role).unwrap_or(Role::Reader);
        Ok(Person {
            has_password: row.password.is_some(),
            provider: row.provider.map(|(issuer, _)| issuer),
            locked_until: Some(row.locked_until).filter(|until| *until > self.now()),
            name: row.name,
            display: row.display,
            role,
            active: row.active,
            groups,
            created_at: row.created_at,
        })
    }
}

/// What somebody is called: any one line.
pub(crate) fn display(written: &str, name: &str) -> Result<String, ApiError> {
    let written = written.trim();
    if written.chars().any(char::is_control) || written.chars().count() > DISPLAY_CHARS_MAX {
        return Err(ApiError::new(Code::BadRequest, format!("That has to be one line of {DISPLAY_CHARS_MAX} characters at most.")));
    }
    Ok(if written.is_empty() { name.to_owned() } else { written.to_owned() })
}
