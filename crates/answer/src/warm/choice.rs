//! Which documents are read ahead, and in which order.

use std::collections::HashMap;

use pinakes_api::{ApiError, AskResponse};
use pinakes_catalog::{DocumentFilter, DocumentRow};
use pinakes_config::limits::{WARM_ANSWERS_MAX, WARM_DOCUMENTS_MAX};
use pinakes_types::{DocId, Scope};

use crate::Searcher;
use crate::searcher::catalog_error;

/// Rows fetched at a time.
const PAGE: u32 = 500;

/// A choice of documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Those whose path begins like one of these; all where there are none.
    pub paths: Vec<String>,
    /// Only so many, which answers cited most lately, in that order.
    pub most_cited: Option<usize>,
}

impl Chosen {
    fn holds(&self, path: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|prefix| path.starts_with(prefix.as_str()))
    }
}

impl Searcher {
    /// The documents chosen that the scope may read, by path or by how often they were cited.
    pub(super) async fn choose(&self, scope: &Scope, chosen: &Chosen) -> Result<Vec<DocumentRow>, ApiError> {
        let mut documents: Vec<DocumentRow> = Vec::new();
        let mut filter = DocumentFilter::default();
        while documents.len() < WARM_DOCUMENTS_MAX {
            let rows = self.store.catalog.documents(scope, &filter, PAGE).await.map_err(catalog_error)?;
            let Some(last) = rows.last() else { break };
            filter.after = Some((last.path.clone(), last.doc.clone()));
            documents.extend(rows.into_iter().filter(|row| row.version.is_some() && row.chunks > 0 && chosen.holds(&row.path)));
        }
        documents.truncate(WARM_DOCUMENTS_MAX);
        if let Some(most) = chosen.most_cited {
            let cited = cited(&self.store.catalog.recent_responses(WARM_ANSWERS_MAX).await.map_err(catalog_error)?);
            documents.retain(|document| cited.contains_key(&document.doc));
            documents.sort_by_key(|document| std::cmp::Reverse(cited[&document.doc]));
            documents.truncate(most);
        }
        Ok(documents)
    }
}

/// In how many of these answers each document is cited. What is no answer of this version's counts for nothing.
fn cited(responses: &[String]) -> HashMap<DocId, usize> {
    let mut counts = HashMap::new();
    for response in responses.iter().filter_map(|words| serde_json::from_str::<AskResponse>(words).ok()) {
        let mut documents: Vec<DocId> = response.citations.into_iter().map(|citation| citation.doc_id).collect();
        documents.sort();
        documents.dedup();
        documents.into_iter().for_each(|doc| *counts.entry(doc).or_default() += 1);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_counts_once_and_what_is_none_not_at_all() {
        let mut response = AskResponse::default();
        let citation = |doc: &str| {
            let written = format!(
                r#"{{"marker":1,"answer_span":[0,1],"doc_id":"{doc}","doc_version":"v","title":"t","path":"p","page":null,
                "char_span":[0,1],"quote":"q","quote_match":"exact","support":"full"}}"#
            );
            serde_json::from_str(&written).unwrap()
        };
        response.citations = vec![citation("a"), citation("b"), citation("a")];
        let one = serde_json::to_string(&response).unwrap();
        response.citations.truncate(1);
        let other = serde_json::to_string(&response).unwrap();
        let counts = cited(&[one, other, "{".into()]);
        assert_eq!(counts, HashMap::from([(DocId("a".into()), 2), (DocId("b".into()), 1)]));
    }

    #[test]
    fn no_path_means_every_path() {
        let chosen = |paths: &[&str]| Chosen { paths: paths.iter().map(|path| (*path).to_owned()).collect(), most_cited: None };
        assert!(chosen(&[]).holds("a/b.md") && chosen(&["x", "a/"]).holds("a/b.md"));
        assert!(!chosen(&["b"]).holds("a/b.md"));
    }
}
