//! `pinakes access …`: who may read a document, and why.

use std::path::Path;
use std::sync::Arc;

use pinakes_access::{Decided, label_set};
use pinakes_api::{ApiError, Code};
use pinakes_catalog::DocumentFilter;
use pinakes_config::Config;
use pinakes_ingest::Store;
use pinakes_types::{DocId, Label};

use crate::args::Global;
use crate::args::people::Access;
use crate::commands::user::OPERATOR;
use crate::{End, access, output, wiring};

/// Documents looked through for a path.
const MATCHES_MAX: u32 = 1_000;

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: Access) -> Result<End, ApiError> {
    let store = wiring::store(config, false).await?;
    let accounts = access::accounts(config, &store.catalog)?;
    let (doc, decided) = match command {
        Access::Explain { user, document } => {
            let doc = find(&store, &document).await?;
            let explained = accounts.explain(&user, &doc).await?;
            if global.json {
                output::json(&serde_json::json!({
                    "person": explained.person, "doc_id": doc, "allowed": explained.allowed, "active": explained.active,
                    "holds": explained.holds, "needs": explained.needs, "by": explained.by, "origin": explained.origin,
                }));
            } else {
                output::line(&in_words(&explained));
            }
            return Ok(if explained.allowed { End::Done } else { End::Nothing });
        }
        Access::Set { document, labels } => {
            let doc = find(&store, &document).await?;
            let labels = label_set(labels.iter().map(String::as_str)).map_err(|problem| ApiError::new(Code::BadRequest, problem))?;
            let rules = Decided { labels: labels.clone(), origin: String::new() };
            let decided = accounts.set_rights(OPERATOR, &doc, Some(labels), &rules).await?;
            (doc, decided)
        }
        Access::Unset { document } => {
            let doc = find(&store, &document).await?;
            let rules = store.rules_for(&doc).await?.ok_or_else(none)?;
            let decided = accounts.set_rights(OPERATOR, &doc, None, &rules).await?;
            (doc, decided)
        }
        Access::Apply => {
            let changed = store.relabel().await?;
            if global.json {
                output::json(&serde_json::json!({ "changed": changed }));
            } else {
                output::line(&format!("{changed} documents have other readers than before, from the next request on."));
            }
            return Ok(End::Done);
        }
    };
    if global.json {
        output::json(&serde_json::json!({ "doc_id": doc, "labels": decided.labels, "origin": decided.origin }));
    } else if !global.quiet {
        output::line(&format!("May read it from the next request on: {} ({}).", names(&decided.labels), decided.origin));
    }
    Ok(End::Done)
}

fn in_words(explained: &pinakes_access::Explained) -> String {
    let pinakes_access::Explained { person, by, needs, holds, origin, .. } = explained;
    match (explained.active, explained.allowed) {
        (false, _) => format!("{person} may not read it: the account is disabled."),
        (true, true) => format!("{person} may read it, by {}. It is open to {} ({origin}).", names(by), names(needs)),
        (true, false) => format!("{person} may not read it. It is open to {} ({origin}); {person} holds {}.", names(needs), names(holds)),
    }
}

fn names(labels: &std::collections::BTreeSet<Label>) -> String {
    match labels.is_empty() {
        true => "nobody".to_owned(),
        false => labels.iter().map(|label| label.0.as_str()).collect::<Vec<_>>().join(", "),
    }
}

/// A document by its id, its path in its source, or the path of its file.
async fn find(store: &Store, written: &str) -> Result<DocId, ApiError> {
    let (scope, failed) = (wiring::operator()?, ApiError::internal);
    let by_id = DocId(written.to_owned());
    if store.catalog.document(&scope, &by_id).await.map_err(failed)?.is_some() {
        return Ok(by_id);
    }
    let absolute = Path::new(written).canonicalize().ok();
    for source in store.catalog.sources().await.map_err(failed)? {
        let relative = absolute.as_ref().and_then(|path| path.strip_prefix(&source.root).ok()).and_then(Path::to_str);
        if let Some(relative) = relative {
            let doc = DocId::derive(&source.id, relative);
            if store.catalog.document(&scope, &doc).await.map_err(failed)?.is_some() {
                return Ok(doc);
            }
        }
    }
    let filter = DocumentFilter { contains: Some(written.to_owned()), ..DocumentFilter::default() };
    let rows = store.catalog.documents(&scope, &filter, MATCHES_MAX).await.map_err(failed)?;
    let mut same = rows.into_iter().filter(|row| row.path == written);
    match (same.next(), same.next()) {
        (Some(row), None) => Ok(row.doc),
        (Some(_), Some(_)) => Err(ApiError::new(Code::BadRequest, "Several sources have a document at that path; name it by its id.")),
        (None, _) => Err(none()),
    }
}

fn none() -> ApiError {
    ApiError::new(Code::NotFound, "There is no such document; name it by its id or its path.")
}
