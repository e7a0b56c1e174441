//! Which version of a document is current, for those who made something of one and ask whether it still holds.

use std::collections::HashMap;

use pinakes_types::{DocId, DocVersion, Scope};
use sqlx::{QueryBuilder, Row};

use crate::read::only_allowed;
use crate::{Catalog, CatalogError};

/// Ids per statement.
const IDS_PER_STATEMENT: usize = 500;

impl Catalog {
    /// Of these documents, those that the scope may read now, each with its current version. One that is gone and one that it may not read
    /// are both left out.
    ///
    /// # Errors
    /// Database errors.
    pub async fn versions_of(&self, scope: &Scope, docs: &[DocId]) -> Result<HashMap<DocId, DocVersion>, CatalogError> {
        let mut versions = HashMap::with_capacity(docs.len());
        for docs in docs.chunks(IDS_PER_STATEMENT) {
            let mut select =
                QueryBuilder::new("SELECT d.doc_id, d.doc_version FROM documents d WHERE d.current_version IS NOT NULL AND d.doc_id IN (");
            let mut list = select.separated(", ");
            for doc in docs {
                list.push_bind(doc.0.clone());
            }
            select.push(")");
            only_allowed(&mut select, scope);
            for row in select.build().fetch_all(&self.readers).await? {
                let version: Option<String> = row.get("doc_version");
                versions.insert(DocId(row.get("doc_id")), DocVersion(version.unwrap_or_default()));
            }
        }
        Ok(versions)
    }
}
