//! `pinakes index status`

use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_catalog::DocumentFilter;
use pinakes_config::{Config, format_bytes};
use pinakes_ingest::Store;
use pinakes_types::FileState;

use crate::args::Global;
use crate::{End, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global) -> Result<End, ApiError> {
    let store = wiring::store(config, false).await?;
    let status = store.status(&wiring::operator()?, env!("CARGO_PKG_VERSION")).await?;
    if global.json {
        output::json(&status);
        return Ok(End::Done);
    }
    let documents = status.documents;
    output::line(&format!(
        "{} documents: {} indexed, {} partial, {} skipped, {} failed; {} passages; {} on disk.",
        documents.total,
        documents.indexed,
        documents.partial,
        documents.skipped,
        documents.failed,
        status.chunks,
        format_bytes(status.bytes)
    ));
    if let Some(embedding) = &status.embedding {
        output::line(&format!("Embedding model: {} ({} dimensions)", embedding.model, embedding.dimensions));
    }
    for source in &status.sources {
        output::line(&format!(
            "{}  {} files  {}",
            output::bold(&source.id.0),
            source.documents.total,
            source.root.as_deref().unwrap_or("(uploads)")
        ));
    }
    problems(&store).await?;
    if status.sources.is_empty() {
        output::line("Nothing is indexed yet; add a folder with `pinakes index add FOLDER`.");
    }
    if let Some(holder) = pinakes_ingest::WriterLock::holder(store.data_dir()) {
        output::line(&format!("Being written by {holder}."));
    }
    Ok(End::Done)
}

/// Files named per state; the API lists all.
const NAMED_MAX: u32 = 20;

/// Every file that is not wholly searchable, with its reason.
async fn problems(store: &Store) -> Result<(), ApiError> {
    let scope = wiring::operator()?;
    for state in [FileState::Failed, FileState::Partial, FileState::Skipped] {
        let filter = DocumentFilter { state: Some(state), ..DocumentFilter::default() };
        let rows = store.catalog.documents(&scope, &filter, NAMED_MAX + 1).await.map_err(ApiError::internal)?;
        for row in rows.iter().take(NAMED_MAX as usize) {
            let reason = row.reason.as_ref().map_or(String::new(), |reason| reason.message.clone());
            output::line(&format!("{state}: {}: {reason}", row.path));
        }
        if rows.len() > NAMED_MAX as usize {
            output::line(&format!("{state}: and more; GET /api/v1/documents?state={state} lists them all"));
        }
    }
    Ok(())
}
