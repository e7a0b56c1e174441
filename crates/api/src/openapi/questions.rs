//! Descriptions of the routes that search and answer. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use super::ServerSentEvent;
use crate::{
    AskRequest, AskResponse, CitationCheckRequest, CitationCheckResponse, CollectionList, ExplainRequest, Explained, Problem, SearchQuery,
    SearchRequest, SearchResponse,
};

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

/// Explains a search: what each leg proposed, how that became one list, and why a document is in it or not.
#[utoipa::path(post, path = "/api/v1/search/explain", tag = "questions", request_body = ExplainRequest, responses(
    (status = 200, body = Explained),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such document, or not for the asker"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body or the query is too long"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The query is empty"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn explain() {}

/// Answers a question from the documents, with citations; or refuses, saying what was searched.
///
/// With `Accept: text/event-stream` or `"stream": true` the answer comes as server-sent events named `retrieval`, `delta`, `citation`,
/// `usage`, and last `done` or `error`; the data of each is one `AskEvent`. Comments keep the connection alive. `Content-Location` is the
/// stream's own address: after a lost connection it goes on there.
#[utoipa::path(post, path = "/api/v1/ask", tag = "questions", request_body = AskRequest, responses(
    (status = 200, content((AskResponse = "application/json"), (ServerSentEvent = "text/event-stream"))),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such model, or no such conversation of the asker's"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body or the question is too long"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
    (status = 422, body = Problem, content_type = "application/problem+json", description = "The question is empty"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn ask() {}

/// Takes up again an answer that is made as events: replays what came after the event named, and follows.
///
/// An answer that nobody reads goes on for a few seconds only, and its events are kept for two minutes after its end.
#[utoipa::path(get, path = "/api/v1/ask/{id}", tag = "questions",
    params(
        ("id" = String, Path, description = "The answer, as `Content-Location` and the ids of its events name it"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last event received; from the beginning when absent"),
    ), responses(
    (status = 200, body = ServerSentEvent, content_type = "text/event-stream"),
    (status = 204, description = "That event was the last"),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not an event of this answer"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such answer, or none of the asker's"),
))]
pub(super) fn resume() {}

/// Cancels an answer that is made as events: the work ends at once.
#[utoipa::path(delete, path = "/api/v1/ask/{id}", tag = "questions", params(("id" = String, Path, description = "The answer")), responses(
    (status = 204, description = "Cancelled, and forgotten"),
    (status = 404, body = Problem, content_type = "application/problem+json", description = "No such answer, or none of the asker's"),
))]
pub(super) fn cancel() {}

/// Says of citations given earlier whether their quotes still stand in the documents, where they stood or elsewhere.
///
/// A document that is gone and one that may not be read are both `gone`.
#[utoipa::path(post, path = "/api/v1/citations/check", tag = "questions", request_body = CitationCheckRequest, responses(
    (status = 200, body = CitationCheckResponse),
    (status = 400, body = Problem, content_type = "application/problem+json", description = "Not understood, too many, or too long"),
    (status = 413, body = Problem, content_type = "application/problem+json", description = "The body is too large"),
    (status = 415, body = Problem, content_type = "application/problem+json", description = "Not JSON"),
    (status = 429, body = Problem, content_type = "application/problem+json", description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn check_citations() {}

/// The collections that the asker may use: parts of the documents to name as `collection`.
#[utoipa::path(get, path = "/api/v1/collections", tag = "questions", responses((status = 200, body = CollectionList)))]
pub(super) fn collections() {}
