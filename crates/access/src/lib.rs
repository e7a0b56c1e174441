//! Who somebody is and what they may read: accounts, sessions, keys, sign-in through a provider; the rules that label documents; the log
//! of who did what.
//!
//! Promises: of every secret only a hash is kept; a session, key or person that was ended is dead for the next request, because each
//! request asks the catalog; whatever does not let somebody in says the same and takes as long, whether the name exists or not. Nothing
//! here knows HTTP routes, search or models.

mod accounts;
mod audit;
mod chat;
mod expired;
mod gatekeeper;
mod identity;
mod keys;
mod labels;
mod limits;
mod links;
mod names;
mod passwords;
mod people;
mod provider;
mod rights;
mod secrets;
mod sessions;
#[cfg(test)]
mod tests;

pub use accounts::Accounts;
pub use audit::{Audit, AuditError, Event, Outcome, Verified, verify};
pub use gatekeeper::{Access, Presented};
pub use identity::{Identity, KeyScope, Power, Role, Via};
pub use keys::NewKey;
pub use labels::{Deciding, RuleError, SIDECAR, label, label_set};
pub use names::{group_name, person_name};
pub use people::{NewPerson, Person};
pub use pinakes_catalog::{Decided, KeyRow};
pub use provider::{HttpError, Provider, ProviderHttp, Reqwest, SignInStart};
pub use rights::Explained;
pub use sessions::{Session, SignedIn};
