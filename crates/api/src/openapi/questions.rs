//! Descriptions of the routes that search and answer. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{AskRequest, AskResponse, Problem, SearchQuery, SearchRequest, SearchResponse};

/// Searches by words and meaning.
#[utoipa::path(get, path = "/api/v1/search", tag = "questions", params(SearchQuery), responses(
    (status = 200, body = SearchResponse),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The query is too long"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The query is empty"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn search_by_query() {}

/// Searches by words and meaning.
#[utoipa::path(post, path = "/api/v1/search", tag = "questions", request_body = SearchRequest, responses(
    (status = 200, body = SearchResponse),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body or the query is too long"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The query is empty"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn search() {}

/// Answers a question from the documents, with citations; or refuses, saying what was searched.
///
/// With `Accept: text/event-stream` or `"stream": true` the answer comes as server-sent events named `retrieval`, `delta`, `citation`,
/// `usage`, and last `done` or `error`; the data of each is one `AskEvent`. Comments keep the connection alive.
#[utoipa::path(post, path = "/api/v1/ask", tag = "questions", request_body = AskRequest, responses(
    (status = 200, content((AskResponse = "application/json"), (String = "text/event-stream"))),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body or the question is too long"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The question is empty"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn ask() {}
