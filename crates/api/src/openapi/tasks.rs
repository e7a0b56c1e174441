//! Descriptions of the routes that work on documents. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{Problem, TaskJob, TaskRequest, TaskResult};

/// Summarises, classifies, fills in a form from a document, or drafts a new one from several.
///
/// One document is answered at once; several, or `"background": true`, become a job. Every citation and every value with a place stands
/// word by word in the document; a form is always valid under its schema.
#[utoipa::path(post, path = "/api/v1/tasks", tag = "tasks", request_body = TaskRequest, responses(
    (status = 200, body = TaskResult, description = "Done"),
    (status = 202, body = TaskJob, description = "Queued"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood, or a JSON Schema that cannot be followed"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "A document that is not there"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body is too large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
    (status = 503, body = Problem, content_type = "application/problem+json", description = "There is no language model that can do this"),
))]
pub(super) fn start() {}

/// How far a task on many documents is. Whoever asked for it sees it, nobody else.
#[utoipa::path(get, path = "/api/v1/tasks/{id}", tag = "tasks", params(("id" = String, Path, description = "The job")), responses(
    (status = 200, body = TaskJob),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such job"),
))]
pub(super) fn read() {}

/// Ends a task on many documents; results so far stay.
#[utoipa::path(delete, path = "/api/v1/tasks/{id}", tag = "tasks", params(("id" = String, Path, description = "The job")), responses(
    (status = 200, body = TaskJob),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such job"),
))]
pub(super) fn cancel() {}

/// The results so far, one `TaskResult` a line. A document that may not be read any more is only named as gone.
#[utoipa::path(get, path = "/api/v1/tasks/{id}/results", tag = "tasks", params(("id" = String, Path, description = "The job")), responses(
    (status = 200, content((String = "application/x-ndjson"))),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such job"),
))]
pub(super) fn results() {}
