//! How much of a part of the documents somebody may find. Which paths are in it is the asker's to say: a database knows no patterns.

use pinakes_types::{Scope, SourceId};
use sqlx::QueryBuilder;

use crate::read::only_allowed;
use crate::{Catalog, CatalogError};

/// Comes after every character that a path begins to go on with.
const LAST: char = char::MAX;

impl Catalog {
    /// How many searchable documents have a path that `fits`: of these sources, of all where none is named; whose path begins like one of
    /// `beginnings`, which only saves looking at others.
    ///
    /// # Errors
    /// Database errors.
    pub async fn searchable_among(
        &self,
        scope: &Scope,
        sources: &[SourceId],
        beginnings: &[String],
        fits: impl Fn(&str) -> bool,
    ) -> Result<u64, CatalogError> {
        let mut select = QueryBuilder::new("SELECT d.path FROM documents d WHERE d.current_version IS NOT NULL AND d.chunks > 0");
        if !sources.is_empty() {
            select.push(" AND d.source_id IN (");
            let mut list = select.separated(", ");
            for source in sources {
                list.push_bind(source.0.clone());
            }
            select.push(")");
        }
        if !beginnings.is_empty() && !beginnings.contains(&String::new()) {
            for (place, beginning) in beginnings.iter().enumerate() {
                select.push(if place == 0 { " AND (" } else { " OR " });
                select.push("(d.path >= ").push_bind(beginning.clone());
                select.push(" AND d.path < ").push_bind(format!("{beginning}{LAST}")).push(")");
            }
            select.push(")");
        }
        only_allowed(&mut select, scope);
        let paths: Vec<String> = select.build_query_scalar().fetch_all(&self.readers).await?;
        Ok(paths.iter().filter(|path| fits(path)).count() as u64)
    }
}
