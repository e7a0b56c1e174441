//! Descriptions of the routes about documents and jobs. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{
    ContentQuery, Deleted, DocumentContent, DocumentList, DocumentListQuery, DocumentSummary, Job, JobList, PageQuery, PageView, Problem,
    Uploaded,
};

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

/// A page of a PDF as people see it: its size, where its picture is, and where on it a part of the document stands.
#[utoipa::path(get, path = "/api/v1/documents/{id}/pages/{page}", tag = "documents",
    params(("id" = String, Path, description = "The document"), ("page" = u32, Path, description = "The page, from 1"), PageQuery), responses(
    (status = 200, body = PageView),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document or page, not for the asker, or its file has changed since it was read"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The page cannot be drawn"),
))]
pub(super) fn page() {}

/// The picture of a page.
#[utoipa::path(get, path = "/api/v1/documents/{id}/pages/{page}.png", tag = "documents",
    params(("id" = String, Path, description = "The document"), ("page" = u32, Path, description = "The page, from 1")), responses(
    (status = 200, body = Vec<u8>, content_type = "image/png"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document or page, not for the asker, or its file has changed since it was read"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The page cannot be drawn"),
))]
pub(super) fn page_image() {}

/// The file that a document was read from, as it is; never shown, always saved.
#[utoipa::path(get, path = "/api/v1/documents/{id}/original", tag = "documents", params(("id" = String, Path, description = "The document")),
    responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document, not for the asker, or its file is gone or has changed since it was read"),
))]
pub(super) fn original() {}

/// The latest jobs, newest first.
#[utoipa::path(get, path = "/api/v1/jobs", tag = "documents", responses((status = 200, body = JobList)))]
pub(super) fn jobs() {}

/// One job and how far it is.
#[utoipa::path(get, path = "/api/v1/jobs/{id}", tag = "documents", params(("id" = String, Path, description = "The job")), responses(
    (status = 200, body = Job),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such job"),
))]
pub(super) fn job() {}
