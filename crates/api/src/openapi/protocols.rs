//! Descriptions of the routes of other protocols: OpenAI's and the Model Context Protocol. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use super::ServerSentEvent;
use crate::openai::{
    ChatCompletion, ChatRequest, EmbeddingList, EmbeddingsRequest, ModelCard, ModelCardList, OpenAiError, ResponsesRequest,
};

/// The models that can be named: the documents, parts of them, and each language model by itself.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = ModelCardList)))]
pub(super) fn models() {}

/// One model.
#[utoipa::path(get, path = "/v1/models/{id}", tag = "openai", params(("id" = String, Path, description = "Its name; slashes may stand in it")),
    responses(
    (status = 200, body = ModelCard),
    (status = 404, body = OpenAiError, description = "No such model"),
))]
pub(super) fn model() {}

/// Continues a conversation, as OpenAI's interface does: from the documents, with citations as annotations, when the model is one of
/// `pinakes…`; else in the language model's own words.
///
/// As events with `"stream": true`: the data of each is one `ChatChunk`, of the last `[DONE]`.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = ChatRequest, responses(
    (status = 200, content((ChatCompletion = "application/json"), (ServerSentEvent = "text/event-stream"))),
    (status = 400, body = OpenAiError, description = "Not understood, or not offered"),
    (status = 404, body = OpenAiError, description = "No such model"),
    (status = 413, body = OpenAiError, description = "The body or the question is too long"),
    (status = 415, body = OpenAiError, description = "Not JSON"),
    (status = 422, body = OpenAiError, description = "The question is empty"),
    (status = 429, body = OpenAiError, description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn chat() {}

/// The same in OpenAI's younger shape. Nothing is kept: no response continues another.
#[utoipa::path(post, path = "/v1/responses", tag = "openai", request_body = ResponsesRequest, responses(
    (status = 200, content((Object = "application/json"), (ServerSentEvent = "text/event-stream"))),
    (status = 400, body = OpenAiError, description = "Not understood, or not offered"),
    (status = 404, body = OpenAiError, description = "No such model"),
    (status = 413, body = OpenAiError, description = "The body or the question is too long"),
    (status = 415, body = OpenAiError, description = "Not JSON"),
    (status = 422, body = OpenAiError, description = "The question is empty"),
    (status = 429, body = OpenAiError, description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn responses() {}

/// Vectors of texts, by the model that embeds the documents.
#[utoipa::path(post, path = "/v1/embeddings", tag = "openai", request_body = EmbeddingsRequest, responses(
    (status = 200, body = EmbeddingList),
    (status = 400, body = OpenAiError, description = "Not understood, or not offered"),
    (status = 404, body = OpenAiError, description = "No such model"),
    (status = 413, body = OpenAiError, description = "The body is too long"),
    (status = 415, body = OpenAiError, description = "Not JSON"),
    (status = 429, body = OpenAiError, description = "Busy; `Retry-After` says when to try again"),
))]
pub(super) fn embeddings() {}

/// The Model Context Protocol over streamable HTTP, without sessions: one JSON-RPC message in, one out. Tools: `search`, `ask`,
/// `read_document`.
#[utoipa::path(post, path = "/mcp", tag = "mcp", request_body(content = Object, content_type = "application/json"), responses(
    (status = 200, content((Object = "application/json"), (ServerSentEvent = "text/event-stream"))),
    (status = 202, description = "A notification, taken"),
    (status = 400, description = "Not the protocol"),
    (status = 406, body = String, content_type = "text/plain", description = "`Accept` must name application/json and text/event-stream"),
    (status = 413, description = "The body is too large"),
    (status = 415, description = "Not JSON"),
))]
pub(super) fn mcp() {}
