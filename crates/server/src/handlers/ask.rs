//! Questions: answered whole, or as events while the answer is made.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use pinakes_api::{AskRequest, Code};
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::handlers::stream;
use crate::identity::Asker;
use crate::layers::observe::RequestId;
use crate::state::State;
use crate::work::Work;
use crate::{body, check};
use actix_web::HttpMessage;

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

    let place = state.asks.enter().await?;
    let (sender, receiver) = mpsc::channel(state.limits.stream_events_max);
    let limit = state.limits.ask_time_max;
    let answer = state.library().ask(asker.0, wanted, sender);
    let work = Work::spawn(&state.runtime, async move {
        let answered = crate::deadline::within(limit, answer).await;
        drop(place);
        answered
    });
    if as_events {
        let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
        stream::respond(state, work, receiver, id).await
    } else {
        drop(receiver);
        Ok(HttpResponse::Ok().json(work.await?))
    }
}

fn accepts_events(request: &HttpRequest) -> bool {
    body::header_text(request, &header::ACCEPT).is_some_and(|accept| accept.contains("text/event-stream"))
}
