//! Opening both legs for reading only, at exactly the recorded state, while a writer, here or in another process, may be at work beside.
//! Nothing on the disk is changed.

use std::{path::Path, sync::Arc};

use crate::{
    error::{IndexError, Result},
    indexes::Snapshot,
    lexical::{self, Lexical},
    model::{IndexSettings, Leg, Record},
    opening::leg_folder,
    scoped::ScopeViews,
    table::VectorTable,
};

/// Both legs at a recorded state.
///
/// # Errors
/// [`IndexError::Damaged`] when a leg is missing, or has lost the recorded state.
pub(crate) async fn open(root: &Path, settings: &IndexSettings, record: &Record) -> Result<(Arc<Lexical>, Arc<Snapshot>)> {
    let folder = leg_folder(root, Leg::Lexical);
    let meta = folder.join("meta.json");
    if !meta.exists() {
        return Err(IndexError::Damaged { leg: Leg::Lexical, path: meta, detail: "it is missing".into() });
    }
    let lexical = Lexical::open(&folder)?;
    let table = VectorTable::open(&leg_folder(root, Leg::Vector), settings, true).await?;
    table.checkout(&leg_folder(root, Leg::Vector), record.vector_version).await?;
    let (directory, resident) = table.load(settings.resident_vector_bytes_max).await?;
    let searcher = lexical.searcher()?;
    // Whoever writes now may have committed words that are not published: they are there and must not be found.
    let strays = lexical::versions(&searcher)?.iter().any(|&version| !directory.contains(version));
    let snapshot = Snapshot {
        searcher,
        vectors: table.snapshot().await?,
        directory: Arc::new(directory),
        resident,
        scopes: ScopeViews::default(),
        overlay: Arc::default(),
        strays,
        fragments: table.fragments().await?,
        record: *record,
    };
    Ok((Arc::new(lexical), Arc::new(snapshot)))
}
