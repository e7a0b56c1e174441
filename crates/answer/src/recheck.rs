//! Citations given earlier, held against the documents as they are now.

use pinakes_api::{ApiError, CitationCheck, CitationCheckRequest, CitationCheckResponse, CitationState, CitedQuote, Code};
use pinakes_config::limits::citations::{CHECKED_MAX, QUOTE_CHARS_MAX};
use pinakes_types::{CharIndex, CharSpan, Scope};

use crate::Searcher;
use crate::searcher::catalog_error;

impl Searcher {
    /// Says of each citation whether it still holds. A document that is gone and one that the scope does not allow are the same.
    ///
    /// # Errors
    /// Too many, or too long.
    pub async fn check_citations(&self, scope: &Scope, request: &CitationCheckRequest) -> Result<CitationCheckResponse, ApiError> {
        if request.citations.len() > CHECKED_MAX {
            return Err(ApiError::new(Code::BadRequest, format!("At most {CHECKED_MAX} citations are checked at once.")));
        }
        if request.citations.iter().any(|cited| cited.quote.chars().count() > QUOTE_CHARS_MAX) {
            return Err(ApiError::new(Code::BadRequest, format!("A quote has at most {QUOTE_CHARS_MAX} characters.")));
        }
        let mut citations = Vec::with_capacity(request.citations.len());
        for cited in &request.citations {
            citations.push(self.check_citation(scope, cited).await?);
        }
        Ok(CitationCheckResponse { citations })
    }

    async fn check_citation(&self, scope: &Scope, cited: &CitedQuote) -> Result<CitationCheck, ApiError> {
        let gone =
            CitationCheck { doc_id: cited.doc_id.clone(), state: CitationState::Gone, doc_version: None, char_span: None, page: None };
        let Some((version, text)) = self.store.catalog.text(scope, &cited.doc_id).await.map_err(catalog_error)? else { return Ok(gone) };
        let (state, span) = look_up(&text.text, cited.char_span, &cited.quote);
        let page = span.and_then(|span| text.page_at(span.start));
        Ok(CitationCheck { state, doc_version: Some(version), char_span: span, page, ..gone })
    }
}

/// Where a quote stands in a text: where it stood, else at the nearest place that says it word by word.
fn look_up(text: &str, stood: CharSpan, quote: &str) -> (CitationState, Option<CharSpan>) {
    let index = CharIndex::new(text);
    if quote.is_empty() {
        return (CitationState::Changed, None);
    }
    if stood.start <= stood.end && index.slice(stood) == quote {
        return (CitationState::Current, Some(stood));
    }
    let places = text.match_indices(quote).map(|(at, _)| index.span_of_bytes(at..at + quote.len()));
    match places.min_by_key(|span| span.start.abs_diff(stood.start)) {
        Some(span) => (CitationState::Moved, Some(span)),
        None => (CitationState::Changed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_stands_where_it_stood_or_elsewhere_or_nowhere() {
        let text = "Über Tage. Fünf Tage. Mehr. Fünf Tage.";
        let at = |start| CharSpan::new(start, start + 10);
        assert_eq!(look_up(text, at(11), "Fünf Tage."), (CitationState::Current, Some(at(11))));
        assert_eq!(look_up(text, at(0), "Fünf Tage."), (CitationState::Moved, Some(at(11))));
        assert_eq!(look_up(text, at(30), "Fünf Tage."), (CitationState::Moved, Some(at(28))), "the nearest");
        assert_eq!(look_up(text, at(11), "Sechs Tage."), (CitationState::Changed, None));
        assert_eq!(look_up("", at(900), "Fünf Tage."), (CitationState::Changed, None));
        assert_eq!(look_up(text, CharSpan { start: 9, end: 2 }, ""), (CitationState::Changed, None));
    }
}
