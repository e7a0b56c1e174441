//! Brings one source up to date: what is new or changed is read, what is gone is removed, what is as it was is left alone.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures::StreamExt;
use pinakes_catalog::{Decided, DocumentFate, KnownFile, NewDocument, REMOVED, SourceRow};
use pinakes_config::limits::IngestLimits;
use pinakes_extract::Extraction;
use pinakes_types::{DocId, FileState, Reason};

use crate::batch::{Batch, Read};
use crate::chunk::{ChunkSettings, chunk};
use crate::labels::ByPath;
use crate::progress::Progress;
use crate::walk::{Found, Walk, walk};
use crate::{IngestError, Writer};

/// A file whose time is this close to its reading may have been written again within the same tick of the file system's clock, so its
/// content is compared (the "racy" case of git's index).
const RACY_MS: i64 = 2_000;

/// Files read ahead of the one being embedded, per child process.
const READ_AHEAD: usize = 2;

/// Brings the source up to date. With `only`, no other file of it is looked at, and a file taken out on purpose comes back.
pub(crate) async fn read_source(
    writer: &Writer,
    source: &SourceRow,
    only: Option<&Path>,
    progress: &mut Progress<'_>,
) -> Result<(), IngestError> {
    let known = writer.store.catalog.known_files(&source.id).await?;
    let walked = look(writer, source, only).await?;
    let mut batch = Batch::new();
    if only.is_none() {
        batch.remove(gone(&known, &walked));
    }
    let places = walked.files.iter().map(|file| (file.relative.clone(), file.path.clone())).collect();
    let decided = writer.store.decide(source, places).await?;
    writer.store.apply(source, &decided).await?;
    let todo: Vec<Found> =
        walked.files.into_iter().filter(|file| only.is_some() || needs_reading(file, known.get(&file.relative), &writer.read_by)).collect();
    if only.is_none() {
        progress.unchanged(known.len().saturating_sub(todo.iter().filter(|file| known.contains_key(&file.relative)).count()));
    }
    progress.expect(todo.len(), todo.iter().map(|file| file.bytes).sum());
    progress.save().await?;
    let width = writer.store.config.extract.workers * READ_AHEAD;
    let mut read = futures::stream::iter(todo).map(|file| async { (extract(writer, &file).await, file) }).buffered(width);
    while let Some((extraction, file)) = read.next().await {
        progress.reading(&file.relative);
        let before = known.get(&file.relative);
        if let Some(known) = before.filter(|known| only.is_none() && says_the_same(known, &extraction, &writer.read_by)) {
            writer.store.catalog.note_unchanged(&known.doc, file.modified_ns).await?;
            progress.job.files_total = progress.job.files_total.saturating_sub(1);
            progress.unchanged(1);
            continue;
        }
        let rights = writer.rights(source, &file, &decided).await?;
        let read = take(writer, source, file, extraction, rights).await?;
        batch.add(read, writer, progress).await?;
    }
    batch.finish(writer, progress).await
}

impl Writer {
    /// The labels a file is indexed under: what was said of it by hand, else what the rules decided.
    async fn rights(&self, source: &SourceRow, file: &Found, decided: &ByPath) -> Result<Decided, IngestError> {
        let said = self.store.catalog.overridden(&DocId::derive(&source.id, &file.relative)).await?;
        // A file that nothing was decided for does not exist: both come from one walk.
        let nobody = || Decided { labels: std::collections::BTreeSet::new(), origin: "nothing was decided".to_owned() };
        Ok(said.or_else(|| decided.get(&file.relative).cloned()).unwrap_or_else(nobody))
    }
}

async fn look(writer: &Writer, source: &SourceRow, only: Option<&Path>) -> Result<Walk, IngestError> {
    let root = PathBuf::from(&source.root);
    let settings = writer.store.config.ingest.clone();
    let limits = IngestLimits::default();
    let walked_root = root.clone();
    let walked = tokio::task::spawn_blocking(move || walk(&walked_root, &settings, &limits)).await?;
    let mut walked = walked.map_err(|error| IngestError::SourceUnreadable { path: root, error })?;
    if let Some(only) = only {
        walked.files.retain(|file| file.path.starts_with(only));
    }
    Ok(walked)
}

fn gone(known: &HashMap<String, KnownFile>, walked: &Walk) -> Vec<DocId> {
    let seen: std::collections::HashSet<&str> = walked.files.iter().map(|file| file.relative.as_str()).collect();
    known.iter().filter(|(path, _)| !seen.contains(path.as_str()) && !walked.may_hide(path)).map(|(_, file)| file.doc.clone()).collect()
}

fn needs_reading(file: &Found, known: Option<&KnownFile>, read_by: &str) -> bool {
    let Some(known) = known else { return true };
    if known.reason_code.as_deref() == Some(REMOVED) {
        return false;
    }
    if let Some((_, reason)) = &file.refused {
        return known.reason_code.as_deref() != Some(&reason.code);
    }
    let racy = file.modified_ns / 1_000_000 > known.indexed_at.0 - RACY_MS;
    known.bytes != file.bytes || known.modified_ns != file.modified_ns || known.read_by != read_by || racy
}

