//! The people of one store and what lets them in: the catalog's rows and the rules over them. Each file beside adds what belongs to one
//! thing: people, passwords and sessions, keys, links that work once, sign-in through a provider, rights of documents.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use pinakes_api::{ApiError, Code};
use pinakes_catalog::{Catalog, CatalogError, PersonRow};
use pinakes_config::AccessConfig;
use pinakes_config::limits::access::PASSWORDS_PER_SECOND;
use pinakes_types::{Clock, Label, Principal, Random, Timestamp};

use crate::audit::{Audit, Event};
use crate::identity::{Identity, KeyScope, Role, Via};
use crate::passwords::Passwords;

/// The people of a store. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) catalog: Catalog,
    pub(crate) config: Arc<AccessConfig>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) passwords: Passwords,
    /// Over all names together: bounds what guessing costs this machine.
    pub(crate) password_rate: Arc<DefaultDirectRateLimiter>,
    pub(crate) audit: Audit,
}

impl Accounts {
    /// The people of this catalog.
    ///
    /// # Errors
    /// [`Code::Internal`] when passwords cannot be hashed at all.
    pub fn new(
        catalog: Catalog,
        config: Arc<AccessConfig>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        audit: Audit,
    ) -> Result<Self, ApiError> {
        let passwords = Passwords::new(&*random)?;
        let quota = Quota::per_second(NonZeroU32::new(PASSWORDS_PER_SECOND).unwrap_or(NonZeroU32::MIN));
        Ok(Self { catalog, config, clock, random, passwords, password_rate: Arc::new(RateLimiter::direct(quota)), audit })
    }

    /// The log of what is done here.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// How long a session lasts at most.
    #[must_use]
    pub fn session_time_max(&self) -> std::time::Duration {
        self.config.session_time_max
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Somebody with their groups as labels.
    pub(crate) async fn identity(&self, person: &PersonRow, via: Via, key_scopes: Option<Vec<KeyScope>>) -> Result<Identity, ApiError> {
        let groups = self.catalog.groups_of(&person.id).await.map_err(failed)?;
        let labels = groups.iter().map(|group| Label(format!("group:{group}"))).chain([Label(format!("user:{}", person.name))]);
        let principal = Principal { active: person.active, ..Principal::person(person.name.clone(), labels) };
        let role = Role::parse(&person.role).unwrap_or(Role::Reader);
        Ok(Identity { principal, display: person.display.clone(), role, via, key_scopes })
    }

    /// Notes what an administrator did; written before it is acknowledged.
    pub(crate) async fn administered(&self, by: &str, action: &str, target: &str, detail: &str) {
        let event = Event::Administration { action: action.to_owned(), target: target.to_owned(), detail: detail.to_owned() };
        self.audit.note_durably(by, event).await;
    }
}

/// A time some way from another.
pub(crate) fn after(now: Timestamp, span: std::time::Duration) -> Timestamp {
    Timestamp(now.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
}

/// The catalog's errors at our boundary.
pub(crate) fn failed(error: CatalogError) -> ApiError {
    let code = match &error {
        CatalogError::StorageFull => Code::StorageFull,
        CatalogError::Busy => Code::Locked,
        CatalogError::ReadOnly(_) => Code::CannotWrite,
        CatalogError::NoStore(_) => Code::NotFound,
        _ => return ApiError::internal(error),
    };
    ApiError::new(code, error.to_string()).caused_by(error)
}
