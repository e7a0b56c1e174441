//! The answer nobody should be proud of: the best passage, copied, cited by itself.

use pinakes_answer::Searcher;
use pinakes_api::{AnswerSentence, ApiError, AskResponse, Citation, QuoteMatch, SearchRequest, Support, Timings};
use pinakes_types::{CharSpan, Scope};

/// Copies the best passage out; refuses only when nothing at all was found.
pub(super) async fn copy(searcher: &Searcher, scope: &Scope, question: &str) -> Result<AskResponse, ApiError> {
    let found = searcher.search(scope, &SearchRequest { limit: 1, ..SearchRequest::new(question) }).await?;
    let timings =
        Timings { retrieval_ms: found.took_ms, total_ms: found.took_ms, first_words_ms: found.took_ms, answer_ms: 0, ..Timings::default() };
    let refused = AskResponse { refused: true, timings, ..AskResponse::default() };
    let Some(hit) = found.hits.into_iter().next() else { return Ok(refused) };
    let document = searcher.document(scope, &hit.doc_id).await?;
    let stored = searcher.quote_at(scope, &hit.doc_id, hit.span).await?;
    let (Some(quote), Some(doc_version)) = (stored, document.doc_version) else { return Ok(refused) };
    let whole = CharSpan::new(0, quote.chars().count());
    let citation = Citation {
        marker: 1,
        answer_span: whole,
        doc_id: hit.doc_id,
        doc_version,
        title: hit.title,
        path: hit.path,
        page: hit.page,
        char_span: hit.span,
        quote: quote.clone(),
        quote_match: QuoteMatch::Exact,
        support: Support::Full,
    };
    let sentence = AnswerSentence { span: whole, support: Support::Full, markers: vec![1] };
    Ok(AskResponse { answer: quote, citations: vec![citation], sentences: vec![sentence], ..AskResponse { refused: false, ..refused } })
}