/// Whether a file that was touched holds what it held.
fn says_the_same(known: &KnownFile, extraction: &Extraction, read_by: &str) -> bool {
    let version = match extraction {
        Extraction::Text { version, .. } => Some(version),
        Extraction::Skipped { version, .. } | Extraction::Failed { version, .. } => version.as_ref(),
    };
    known.read_by == read_by && version.is_some() && known.version.as_ref() == version
}

async fn extract(writer: &Writer, file: &Found) -> Extraction {
    match &file.refused {
        Some((FileState::Failed, reason)) => Extraction::Failed { reason: reason.clone(), version: None, bytes: file.bytes },
        Some((_, reason)) => Extraction::Skipped { reason: reason.clone(), version: None, bytes: file.bytes },
        None => writer.extractor.extract(&file.path).await,
    }
}

/// Cuts what was read; a file that came to nothing keeps its reason.
async fn take(writer: &Writer, source: &SourceRow, file: Found, extraction: Extraction, rights: Decided) -> Result<Read, IngestError> {
    let nothing = |state, reason| DocumentFate::NotSearchable { state, reason };
    let (version, bytes, fate, text) = match extraction {
        Extraction::Text { document, version, bytes } => {
            let pending = nothing(FileState::Failed, Reason::new("not_published", "it was read but not yet published"));
            (Some(version), bytes, pending, Some(document))
        }
        Extraction::Skipped { reason, version, bytes } => (version, bytes, nothing(FileState::Skipped, reason), None),
        Extraction::Failed { reason, version, bytes } => (version, bytes, nothing(FileState::Failed, reason), None),
    };
    let mut document = NewDocument {
        doc: DocId::derive(&source.id, &file.relative),
        source: source.id.clone(),
        path: file.relative,
        bytes,
        modified_ns: file.modified_ns,
        version,
        read_by: writer.read_by.clone(),
        labels: rights.labels.into_iter().collect(),
        labels_origin: rights.origin,
        fate,
    };
    let Some(text) = text else { return Ok(Read { document, text: None, reason: None }) };
    let (text, mut chunks) = cut(writer, text).await?;
    if chunks.is_empty() {
        document.fate = nothing(FileState::Skipped, Reason::new("no_words", "there are no words in it to search for"));
        return Ok(Read { document, text: None, reason: None });
    }
    let mut warnings = text.warnings.clone();
    let limit = IngestLimits::default().document_chunks_max;
    if chunks.len() > limit {
        warnings.push(format!("only its first {limit} of {} passages are searchable; split it into several files", chunks.len()));
        chunks.truncate(limit);
    }
    let reason = (!warnings.is_empty()).then(|| Reason::new("partial", warnings.join("; ")));
    Ok(Read { document, text: Some((text, chunks)), reason })
}

async fn cut(
    writer: &Writer,
    text: pinakes_types::StructuredText,
) -> Result<(pinakes_types::StructuredText, Vec<crate::chunk::Chunk>), IngestError> {
    let embedder = std::sync::Arc::clone(&writer.embedder);
    let settings: ChunkSettings = writer.chunk_settings();
    Ok(tokio::task::spawn_blocking(move || {
        let chunks = chunk(&text, &*embedder, settings);
        (text, chunks)
    })
    .await?)
}

#[cfg(test)]
mod tests {
    use pinakes_types::Timestamp;

    use super::*;

    fn found(bytes: u64, modified_ns: i64) -> Found {
        Found { path: "/x".into(), relative: "x".into(), bytes, modified_ns, refused: None }
    }

    fn known(reason: Option<&str>) -> KnownFile {
        KnownFile {
            doc: DocId("d".into()),
            bytes: 10,
            modified_ns: 5_000_000_000,
            version: None,
            read_by: "1".into(),
            state: FileState::Indexed,
            reason_code: reason.map(str::to_owned),
            indexed_at: Timestamp(60_000),
        }
    }

    #[test]
    fn only_what_changed_is_read() {
        let same = found(10, 5_000_000_000);
        assert!(needs_reading(&same, None, "1"));
        assert!(!needs_reading(&same, Some(&known(None)), "1"));
        assert!(needs_reading(&same, Some(&known(None)), "2"), "another extractor reads again");
        assert!(needs_reading(&found(11, 5_000_000_000), Some(&known(None)), "1"));
        assert!(needs_reading(&found(10, 6_000_000_000), Some(&known(None)), "1"));
        assert!(!needs_reading(&found(11, 7), Some(&known(Some(REMOVED))), "2"), "taken out on purpose");
    }

    #[test]
    fn a_file_written_while_it_was_indexed_is_looked_at_again() {
        let racy = KnownFile { modified_ns: 59_000_000_000, ..known(None) };
        assert!(needs_reading(&found(10, 59_000_000_000), Some(&racy), "1"));
    }
}
