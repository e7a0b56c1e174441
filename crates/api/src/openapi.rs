//! The HTTP API as OpenAPI 3.1, made from the shapes alone: it needs no server to exist, and the server is tested against it.

use utoipa::OpenApi;

mod bot;
mod conversations;
mod documents;
mod people;
mod protocols;
mod questions;
mod service;
mod tasks;

/// An HTTP method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

/// One route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Route {
    /// Its method.
    pub method: Method,
    /// Its path, parameters in braces.
    pub path: &'static str,
}

const fn get(path: &'static str) -> Route {
    Route { method: Method::Get, path }
}

const fn post(path: &'static str) -> Route {
    Route { method: Method::Post, path }
}

const fn patch(path: &'static str) -> Route {
    Route { method: Method::Patch, path }
}

const fn delete(path: &'static str) -> Route {
    Route { method: Method::Delete, path }
}

/// Every route of the API. The page and its assets are not part of it.
pub const ROUTES: &[Route] = &[
    get("/api/v1/search"),
    post("/api/v1/search"),
    post("/api/v1/search/explain"),
    post("/api/v1/ask"),
    get("/api/v1/ask/{id}"),
    delete("/api/v1/ask/{id}"),
    post("/api/v1/citations/check"),
    get("/api/v1/collections"),
    get("/api/v1/conversations"),
    post("/api/v1/conversations"),
    get("/api/v1/conversations/{id}"),
    patch("/api/v1/conversations/{id}"),
    delete("/api/v1/conversations/{id}"),
    get("/api/v1/conversations/{id}/export"),
    get("/api/v1/feedback"),
    post("/api/v1/feedback"),
    get("/api/v1/documents"),
    post("/api/v1/documents"),
    get("/api/v1/documents/{id}"),
    delete("/api/v1/documents/{id}"),
    get("/api/v1/documents/{id}/content"),
    get("/api/v1/documents/{id}/pages/{page}"),
    get("/api/v1/documents/{id}/pages/{page}.png"),
    get("/api/v1/documents/{id}/original"),
    get("/api/v1/documents/{id}/access"),
    post("/api/v1/documents/{id}/access"),
    delete("/api/v1/documents/{id}/access"),
    get("/api/v1/documents/{id}/access/{name}"),
    get("/api/v1/jobs"),
    get("/api/v1/jobs/{id}"),
    post("/api/v1/tasks"),
    get("/api/v1/tasks/{id}"),
    delete("/api/v1/tasks/{id}"),
    get("/api/v1/tasks/{id}/results"),
    get("/api/v1/status"),
    get("/api/v1/audit"),
    get("/v1/models"),
    get("/v1/models/{id}"),
    post("/v1/chat/completions"),
    post("/v1/responses"),
    post("/v1/embeddings"),
    post("/mcp"),
    get("/api/v1/session"),
    post("/api/v1/session"),
    delete("/api/v1/session"),
    post("/api/v1/session/link"),
    get("/api/v1/keys"),
    post("/api/v1/keys"),
    delete("/api/v1/keys/{id}"),
    get("/api/v1/people"),
    post("/api/v1/people"),
    get("/api/v1/people/{name}"),
    post("/api/v1/people/{name}"),
    post("/api/v1/people/{name}/link"),
    get("/api/v1/people/{name}/keys"),
    delete("/api/v1/people/{name}/keys/{id}"),
    get("/api/v1/bot/channels"),
    patch("/api/v1/bot/channels/{id}"),
    get("/health/live"),
    get("/health/ready"),
    get("/metrics"),
    get("/openapi.json"),
];

/// One event of a stream: OpenAPI has no word of its own for them.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "read by the macro, never made")]
struct ServerSentEvent {
    /// Its name, where it has one.
    event: Option<String>,
    /// Its id, where it has one.
    id: Option<String>,
    /// Its data: mostly a JSON object.
    data: String,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Pinakes", description = "Search one's own documents and ask them questions; every answer is cited word by word."),
    paths(
        questions::search_by_query,
        questions::search,
        questions::explain,
        questions::ask,
        questions::resume,
        questions::cancel,
        questions::check_citations,
        questions::collections,
        conversations::list,
        conversations::begin,
        conversations::read,
        conversations::rename,
        conversations::remove,
        conversations::export,
        conversations::feedback,
        conversations::judge,
        documents::list,
        documents::upload,
        documents::read,
        documents::remove,
        documents::content,
        documents::page,
        documents::page_image,
        documents::original,
        documents::jobs,
        documents::job,
        protocols::models,
        protocols::model,
        protocols::chat,
        protocols::responses,
        protocols::embeddings,
        protocols::mcp,
        people::document_access,
        people::set_access,
        people::unset_access,
        people::explain_access,
        people::session,
        people::sign_in,
        people::sign_out,
        people::use_link,
        people::keys,
        people::new_key,
        people::revoke_key,
        people::people,
        people::add_person,
        people::person,
        people::change_person,
        people::password_link,
        people::their_keys,
        people::revoke_their_key,
        bot::channels,
        bot::change_channel,
        tasks::start,
        tasks::read,
        tasks::cancel,
        tasks::results,
        service::status,
        service::audit,
        service::live,
        service::ready,
        service::metrics,
        service::openapi,
    ),
    components(schemas(crate::AskEvent, crate::ConversationDetail, crate::ExportFormat, crate::Problem, crate::openai::ChatChunk)),
    tags(
        (name = "questions", description = "Search and answers"),
        (name = "conversations", description = "Questions and answers kept for the one who asked, and what they thought of them"),
        (name = "documents", description = "What is searched, and the work of reading it"),
        (name = "openai", description = "The same for clients of OpenAI's interface"),
        (name = "mcp", description = "The same for assistants that speak the Model Context Protocol"),
        (name = "people", description = "Signing in, people, keys, and who may read what"),
        (name = "tasks", description = "Work on documents: summaries, labels, forms, drafts"),
        (name = "service", description = "Running it"),
    )
)]
struct Document;

/// The OpenAPI 3.1 document of the API.
#[must_use]
pub fn document() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_and_the_table_name_the_same_routes() {
        let json = serde_json::to_value(document()).unwrap();
        assert!(json["openapi"].as_str().unwrap().starts_with("3.1"));
        let described: BTreeSet<String> = json["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| item.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
            .collect();
        let listed: BTreeSet<String> =
            ROUTES.iter().map(|route| format!("{} {}", format!("{:?}", route.method).to_lowercase(), route.path)).collect();
        assert_eq!(described, listed);
    }

    #[test]
    fn every_reference_resolves() {
        let json = serde_json::to_value(document()).unwrap();
        let text = json.to_string();
        let schemas = json["components"]["schemas"].as_object().unwrap();
        for part in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
        assert!(schemas.contains_key("AskEvent") && schemas.contains_key("Citation"));
    }
}
