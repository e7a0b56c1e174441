//! The sentences an answer may be made of, each with its exact place in the stored text.

use std::collections::HashMap;
use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_catalog::Passage;
use pinakes_index::Candidate;
use pinakes_types::{BlockKind, CharIndex, CharSpan, DocId, DocVersion, Scope, StructuredText, sentences};

use crate::Searcher;
use crate::searcher::catalog_error;

/// A sentence of a passage.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    /// Which of the passages looked at it comes from.
    pub(crate) passage: usize,
    /// Its place in the stored text.
    pub(crate) span: CharSpan,
    /// What it says, without markup.
    pub(crate) plain: String,
    /// A table's header row, for a row.
    pub(crate) header: Option<String>,
    pub(crate) document: Arc<Document>,
}

/// A document's stored text, held while an answer is made.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: DocVersion,
    pub(crate) text: StructuredText,
}

/// Characters of one sentence; a longer one is hardly a sentence but a table or a list without stops.
const SENTENCE_CHARS_MAX: usize = 600;
/// Sentences looked at for one question.
const SENTENCES_MAX: usize = 96;

impl Searcher {
    /// The sentences of passages. A document that changed since the passages were found falls out.
    pub(crate) async fn sentences_of(&self, scope: &Scope, passages: &[(Passage, Candidate)]) -> Result<Vec<Sentence>, ApiError> {
        let mut documents: HashMap<DocId, Option<Arc<Document>>> = HashMap::new();
        let mut found = Vec::new();
        for (number, (passage, _)) in passages.iter().enumerate() {
            if !documents.contains_key(&passage.doc) {
                let text = self.store.catalog.text(scope, &passage.doc).await.map_err(catalog_error)?;
                let document = text.map(|(version, text)| Arc::new(Document { version, text }));
                documents.insert(passage.doc.clone(), document);
            }
            let Some(Some(document)) = documents.get(&passage.doc) else { continue };
            if document.version == passage.version {
                found.extend(sentences_in(number, document, passage.span));
            }
        }
        found.truncate(SENTENCES_MAX);
        Ok(found)
    }
}

fn sentences_in(passage: usize, document: &Arc<Document>, span: CharSpan) -> Vec<Sentence> {
    let text = &document.text;
    let index = CharIndex::new(&text.text);
    let first = text.blocks.partition_point(|block| block.span.end <= span.start);
    let blocks = text.blocks[first..].iter().take_while(|block| block.span.start < span.end);
    let mut found = Vec::new();
    for block in blocks {
        let Some(part) = block.span.intersection(span) else { continue };
        if matches!(block.kind, BlockKind::Heading(_) | BlockKind::Metadata) {
            continue;
        }
        let header = (block.kind == BlockKind::Table).then(|| header_row(text, &index, block.span)).flatten();
        let base = index.byte_of(part.start);
        for range in sentences(index.slice(part)) {
            let Some(span) = quotable(text, &index, index.span_of_bytes(base + range.start..base + range.end)) else { continue };
            let plain = text.plain(&index, span).split_whitespace().collect::<Vec<_>>().join(" ");
            let is_header = header.as_ref().is_some_and(|header| *header == plain);
            if !is_header && plain.chars().filter(|c| c.is_alphanumeric()).count() >= 3 && plain.chars().count() <= SENTENCE_CHARS_MAX {
                found.push(Sentence { passage, span, plain, header: header.clone(), document: Arc::clone(document) });
            }
        }
    }
    found
}

fn header_row(text: &StructuredText, index: &CharIndex<'_>, table: CharSpan) -> Option<String> {
    let first = index.slice(table).lines().next()?.chars().count();
    let plain = text.plain(index, CharSpan::new(table.start, table.start + first));
    Some(plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The sentence without the mark that only begins a line (a bullet, a number, a quotation bar), so that a quotation reads well.
fn quotable(text: &StructuredText, index: &CharIndex<'_>, span: CharSpan) -> Option<CharSpan> {
    let source = index.slice(span);
    let mut at = span.start;
    let mut chars = source.chars().peekable();
    while let Some(&c) = chars.peek() {
        let is_markup = text.markup.get(text.markup.partition_point(|markup| markup.end <= at)).is_some_and(|markup| markup.start <= at);
        let opens_line = matches!(c, '#' | '>' | '-' | '+' | '•' | '◦' | '–')
            || c.is_whitespace()
            || (is_markup && (c.is_ascii_digit() || matches!(c, '.' | ')' | '|')));
        let bullet = c == '*' && chars.clone().nth(1).is_some_and(char::is_whitespace);
        if !(opens_line || bullet) {
            break;
        }
        chars.next();
        at += 1;
    }
    let span = CharSpan::new(at, span.end);
    (!span.is_empty()).then_some(span)
}

#[cfg(test)]
mod tests {
    use pinakes_types::{Block, DocumentKind};

    use super::*;

    fn document(text: &str, blocks: &[(BlockKind, usize, usize)], markup: &[(usize, usize)]) -> Arc<Document> {
        let text = StructuredText {
            kind: DocumentKind::Markdown,
            title: "t".into(),
            language: None,
            text: text.into(),
            blocks: blocks.iter().map(|(kind, start, end)| Block { kind: *kind, span: CharSpan::new(*start, *end) }).collect(),
            markup: markup.iter().map(|(start, end)| CharSpan::new(*start, *end)).collect(),
            pages: vec![],
            warnings: vec![],
        };
        Arc::new(Document { version: DocVersion("v".into()), text })
    }

    #[test]
    fn sentences_stand_where_they_say() {
        let source = "# Head\n\n- Ünused days *lapse*. They do.\n- [Ask](x) HR first.";
        let end = source.chars().count();
        let document = document(
            source,
            &[(BlockKind::Heading(1), 0, 6), (BlockKind::ListItem, 8, end)],
            &[(0, 2), (8, 10), (22, 23), (28, 29), (40, 42), (42, 43), (46, 50)],
        );
        let index = CharIndex::new(source);
        let found = sentences_in(0, &document, CharSpan::new(0, end));
        let quotes: Vec<&str> = found.iter().map(|sentence| index.slice(sentence.span)).collect();
        assert_eq!(quotes, ["Ünused days *lapse*.", "They do.", "[Ask](x) HR first."]);
        assert_eq!(found[0].plain, "Ünused days lapse.");
        assert_eq!(found[2].plain, "Ask HR first.");
    }

    #[test]
    fn rows_know_their_header_and_the_header_is_no_answer() {
        let source = "| Grade | Days |\n| Junior | 25 |";
        let document = document(source, &[(BlockKind::Table, 0, 33)], &[]);
        let found = sentences_in(0, &document, CharSpan::new(0, 33));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].header.as_deref(), Some("| Grade | Days |"));
        assert!(found[0].plain.contains("Junior"));
    }
}
