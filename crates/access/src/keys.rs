//! API keys: `pk_`, an id to look it up by, and a secret of which a hash is kept. Shown once.

use std::time::Duration;

use pinakes_api::{ApiError, Code};
use pinakes_catalog::KeyRow;
use pinakes_config::limits::access::{CREDENTIAL_BYTES_MAX, KEYS_MAX, USE_NOTED_EVERY};

use crate::accounts::{Accounts, after, failed};
use crate::identity::{Identity, KeyScope, Via};
use crate::people::display;
use crate::secrets::{Purpose, fresh, fresh_id, hash, same};

const PREFIX: &str = "pk_";
/// Keys listed at once.
const LISTED_MAX: u32 = 1_000;

/// A key that was just made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The key itself: never again to be seen.
    pub key: String,
    /// What is kept of it.
    pub row: KeyRow,
}

impl Accounts {
    /// Makes a key that acts as `owner`.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown owner; [`Code::BadRequest`] for one key too many or one without scopes.
    pub async fn create_key(
        &self,
        by: &str,
        owner: &str,
        name: &str,
        scopes: &[KeyScope],
        lifetime: Option<Duration>,
    ) -> Result<NewKey, ApiError> {
        let row = self.row(owner).await?;
        let now = self.now();
        let living = self.catalog.keys(Some(&row.id), LISTED_MAX).await.map_err(failed)?;
        let living = living.iter().filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|end| end > now)).count();
        if living >= KEYS_MAX {
            return Err(ApiError::new(Code::BadRequest, format!("One person has {KEYS_MAX} keys at most; revoke one that is not used.")));
        }
        if scopes.is_empty() {
            return Err(ApiError::new(Code::BadRequest, "Say what the key is for: read, write, admin or metrics."));
        }
        let id = fresh_id(&*self.random);
        let key = format!("{PREFIX}{id}_{}", fresh(&*self.random));
        let mut names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let kept = KeyRow {
            hash: hash(Purpose::Key, &key),
            id,
            person_id: row.id,
            name: display(name, "unnamed")?,
            scopes: names.join(" "),
            created_at: now,
            expires_at: lifetime.map(|lifetime| after(now, lifetime)),
            used_at: None,
            revoked_at: None,
        };
        self.catalog.add_key(&kept).await.map_err(failed)?;
        self.administered(by, "key_created", &kept.id, &format!("{} {}", row.name, kept.scopes)).await;
        Ok(NewKey { key, row: kept })
    }

    /// Keys with their owners' names, newest first: of one person, or of everybody.
    ///
    /// # Errors
    /// [`Code::NotFound`] for an unknown owner.
    pub async fn keys(&self, owner: Option<&str>) -> Result<Vec<(String, KeyRow)>, ApiError> {
        let owner = match owner {
            Some(name) => Some(self.row(name).await?.id),
            None => None,
        };
        let mut keys = Vec::new();
        for key in self.catalog.keys(owner.as_deref(), LISTED_MAX).await.map_err(failed)? {
            let person = self.catalog.person_by_id(&key.person_id).await.map_err(failed)?;
            keys.push((person.map_or_else(String::new, |person| person.name), key));
        }
        Ok(keys)
    }

    /// Takes a key back: it is dead for its next request. With `owner`, only one of theirs.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a key that is none, not theirs, or taken back already.
    pub async fn revoke_key(&self, by: &str, id: &str, owner: Option<&str>) -> Result<(), ApiError> {
        let missing = || ApiError::new(Code::NotFound, "There is no such key.");
        // The whole key will do as well: that is what somebody has who found one.
        let id = id.strip_prefix(PREFIX).map_or(id, |rest| rest.split('_').next().unwrap_or(rest));
        if let Some(owner) = owner {
            let (key, owner) = (self.catalog.key(id).await.map_err(failed)?.ok_or_else(missing)?, self.row(owner).await?);
            if key.person_id != owner.id {
                return Err(missing());
            }
        }
        if !self.catalog.revoke_key(id, self.now()).await.map_err(failed)? {
            return Err(missing());
        }
        self.administered(by, "key_revoked", id, owner.unwrap_or_default()).await;
        Ok(())
    }

    /// Whose key this is; nobody's when it is none, was taken back, or is over.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn by_key(&self, key: &str) -> Result<Option<Identity>, ApiError> {
        if key.len() > CREDENTIAL_BYTES_MAX {
            return Ok(None);
        }
        let Some((id, _)) = key.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else { return Ok(None) };
        let Some(row) = self.catalog.key(id).await.map_err(failed)? else { return Ok(None) };
        if !same(&row.hash, &hash(Purpose::Key, key)) {
            return Ok(None);
        }
        self.by_key_row(row).await
    }

    pub(crate) async fn by_key_id(&self, id: &str) -> Result<Option<Identity>, ApiError> {
        match self.catalog.key(id).await.map_err(failed)? {
            Some(row) => self.by_key_row(row).await,
            None => Ok(None),
        }
    }

    async fn by_key_row(&self, row: KeyRow) -> Result<Option<Identity>, ApiError> {
        let now = self.now();
        if row.revoked_at.is_some() || row.expires_at.is_some_and(|end| now >= end) {
            return Ok(None);
        }
        let person = self.catalog.person_by_id(&row.person_id).await.map_err(failed)?;
        let Some(person) = person.filter(|person| person.active) else { return Ok(None) };
        if row.used_at.is_none_or(|used| now >= after(used, USE_NOTED_EVERY)) {
            self.catalog.touch_key(&row.id, now).await.map_err(failed)?;
        }
        let scopes = row.scopes.split(' ').filter_map(KeyScope::parse).collect();
        self.identity(&person, Via::Key(row.id), Some(scopes)).await.map(Some)
    }
}
