//! Questions: answered whole, or as events while the answer is made, which can be taken up again and cancelled.

use actix_web::http::header::{self, HeaderName};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use pinakes_api::{AskEvent, AskRequest, Code};
use tokio::sync::mpsc;

use crate::answers::Begun;
use crate::failure::Failure;
use crate::handlers::stream;
use crate::identity::Asker;
use crate::layers::observe::RequestId;
use crate::state::State;
use crate::work::Work;
use crate::{body, check};

const WHAT: &str = "answer";
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

pub(crate) async fn ask(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let mut wanted: AskRequest = body::json(&request, payload, &state.limits).await?;
    check::words(&wanted.question, &state.search_limits)?;
    check::filters(&wanted.filters, &state.search_limits)?;
    if state.is_stopping() {
        return Err(Failure::new(Code::ShuttingDown, "The server is about to stop."));
    }
    wanted.question = wanted.question.trim().to_owned();
    wanted.stream |= accepts_events(&request);
    let as_events = wanted.stream;
    let owner = asker.0.subject().to_owned();

    let place = state.asks.enter().await?;
    let (sender, mut receiver) = mpsc::channel(state.limits.stream_events_max);
    let limit = state.limits.ask_time_max;
    let answer = state.library().ask(asker.0, wanted, sender);
    let work = Work::spawn(&state.runtime, async move {
        let answered = crate::deadline::within(limit, answer).await;
        drop(place);
        answered
    });
    if !as_events {
        drop(receiver);
        return Ok(HttpResponse::Ok().json(work.await?));
    }
    // What fails before the first words is an ordinary error, and whoever goes before them ends the work: nobody knows its id yet.
    let (first, work) = match receiver.recv().await {
        Some(event) => (event, Some(work)),
        None => (AskEvent::Done(Box::new(work.await?)), None),
    };
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let answer = state.answers.keep(Begun { id: state.fresh_id(), first, work, events: receiver, owner, request_id });
    let (id, reader) = (answer.id().to_owned(), state.answers.reader(answer, 0));
    Ok(stream::respond(state, reader, &id))
}

/// Takes an answer up again after the event that `Last-Event-ID` names, or from its beginning.
pub(crate) async fn resume(state: Data<State>, asker: Asker, request: HttpRequest, id: Path<String>) -> Result<HttpResponse, Failure> {
    let answer = state.answers.find(&asker.0, &id).ok_or_else(|| Failure::not_found(WHAT))?;
    // What was sent an hour ago may be closed to the asker now.
    for document in answer.documents() {
        if let Err(error) = state.read(state.library().document(asker.0.clone(), document)).await {
            let closed = error.0.code == Code::NotFound;
            return Err(if closed { Failure::not_found(WHAT) } else { error });
        }
    }
    let after = match body::header_text(&request, &LAST_EVENT_ID) {
        None => 0,
        Some(last) => {
            number_of(last, answer.id()).ok_or_else(|| Failure::new(Code::BadRequest, "`Last-Event-ID` is none of this answer's."))?
        }
    };
    if after > 0 && answer.ends_at(after) {
        // The one status that tells a browser's `EventSource` not to come again.
        return Ok(HttpResponse::NoContent().finish());
    }
    let id = answer.id().to_owned();
    let reader = state.answers.reader(answer, after);
    Ok(stream::respond(state, reader, &id))
}

/// Ends an answer at once.
pub(crate) async fn cancel(state: Data<State>, asker: Asker, id: Path<String>) -> Result<HttpResponse, Failure> {
    let answer = state.answers.find(&asker.0, &id).ok_or_else(|| Failure::not_found(WHAT))?;
    state.answers.cancel(&answer);
    Ok(HttpResponse::NoContent().finish())
}

/// The number in an event's id, `ANSWER-NUMBER`, or the number alone.
fn number_of(event: &str, answer: &str) -> Option<u64> {
    event.strip_prefix(answer).map_or(Some(event), |rest| rest.strip_prefix('-'))?.parse().ok()
}

fn accepts_events(request: &HttpRequest) -> bool {
    body::header_text(request, &header::ACCEPT).is_some_and(|accept| accept.contains("text/event-stream"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_named_with_their_answer_or_without() {
        for (event, number) in
            [("abc-12", Some(12)), ("12", Some(12)), ("abd-12", None), ("abc12", None), ("abc-", None), ("", None), ("-1", None)]
        {
            assert_eq!(number_of(event, "abc"), number, "{event}");
        }
    }
}
