//! An answer as it grows: sentences with the quotations that bear them out, numbered in the order they are shown.

use pinakes_api::{AnswerSentence, Citation, QuoteMatch, Support};
use pinakes_types::{CharIndex, CharSpan};

use crate::sentence::Sentence;
use crate::visible::visible;

/// A sentence that is to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Saying {
    /// Its words, without markers.
    pub(crate) words: String,
    /// What stands between it and the sentence before.
    pub(crate) gap: &'static str,
    /// How far the quotations bear it out.
    pub(crate) support: Support,
    /// The quotations.
    pub(crate) quotes: Vec<Sentence>,
}

/// The answer so far.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The text with its markers.
    pub(crate) text: String,
    /// In the order of their markers.
    pub(crate) citations: Vec<Citation>,
    /// In the order of the text.
    pub(crate) sentences: Vec<AnswerSentence>,
}

impl Answer {
    /// Adds a sentence; gives the new text and the new citations. A quotation cited before keeps its number. A quotation that does not
    /// stand in the stored text is not shown as one.
    pub(crate) fn say(&mut self, saying: &Saying) -> (String, Vec<Citation>) {
        let gap = if self.text.is_empty() { "" } else { saying.gap };
        let start = self.text.chars().count() + gap.len();
        let words = visible(&saying.words);
        let span = CharSpan::new(start, start + words.chars().count());
        let (mut markers, mut fresh) = (Vec::new(), Vec::new());
        for sentence in &saying.quotes {
            let known = self.citations.iter().find(|known| known.doc_id == sentence.document.doc && known.char_span == sentence.span);
            if let Some(known) = known {
                markers.push(known.marker);
            } else if let Some(citation) = quote(sentence, self.citations.len() as u32 + 1, span, saying.support) {
                markers.push(citation.marker);
                fresh.push(citation.clone());
                self.citations.push(citation);
            }
        }
        let support = if markers.is_empty() { Support::None } else { saying.support };
        let shown: String = markers.iter().map(|marker| format!("[{marker}]")).collect();
        let shown = if shown.is_empty() { shown } else { format!(" {shown}") };
        let text = format!("{gap}{words}{shown}");
        self.text.push_str(&text);
        self.sentences.push(AnswerSentence { span, support, markers });
        (text, fresh)
    }

    /// Whether these words were said already.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.text.contains(&visible(words))
    }
}

/// The citation of a sentence. `None` when it does not stand in the stored text: then it is not shown.
fn quote(sentence: &Sentence, marker: u32, answer_span: CharSpan, support: Support) -> Option<Citation> {
    let document = &sentence.document;
    let quote = CharIndex::new(&document.text.text).slice(sentence.span);
    if quote.is_empty() || quote.chars().count() != sentence.span.len() {
        return None;
    }
    Some(Citation {
        marker,
        answer_span,
        doc_id: document.doc.clone(),
        doc_version: document.version.clone(),
        title: document.title.clone(),
        path: document.path.clone(),
        page: document.text.page_at(sentence.span.start),
        char_span: sentence.span,
        quote: quote.to_owned(),
        quote_match: QuoteMatch::Exact,
        support,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pinakes_types::{DocId, DocVersion, DocumentKind, StructuredText};

    use super::*;
    use crate::sentence::Document;

    fn sentence(start: usize, end: usize) -> Sentence {
        let text = StructuredText {
            kind: DocumentKind::Text,
            title: "t".into(),
            language: None,
            text: "Fünf Tage. Dann fragen.".into(),
            blocks: vec![],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        };
        let document = Document { doc: DocId("d".into()), version: DocVersion("v".into()), title: "t".into(), path: "p".into(), text };
        let span = CharSpan::new(start, end);
        Sentence { span, plain: String::new(), heading: "".into(), header: None, document: Arc::new(document) }
    }

    fn saying(words: &str, quotes: Vec<Sentence>) -> Saying {
        Saying { words: words.into(), gap: " ", support: Support::Full, quotes }
    }

    #[test]
    fn quotations_are_numbered_once_and_sentences_know_theirs() {
        let mut answer = Answer::default();
        let (first, fresh) = answer.say(&saying("Fünf.", vec![sentence(0, 10), sentence(11, 23)]));
        assert_eq!((first.as_str(), fresh.len()), ("Fünf. [1][2]", 2));
        let (second, fresh) = answer.say(&saying("Fragen.", vec![sentence(11, 23)]));
        assert_eq!((second.as_str(), fresh.len()), (" Fragen. [2]", 0));
        let (third, _) = answer.say(&Saying { support: Support::None, ..saying("Vielleicht.", vec![]) });
        assert_eq!(third, " Vielleicht.");
        assert_eq!(answer.citations[1].quote, "Dann fragen.");
        let index = CharIndex::new(&answer.text);
        let said: Vec<&str> = answer.sentences.iter().map(|sentence| index.slice(sentence.span)).collect();
        assert_eq!(said, ["Fünf.", "Fragen.", "Vielleicht."]);
        assert_eq!(answer.sentences[2].support, Support::None);
    }

    #[test]
    fn what_does_not_stand_in_the_text_is_no_quotation() {
        let mut answer = Answer::default();
        let (text, fresh) = answer.say(&saying("Fünf.", vec![sentence(20, 40)]));
        assert_eq!((text.as_str(), fresh.len()), ("Fünf.", 0));
        assert_eq!(answer.sentences[0].support, Support::None, "without a quotation nothing bears it out");
    }
}
