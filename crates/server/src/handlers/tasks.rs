//! Work on documents: one at once, many as a job whose results come one a line.

use std::pin::Pin;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures::Stream;
use pinakes_api::{ApiError, Code, TaskAnswer, TaskJob, TaskRequest, TaskResult};

use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;
use crate::tasks::Tasks;
use crate::work::Work;
use crate::{body, check};

/// The media type of one JSON object a line.
const LINES: &str = "application/x-ndjson";

pub(crate) async fn start(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let wanted: TaskRequest = body::json(&request, payload, &state.limits).await?;
    if let Some(filters) = &wanted.filters {
        check::filters(filters, &state.search_limits)?;
    }
    if state.is_stopping() {
        return Err(Failure::new(Code::ShuttingDown, "The server is about to stop."));
    }
    let place = state.asks.enter().await?;
    let limit = state.limits.ask_time_max;
    let doing = tasks(&state)?.ask(asker.0, wanted);
    let work = Work::spawn(&state.runtime, async move {
        let done = crate::deadline::within(limit, doing).await;
        drop(place);
        done
    });
    Ok(match work.await? {
        TaskAnswer::Result(result) => HttpResponse::Ok().json(result),
        TaskAnswer::Job(job) => HttpResponse::Accepted().insert_header((header::LOCATION, format!("/api/v1/tasks/{}", job.id))).json(job),
    })
}

pub(crate) async fn one(state: Data<State>, asker: Asker, id: Path<String>) -> Result<Json<TaskJob>, Failure> {
    Ok(Json(state.read(tasks(&state)?.job(asker.0, id.into_inner())).await?))
}

pub(crate) async fn cancel(state: Data<State>, asker: Asker, id: Path<String>) -> Result<Json<TaskJob>, Failure> {
    Ok(Json(state.read(tasks(&state)?.cancel(asker.0, id.into_inner())).await?))
}

pub(crate) async fn results(state: Data<State>, asker: Asker, id: Path<String>) -> Result<HttpResponse, Failure> {
    let (tasks, id) = (tasks(&state)?, id.into_inner());
    let (first, mut next) = state.read(Arc::clone(&tasks).results(asker.0.clone(), id.clone(), 0)).await?;
    let mut page = first;
    let lines = async_stream::try_stream! {
        while !page.is_empty() {
            yield encode(&page);
            let more = state.read(Arc::clone(&tasks).results(asker.0.clone(), id.clone(), next)).await;
            (page, next) = more.map_err(|failure| failure.0)?;
        }
    };
    let lines: Pin<Box<dyn Stream<Item = Result<Bytes, ApiError>>>> = Box::pin(lines);
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, LINES)).streaming(lines))
}

fn tasks(state: &State) -> Result<Arc<dyn Tasks>, Failure> {
    state.library().tasks().ok_or_else(|| Failure::new(Code::NotReady, "This server does no work on documents."))
}

fn encode(page: &[TaskResult]) -> Bytes {
    let lines = page.iter().map(|result| serde_json::to_string(result).expect("a result is plain data") + "\n");
    Bytes::from(lines.collect::<String>())
}
