//! The sentences of a document, each with its exact place in the stored text.

use std::sync::Arc;

use pinakes_types::{BlockKind, CharIndex, CharSpan, DocId, DocVersion, StructuredText, sentences};

use crate::context::headings_above;

/// Characters of one sentence; a longer one is hardly a sentence but a table or a list without stops.
const SENTENCE_CHARS_MAX: usize = 600;

/// A sentence of a document.
#[derive(Debug, Clone)]
pub(crate) struct Sentence {
    /// Its place in the stored text.
    pub(crate) span: CharSpan,
    /// What it says, without markup.
    pub(crate) plain: String,
    /// The heading it stands under; may be empty.
    pub(crate) heading: Arc<str>,
    /// A table's header row, for a row.
    pub(crate) header: Option<String>,
    pub(crate) document: Arc<Document>,
}

impl Sentence {
    /// What it says by itself; a row says it under its header.
    pub(crate) fn by_itself(&self) -> String {
        match &self.header {
            Some(header) => format!("{header} {}", self.plain),
            None => self.plain.clone(),
        }
    }

    /// The sentence with what it stands under: "It is 25 days" means nothing without its heading.
    pub(crate) fn in_place(&self) -> String {
        format!("{} {} {} {}", self.document.title, self.heading, self.header.as_deref().unwrap_or_default(), self.plain)
    }
}

/// A document's stored text, held while an answer is made.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) doc: DocId,
    pub(crate) version: DocVersion,
    pub(crate) title: String,
    pub(crate) path: String,
    pub(crate) text: StructuredText,
}

/// The sentences of a span, in order; headings and what is said about the document are none.
pub(crate) fn sentences_in(document: &Arc<Document>, span: CharSpan) -> Vec<Sentence> {
    let text = &document.text;
    let index = CharIndex::new(&text.text);
    let first = text.blocks.partition_point(|block| block.span.end <= span.start);
    let blocks = text.blocks[first..].iter().take_while(|block| block.span.start < span.end);
    let mut found = Vec::new();
    let mut heading: Arc<str> =
        headings_above(text, span.start).last().map_or("".into(), |block| one_line(text, &index, block.span).into());
    for block in blocks {
        let Some(part) = block.span.intersection(span) else { continue };
        if matches!(block.kind, BlockKind::Heading(_)) {
            heading = one_line(text, &index, block.span).into();
        }
        if matches!(block.kind, BlockKind::Heading(_) | BlockKind::Metadata) {
            continue;
        }
        let header = (block.kind == BlockKind::Table).then(|| header_row(text, &index, block.span)).flatten();
        let base = index.byte_of(part.start);
        for range in sentences(index.slice(part)) {
            let Some(span) = quotable(text, &index, index.span_of_bytes(base + range.start..base + range.end)) else { continue };
            let plain = one_line(text, &index, span);
            let is_header = header.as_ref().is_some_and(|header| *header == plain);
            if !is_header && plain.chars().filter(|c| c.is_alphanumeric()).count() >= 3 && plain.chars().count() <= SENTENCE_CHARS_MAX {
                let (heading, header, document) = (Arc::clone(&heading), header.clone(), Arc::clone(document));
                found.push(Sentence { span, plain, heading, header, document });
            }
        }
    }
    found
}

fn header_row(text: &StructuredText, index: &CharIndex<'_>, table: CharSpan) -> Option<String> {
    let first = index.slice(table).lines().next()?.chars().count();
    Some(one_line(text, index, CharSpan::new(table.start, table.start + first)))
}

fn one_line(text: &StructuredText, index: &CharIndex<'_>, span: CharSpan) -> String {
    text.plain(index, span).split_whitespace().collect::<Vec<_>>().join(" ")
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
        Arc::new(Document { doc: DocId("d".into()), version: DocVersion("v".into()), title: "t".into(), path: "t.md".into(), text })
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
        let found = sentences_in(&document, CharSpan::new(0, end));
        let quotes: Vec<&str> = found.iter().map(|sentence| index.slice(sentence.span)).collect();
        assert_eq!(quotes, ["Ünused days *lapse*.", "They do.", "[Ask](x) HR first."]);
        assert_eq!(found[0].plain, "Ünused days lapse.");
        assert_eq!(found[2].plain, "Ask HR first.");
        assert!(found.iter().all(|sentence| &*sentence.heading == "Head"));
    }

    #[test]
    fn rows_know_their_header_and_the_header_is_no_answer() {
        let source = "| Grade | Days |\n| Junior | 25 |";
        let document = document(source, &[(BlockKind::Table, 0, 33)], &[]);
        let found = sentences_in(&document, CharSpan::new(0, 33));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].header.as_deref(), Some("| Grade | Days |"));
        assert!(found[0].plain.contains("Junior"));
    }
}
