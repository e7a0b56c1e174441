//! Descriptions of the routes about documents and jobs. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{ContentQuery, Deleted, DocumentContent, DocumentList, DocumentListQuery, DocumentSummary, Job, JobList, Problem, Uploaded};

/// A file handed in.
#[derive(utoipa::ToSchema)]
pub(super) struct UploadForm {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    file: String,
}

/// Lists documents, also those that could not be read, and why.
#[utoipa::path(get, path = "/api/v1/documents", tag = "documents", params(DocumentListQuery), responses(
    (status = 200, body = DocumentList),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
))]
pub(super) fn list() {}

/// Takes a file in the multipart field `file` and reads it in the background.
#[utoipa::path(post, path = "/api/v1/documents", tag = "documents",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
    (status = 202, body = Uploaded, description = "Stored durably; `Location` is the job that reads it"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The file is too large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not multipart/form-data"),
    (status = 507, body = Problem, content_type = "application/problem+json", description = "No room is left"),
))]
pub(super) fn upload() {}

/// One document.
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = String, Path, description = "The document")), responses(
    (status = 200, body = DocumentSummary),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document, or not for the asker"),
))]
pub(super) fn read() {}

/// Deletes a document. It is invisible to every later request at once; its traces in the indexes are dropped in the background.
#[utoipa::path(delete, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = String, Path, description = "The document")), responses(
    (status = 200, body = Deleted),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document, or not for the asker"),
))]
pub(super) fn remove() {}

/// A document's text, part by part.
#[utoipa::path(get, path = "/api/v1/documents/{id}/content", tag = "documents",
    params(("id" = String, Path, description = "The document"), ContentQuery), responses(
    (status = 200, body = DocumentContent),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document or part, or not for the asker"),
))]
pub(super) fn content() {}

/// The latest jobs, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "documents", responses((status = 200, body = JobList)))]
pub(super) fn jobs() {}

/// One job and how far it is.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "documents", params(("id" = String, Path, description = "The job")), responses(
    (status = 200, body = Job),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such job"),
))]
pub(super) fn job() {}
