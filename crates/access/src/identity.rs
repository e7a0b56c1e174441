//! Somebody who was let in: who they are, what they may do, and by what they were known.

use std::fmt;

use pinakes_types::{Label, NotAllowed, Principal, Scope};

/// What a person may do besides reading what their labels allow. Each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Ask, search and read.
    Reader,
    /// Upload, and delete what they may read.
    Editor,
    /// Decide who people are and what they may read. Reads no more than their labels allow.
    Admin,
}

impl Role {
    /// Its name in the catalog, in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Editor => "editor",
            Self::Admin => "admin",
        }
    }

    /// The role with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Reader, Self::Editor, Self::Admin].into_iter().find(|role| role.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a key may be used for, within what its owner may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyScope {
    /// Ask, search and read.
    Read,
    /// Upload and delete.
    Write,
    /// Administer.
    Admin,
    /// Read counters.
    Metrics,
}

impl KeyScope {
    /// Every scope.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Admin, Self::Metrics];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Metrics => "metrics",
        }
    }

    /// The scope with that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == name)
    }
}

/// What something asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// To read what labels allow.
    Read,
    /// To upload and delete.
    Write,
    /// To administer.
    Administer,
    /// To read counters, which tell of all documents together.
    Metrics,
}

/// By what somebody was known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// They reached the loopback interface, or run the binary.
    Machine,
    /// A browser's session, by its hash.
    Session(String),
    /// An API key, by its id.
    Key(String),
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Machine => f.write_str("machine"),
            Self::Session(_) => f.write_str("session"),
            Self::Key(id) => write!(f, "key {id}"),
        }
    }
}

/// Somebody who was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Whose labels count.
    pub principal: Principal,
    /// What they are called.
    pub display: String,
    /// What they may do.
    pub role: Role,
    /// By what they were known.
    pub via: Via,
    /// What their key may be used for; `None`: not known by a key.
    pub key_scopes: Option<Vec<KeyScope>>,
}

impl Identity {
    /// Whoever reaches the loopback interface in single-user mode, or runs the binary.
    #[must_use]
    pub fn of_machine(principal: Principal) -> Self {
        Self { display: principal.subject.clone(), principal, role: Role::Admin, via: Via::Machine, key_scopes: None }
    }

    /// Whether they may.
    #[must_use]
    pub fn may(&self, power: Power) -> bool {
        let (role, scope) = match power {
            Power::Read => (Role::Reader, KeyScope::Read),
            Power::Write => (Role::Editor, KeyScope::Write),
            Power::Administer => (Role::Admin, KeyScope::Admin),
            Power::Metrics => (Role::Admin, KeyScope::Metrics),
        };
        self.principal.active && self.role >= role && self.key_scopes.as_ref().is_none_or(|scopes| scopes.contains(&scope))
    }

    /// What they may read.
    ///
    /// # Errors
    /// Somebody switched off.
    pub fn scope(&self) -> Result<Scope, NotAllowed> {
        Scope::check(&self.principal)
    }

    /// The groups their labels name.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        self.principal.labels.iter().filter_map(|Label(label)| label.strip_prefix("group:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_does_no_more_than_its_owner_and_no_more_than_its_scopes() {
        let powers = [Power::Read, Power::Write, Power::Administer, Power::Metrics];
        let may = |role, scopes: Option<&[KeyScope]>| {
            let who = Identity { role, key_scopes: scopes.map(<[_]>::to_vec), ..Identity::of_machine(Principal::person("ada", [])) };
            powers.map(|power| who.may(power))
        };
        assert_eq!(may(Role::Reader, None), [true, false, false, false]);
        assert_eq!(may(Role::Editor, None), [true, true, false, false]);
        assert_eq!(may(Role::Admin, None), [true; 4]);
        assert_eq!(may(Role::Reader, Some(&KeyScope::ALL)), [true, false, false, false]);
        assert_eq!(may(Role::Admin, Some(&[KeyScope::Metrics])), [false, false, false, true]);
        assert_eq!(may(Role::Admin, Some(&[KeyScope::Write])), [false, true, false, false]);
        assert_eq!(may(Role::Admin, Some(&[])), [false; 4]);
        let mut gone = Identity::of_machine(Principal::local_operator());
        gone.principal.active = false;
        assert!(powers.iter().all(|power| !gone.may(*power)) && gone.scope().is_err());
    }
}
