//! Documents as people browse and open them.

use pinakes_api::{ApiError, Code, ContentQuery, DocumentContent, DocumentCounts, DocumentList, DocumentListQuery, DocumentSummary};
use pinakes_catalog::{DocumentFilter, DocumentRow, StateCounts};
use pinakes_types::{CharIndex, CharSpan, DocId, DocumentKind, Scope, StructuredText, Timestamp};

use crate::Searcher;
use crate::searcher::catalog_error;

/// Documents in a page of the list.
const LIST_DEFAULT: usize = 100;
const LIST_MAX: usize = 500;
/// Characters in a part of a document without pages.
const PART_CHARS: usize = 20_000;

impl Searcher {
    /// Lists documents in the order of their paths.
    ///
    /// # Errors
    /// A limit out of range, a cursor that is none of ours.
    pub async fn documents(&self, scope: &Scope, query: &DocumentListQuery) -> Result<DocumentList, ApiError> {
        let limit = query.limit.unwrap_or(LIST_DEFAULT);
        if !(1..=LIST_MAX).contains(&limit) {
            return Err(ApiError::new(Code::BadRequest, format!("limit must be 1 to {LIST_MAX}.")));
        }
        let after = query.cursor.as_deref().map(read_cursor).transpose()?;
        let filter = DocumentFilter { state: query.state, source: query.source.clone(), contains: query.contains.clone(), after };
        let mut rows = self.store.catalog.documents(scope, &filter, limit as u32 + 1).await.map_err(catalog_error)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| format!("{}:{}", last.doc, last.path));
        let counts = self.store.catalog.state_counts(scope).await.map_err(catalog_error)?;
        Ok(DocumentList { documents: rows.into_iter().map(summary).collect(), next_cursor, counts: counts_of(counts) })
    }

    /// One document.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none, or none that the scope allows: the two cannot be told apart.
    pub async fn document(&self, scope: &Scope, doc: &DocId) -> Result<DocumentSummary, ApiError> {
        let row = self.store.catalog.document(scope, doc).await.map_err(catalog_error)?;
        row.map(summary).ok_or_else(no_document)
    }

    /// A part of a document's stored text.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a document or a part that is not there.
    pub async fn content(&self, scope: &Scope, doc: &DocId, query: &ContentQuery) -> Result<DocumentContent, ApiError> {
        let row = self.store.catalog.document(scope, doc).await.map_err(catalog_error)?.ok_or_else(no_document)?;
        let (version, text) = self.store.catalog.text(scope, doc).await.map_err(catalog_error)?.ok_or_else(no_document)?;
        let index = CharIndex::new(&text.text);
        let parts = parts(&text, index.len_chars());
        let number = match (query.page, query.at) {
            (Some(page), _) => page as usize,
            (None, Some(at)) => parts.partition_point(|part| part.start <= at).max(1),
            (None, None) => 1,
        };
        let words = format!("The document has {} parts; there is no part {number}.", parts.len());
        let span = *number.checked_sub(1).and_then(|at| parts.get(at)).ok_or_else(|| ApiError::new(Code::NotFound, words))?;
        let blocks = text.blocks.iter().filter_map(|block| {
            let span = block.span.intersection(span)?;
            Some(pinakes_types::Block { kind: block.kind, span }.into())
        });
        Ok(DocumentContent {
            doc_id: doc.clone(),
            doc_version: version,
            title: text.title.clone(),
            path: row.path,
            kind: text.kind,
            language: text.language.clone(),
            page: number as u32,
            page_count: parts.len() as u32,
            paged: !text.pages.is_empty(),
            span,
            chars: index.len_chars(),
            text: index.slice(span).to_owned(),
            blocks: blocks.collect(),
            markup: text.markup.iter().filter_map(|markup| markup.intersection(span)).collect(),
        })
    }
}

impl Searcher {
    /// What stands at a span of a document's current text: the check that anybody can make of a citation.
    ///
    /// # Errors
    /// Catalog errors. `Ok(None)` when there is no such document.
    pub async fn quote_at(&self, scope: &Scope, doc: &DocId, span: CharSpan) -> Result<Option<String>, ApiError> {
        let text = self.store.catalog.text(scope, doc).await.map_err(catalog_error)?;
        Ok(text.map(|(_, text)| CharIndex::new(&text.text).slice(span).to_owned()))
    }
}

/// The parts a document is shown in: its pages, or stretches that end with a block.
fn parts(text: &StructuredText, chars: usize) -> Vec<CharSpan> {
    if !text.pages.is_empty() {
        return text.pages.iter().map(|page| page.span).collect();
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for block in &text.blocks {
        if block.span.start > start && block.span.end - start > PART_CHARS {
            parts.push(CharSpan::new(start, block.span.start));
            start = block.span.start;
        }
        // A block alone may be larger than a part.
        while block.span.end - start > 2 * PART_CHARS {
            parts.push(CharSpan::new(start, start + PART_CHARS));
            start += PART_CHARS;
        }
    }
    parts.push(CharSpan::new(start, chars.max(start)));
    parts
}

fn no_document() -> ApiError {
    ApiError::new(Code::NotFound, "There is no such document.")
}

fn read_cursor(cursor: &str) -> Result<(String, DocId), ApiError> {
    let (doc, path) = cursor.split_once(':').ok_or_else(|| ApiError::new(Code::BadRequest, "The cursor is not one of this server's."))?;
    Ok((path.to_owned(), DocId(doc.to_owned())))
}

fn summary(row: DocumentRow) -> DocumentSummary {
    DocumentSummary {
        kind: row.kind.as_deref().map(kind_of),
        modified: (row.modified_ns != 0).then_some(Timestamp(row.modified_ns / 1_000_000)),
        pages: u32::try_from(row.pages).ok().filter(|pages| *pages > 0),
        doc_id: row.doc,
        title: row.title,
        path: row.path,
        source: row.source,
        language: row.language,
        state: row.state,
        reason: row.reason,
        chunks: row.chunks,
        bytes: row.bytes,
        indexed_at: Some(row.indexed_at),
        doc_version: row.version,
    }
}

/// Counts with their sum.
pub(crate) fn counts_of(counts: StateCounts) -> DocumentCounts {
    let StateCounts { indexed, partial, skipped, failed } = counts;
    DocumentCounts { total: indexed + partial + skipped + failed, indexed, partial, skipped, failed }
}

/// A format by its name; the catalog holds only names of ours.
pub(crate) fn kind_of(name: &str) -> DocumentKind {
    use DocumentKind::{Code, Docx, Html, Markdown, Pdf, Text};
    [Code, Markdown, Html, Pdf, Docx].into_iter().find(|kind| kind.as_str() == name).unwrap_or(Text)
}

#[cfg(test)]
mod tests {
    use pinakes_types::{Block, BlockKind};

    use super::*;

    #[test]
    fn parts_cover_the_text_and_end_with_blocks() {
        let blocks = [(0, 15_000), (15_002, 19_000), (19_002, 30_000), (30_002, 120_000)];
        let text = StructuredText {
            kind: DocumentKind::Text,
            title: "t".into(),
            language: None,
            text: String::new(),
            blocks: blocks.map(|(start, end)| Block { kind: BlockKind::Paragraph, span: CharSpan::new(start, end) }).into(),
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        };
        let parts = parts(&text, 120_000);
        assert_eq!(parts[0], CharSpan::new(0, 19_002));
        assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert!(parts.iter().all(|part| part.len() <= 3 * PART_CHARS));
        assert_eq!(parts.last().unwrap().end, 120_000);
    }
}
