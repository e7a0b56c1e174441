//! Who may read what. A document lists labels, any one of which suffices; a principal holds labels; a [`Scope`] is the proof that the
//! two are compared.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// An opaque right such as `group:finance`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Label(pub String);

impl Label {
    /// Everyone who is signed in.
    pub const PUBLIC: &'static str = "public";

    /// The label `public`.
    #[must_use]
    pub fn public() -> Self {
        Self(Self::PUBLIC.to_owned())
    }
}

/// Somebody (or some program) that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Stable name for logs, such as `operator`.
    pub subject: String,
    /// Labels held.
    pub labels: BTreeSet<Label>,
    /// Whether the person may still come in at all.
    pub active: bool,
    /// Whether every document may be read, whatever its labels say: the operator on the machine itself, who owns the files.
    pub reads_everything: bool,
}

impl Principal {
    /// Whoever can run the binary or reach the loopback interface in single-user mode: reads everything, as the files are theirs.
    #[must_use]
    pub fn local_operator() -> Self {
        Self { subject: "operator".into(), labels: BTreeSet::from([Label::public()]), active: true, reads_everything: true }
    }

    /// A person with these labels; `public` is always among them.
    #[must_use]
    pub fn person(subject: impl Into<String>, labels: impl IntoIterator<Item = Label>) -> Self {
        let mut labels: BTreeSet<Label> = labels.into_iter().collect();
        labels.insert(Label::public());
        Self { subject: subject.into(), labels, active: true, reads_everything: false }
    }
}

/// The principal may not read at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{subject} may not sign in")]
pub struct NotAllowed {
    /// Who asked.
    pub subject: String,
}

/// What a checked principal may read. Every function that retrieves takes one, and [`Scope::check`] is the only way to get one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    subject: String,
    /// `None`: everything.
    labels: Option<BTreeSet<Label>>,
}

impl Scope {
    /// Checks a principal.
    ///
    /// # Errors
    /// [`NotAllowed`] when the principal is switched off.
    pub fn check(principal: &Principal) -> Result<Self, NotAllowed> {
        if !principal.active {
            return Err(NotAllowed { subject: principal.subject.clone() });
        }
        Ok(Self { subject: principal.subject.clone(), labels: (!principal.reads_everything).then(|| principal.labels.clone()) })
    }

    /// Who was checked: the owner of what is kept for one person only, such as conversations.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Whether a document with these labels may be read.
    #[must_use]
    pub fn allows<'a>(&self, document_labels: impl IntoIterator<Item = &'a Label>) -> bool {
        match &self.labels {
            None => true,
            Some(held) => document_labels.into_iter().any(|label| held.contains(label)),
        }
    }

    /// The labels a filter may pass, or `None` when no filter is needed.
    #[must_use]
    pub fn labels(&self) -> Option<&BTreeSet<Label>> {
        self.labels.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_shared_label_suffices_and_none_does_not() {
        let finance = Label("group:finance".into());
        let hr = Label("group:hr".into());
        let scope = Scope::check(&Principal::person("ada", [finance.clone()])).unwrap();
        assert!(scope.allows([&finance, &hr]));
        assert!(scope.allows([&Label::public()]));
        assert!(!scope.allows([&hr]));
        assert!(!scope.allows([]));
    }

    #[test]
    fn a_principal_switched_off_gets_no_scope() {
        let mut person = Principal::person("ada", []);
        person.active = false;
        assert_eq!(Scope::check(&person), Err(NotAllowed { subject: "ada".into() }));
    }
}
