//! Work on documents over HTTP: at once or as a job, cancelled, its results a line each, everything else refused with a code.

use std::sync::Arc;

use pinakes_api::{ApiError, Code, JobState, Task, TaskAnswer, TaskJob, TaskRequest, TaskResult};
use pinakes_server::{Promise, Tasks};
use pinakes_types::{DocId, Scope, Timestamp};

use crate::support::{DOC, Request, TestServer};

/// A queue with one job of three documents.
pub(crate) struct OneTask;

fn promise<T: Send + 'static>(value: Result<T, ApiError>) -> Promise<T> {
    Box::pin(std::future::ready(value))
}

fn job(id: &str, state: JobState) -> Result<TaskJob, ApiError> {
    if id != DOC {
        return Err(ApiError::new(Code::NotFound, "There is no such task."));
    }
    let (queued_at, updated_at) = (Timestamp(1), Timestamp(2));
    let kind = "summarise".to_owned();
    Ok(TaskJob { id: id.to_owned(), kind, state, documents_total: 3, documents_done: 1, documents_failed: 0, queued_at, updated_at })
}

fn result(doc: &str) -> TaskResult {
    TaskResult { kind: "summarise".into(), doc_id: DocId(doc.to_owned()), text: Some("Short.\n".into()), ..TaskResult::default() }
}

impl Tasks for OneTask {
    fn ask(self: Arc<Self>, _: Scope, request: TaskRequest) -> Promise<TaskAnswer> {
        promise(match (&request.task, request.documents.as_slice()) {
            (Task::Extract { .. }, _) => Err(ApiError::new(Code::ModelMissing, "There is no model.")),
            (_, [one]) => Ok(TaskAnswer::Result(Box::new(result(&one.0)))),
            _ => job(DOC, JobState::Queued).map(TaskAnswer::Job),
        })
    }

    fn job(self: Arc<Self>, _: Scope, id: String) -> Promise<TaskJob> {
        promise(job(&id, JobState::Running))
    }

    fn cancel(self: Arc<Self>, _: Scope, id: String) -> Promise<TaskJob> {
        promise(job(&id, JobState::Cancelled))
    }

    fn results(self: Arc<Self>, _: Scope, id: String, from: u64) -> Promise<(Vec<TaskResult>, u64)> {
        promise(
            job(&id, JobState::Running).map(|_| ((from..3).take(2).map(|place| result(&place.to_string())).collect(), (from + 2).min(3))),
        )
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_is_answered_and_many_are_a_job() {
    let server = TestServer::start().await;
    let post = |body: &str| server.send(Request::new("POST", "/api/v1/tasks").json(body));
    let one = post(r#"{"task":{"kind":"summarise"},"documents":["d"]}"#).await;
    assert_eq!((one.status, one.json()["text"].as_str()), (200, Some("Short.\n")));
    let many = post(r#"{"task":{"kind":"summarise"},"documents":["d","e"]}"#).await;
    assert_eq!((many.status, many.json()["documents_total"].as_u64()), (202, Some(3)));
    let place = many.header("location").unwrap().to_owned();
    let lines = server.send(Request::new("GET", &format!("{place}/results"))).await;
    assert_eq!((lines.status, lines.header("content-type")), (200, Some("application/x-ndjson")));
    let docs: Vec<String> = lines.text().lines().map(|line| serde_json::from_str::<TaskResult>(line).unwrap().doc_id.0).collect();
    assert_eq!(docs, ["0", "1", "2"]);
    let cancelled = server.send(Request::new("DELETE", &place)).await;
    assert_eq!((cancelled.status, cancelled.json()["state"].as_str()), (200, Some("cancelled")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_says_why() {
    let server = TestServer::start().await;
    for (body, status, code) in [
        (r#"{"task":{"kind":"extract","schema":{}},"documents":["d"]}"#, 503, "model_missing"),
        (r#"{"task":{"kind":"translate"},"documents":["d"]}"#, 400, "bad_request"),
        (r#"{"documents":["d"]}"#, 400, "bad_request"),
        (r#"{"task":{"kind":"summarise"},"filters":{"nonsense":1}}"#, 400, "bad_request"),
    ] {
        let reply = server.send(Request::new("POST", "/api/v1/tasks").json(body)).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
    }
    for (method, path) in [("GET", "/api/v1/tasks/none"), ("DELETE", "/api/v1/tasks/none"), ("GET", "/api/v1/tasks/none/results")] {
        let reply = server.send(Request::new(method, path)).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"), "{method} {path}");
    }
}
