//! How an answer states what it read of a document.

use pinakes_api::{Extent, Source};
use pinakes_types::CharSpan;

use crate::sentence::Document;
use crate::standing;

/// The statement; `number` is 0 when nothing was read.
pub(crate) fn source(number: u32, document: &Document, extent: Extent, spans: &[CharSpan]) -> Source {
    Source {
        number,
        doc_id: document.doc.clone(),
        title: document.title.clone(),
        path: document.path.clone(),
        extent,
        chars_read: spans.iter().map(|span| span.len()).sum(),
        chars_total: document.text.text.chars().count(),
        superseded: standing::is_superseded(&document.text),
    }
}
