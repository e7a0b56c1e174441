//! Who may read a document: why that is so, and saying otherwise by hand.

use std::collections::BTreeSet;

use pinakes_api::{ApiError, Code};
use pinakes_catalog::Decided;
use pinakes_types::{DocId, Label, Scope};

use crate::accounts::{Accounts, failed};
use crate::identity::Via;

/// Why somebody may read a document, or may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The person.
    pub person: String,
    /// Whether they may.
    pub allowed: bool,
    /// Whether they may come in at all.
    pub active: bool,
    /// Labels they hold.
    pub holds: BTreeSet<Label>,
    /// Labels the document has; any one suffices.
    pub needs: BTreeSet<Label>,
    /// Those they hold of them.
    pub by: BTreeSet<Label>,
    /// What decided on the document's labels.
    pub origin: String,
}

impl Accounts {
    /// Says why somebody may read a document, or may not. For administrators.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a person or document that is not there.
    pub async fn explain(&self, person: &str, doc: &DocId) -> Result<Explained, ApiError> {
        let row = self.row(person).await?;
        let rights = self.rights_of(doc).await?;
        let principal = self.identity(&row, Via::Machine, None).await?.principal;
        let allowed = Scope::check(&principal).is_ok_and(|scope| scope.allows(&rights.labels));
        let by = rights.labels.intersection(&principal.labels).cloned().collect();
        Ok(Explained {
            person: row.name,
            allowed,
            active: row.active,
            holds: principal.labels,
            needs: rights.labels,
            by,
            origin: rights.origin,
        })
    }

    /// Who may read a document today, and what decided so. For administrators, and for whoever was shown the document.
    ///
    /// # Errors
    /// [`Code::NotFound`]; catalog errors.
    pub async fn rights_of(&self, doc: &DocId) -> Result<Decided, ApiError> {
        let rights = self.catalog.rights_of(doc).await.map_err(failed)?;
        rights.ok_or_else(|| ApiError::new(Code::NotFound, "There is no such document."))
    }

    /// Says by hand who may read a document, above whatever rules say; in force for the next request. `None` goes back to `rules`.
    ///
    /// # Errors
    /// [`Code::NotFound`]; catalog errors.
    pub async fn set_rights(&self, by: &str, doc: &DocId, labels: Option<BTreeSet<Label>>, rules: &Decided) -> Result<Decided, ApiError> {
        self.rights_of(doc).await?;
        let said = labels.map(|labels| Decided { labels, origin: format!("set by {by}") });
        self.catalog.override_rights(doc, said.as_ref(), self.now()).await.map_err(failed)?;
        if said.is_none() {
            self.catalog.set_rights(&[(doc.clone(), rules.clone())]).await.map_err(failed)?;
        }
        let decided = said.unwrap_or_else(|| rules.clone());
        let words: Vec<&str> = decided.labels.iter().map(|label| label.0.as_str()).collect();
        self.administered(by, "rights_set", &doc.0, &words.join(",")).await;
        Ok(decided)
    }
}
