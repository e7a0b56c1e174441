//! Answers from the documents: the last turn is the question, those before say what it means, citations become annotations.

use pinakes_api::openai::{Annotation, UrlCitation};
use pinakes_api::{AskEvent, AskRequest, AskResponse, Citation, Code, Filters, Speaker, Turn};
use pinakes_types::Scope;
use tokio::sync::mpsc;

use super::telling::{End, Piece, Telling};
use crate::check;
use crate::failure::Failure;
use crate::state::State;
use crate::work::Work;

/// Begins an answer. `page` is this server's own address, which citations link to.
pub(super) async fn begin(
    state: &State,
    scope: Scope,
    turns: &[Turn],
    (extractive, filters): (bool, Filters),
    thinking: Option<bool>,
    page: String,
) -> Result<Telling<AskEvent, AskResponse>, Failure> {
    let request = request(turns, extractive, filters, thinking)?;
    check::words(&request.question, &state.search_limits)?;
    let place = state.asks.enter().await?;
    let (sender, events) = mpsc::channel(state.limits.stream_events_max);
    let said = turns[..turns.len() - 1].to_vec();
    let (limit, answer) = (state.limits.ask_time_max, state.library().ask_in_dialogue(scope, request, said, sender));
    let work = Work::spawn(&state.runtime, async move {
        let answered = crate::deadline::within(limit, answer).await;
        drop(place);
        answered
    });
    Ok(Telling::new(work, events, move |event| pieces(event, &page), |response| End { usage: response.usage, cut: false }))
}

fn request(turns: &[Turn], extractive: bool, filters: Filters, thinking: Option<bool>) -> Result<AskRequest, Failure> {
    let last = turns.last().filter(|turn| turn.speaker == Speaker::User);
    let question = last.ok_or_else(|| Failure::new(Code::BadRequest, "The last message is the question: its role must be `user`."))?;
    Ok(AskRequest {
        filters,
        model: extractive.then(|| AskResponse::EXTRACTIVE.to_owned()),
        thinking,
        ..AskRequest::new(question.text.trim())
    })
}

fn pieces(event: AskEvent, page: &str) -> Vec<Piece> {
    match event {
        AskEvent::Delta { text } => vec![Piece::Text(text)],
        AskEvent::Reasoning { text } => vec![Piece::Reasoning(text)],
        AskEvent::Citation(citation) => vec![Piece::Rests(annotation(&citation, page))],
        _ => vec![Piece::Nothing],
    }
}

fn annotation(citation: &Citation, page: &str) -> Annotation {
    let (doc, span) = (&citation.doc_id.0, citation.char_span);
    Annotation {
        kind: "url_citation".into(),
        url_citation: UrlCitation {
            start_index: citation.answer_span.start,
            end_index: citation.answer_span.end,
            url: format!("{page}/documents/{doc}?span={}-{}", span.start, span.end),
            title: citation.title.clone(),
            quote: citation.quote.clone(),
        },
    }
}
