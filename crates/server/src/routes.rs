//! Every route, in one place. The API's are those of `pinakes_api::ROUTES`; a test holds the two together.

use actix_web::guard::{self, Guard};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Route};

use crate::failure::Failure;
use crate::handlers::{
    ask, audit, bot, bot_channels, citations, collections, conversations, documents, feedback, jobs, keys, page, pages, people, rights,
    search, service, session, sign_in, tasks, upload,
};
use crate::{mcp, openai};

/// Adds them.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/api/v1/search").route(get().to(search::by_query)).route(web::post().to(search::by_body)))
        .service(web::resource("/api/v1/search/explain").route(web::post().to(search::explain)))
        .service(web::resource("/api/v1/citations/check").route(web::post().to(citations::check)))
        .service(web::resource("/api/v1/collections").route(get().to(collections::list)))
        .service(web::resource("/api/v1/ask").route(web::post().to(ask::ask)))
        .service(web::resource("/api/v1/ask/{id}").route(get().to(ask::resume)).route(web::delete().to(ask::cancel)))
        .service(web::resource("/api/v1/conversations").route(get().to(conversations::list)).route(web::post().to(conversations::begin)))
        .service(
            web::resource("/api/v1/conversations/{id}")
                .route(get().to(conversations::one))
                .route(web::patch().to(conversations::rename))
                .route(web::delete().to(conversations::delete)),
        )
        .service(web::resource("/api/v1/conversations/{id}/export").route(get().to(conversations::export)))
        .service(web::resource("/api/v1/feedback").route(get().to(feedback::list)).route(web::post().to(feedback::give)))
        .service(web::resource("/api/v1/documents").route(get().to(documents::list)).route(web::post().to(upload::upload)))
        .service(web::resource("/api/v1/documents/{id}").route(get().to(documents::one)).route(web::delete().to(documents::delete)))
        .service(web::resource("/api/v1/documents/{id}/content").route(get().to(documents::content)))
        .service(web::resource("/api/v1/documents/{id}/original").route(get().to(pages::original)))
        .service(web::resource("/api/v1/documents/{id}/pages/{page}.png").route(get().to(pages::image)))
        .service(web::resource("/api/v1/documents/{id}/pages/{page}").route(get().to(pages::view)))
        .configure(access)
        .service(web::resource("/api/v1/jobs").route(get().to(jobs::list)))
        .service(web::resource("/api/v1/jobs/{id}").route(get().to(jobs::one)))
        .service(web::resource("/api/v1/tasks").route(web::post().to(tasks::start)))
        .service(web::resource("/api/v1/tasks/{id}").route(get().to(tasks::one)).route(web::delete().to(tasks::cancel)))
        .service(web::resource("/api/v1/tasks/{id}/results").route(get().to(tasks::results)))
        .service(web::resource("/api/v1/status").route(get().to(service::status)))
        .service(web::resource("/api/v1/audit").route(get().to(audit::list)))
        .service(web::resource("/v1/models").route(get().to(openai::models::list)))
        .service(web::resource("/v1/models/{id:.*}").route(get().to(openai::models::one)))
        .service(web::resource("/v1/chat/completions").route(web::post().to(openai::chat::complete)))
        .service(web::resource("/v1/responses").route(web::post().to(openai::responses::respond)))
        .service(web::resource("/v1/embeddings").route(web::post().to(openai::embeddings::embed)))
        .service(web::resource("/mcp").route(web::post().to(mcp::http::call)))
        .service(web::resource("/health/live").route(get().to(service::live)))
        .service(web::resource("/health/ready").route(get().to(service::ready)))
        .service(web::resource("/metrics").route(get().to(service::metrics)))
        .service(web::resource("/openapi.json").route(get().to(service::openapi)))
        // Not of the API: a chat platform's own protocol, off unless a bot is configured.
        .service(web::resource("/bot/slack/{delivery}").route(web::post().to(bot::slack)))
        .service(web::resource("/bot/mattermost").route(web::post().to(bot::mattermost)))
        .service(web::resource("/bot/mattermost/actions").route(web::post().to(bot::mattermost_pressed)))
        .service(web::resource("/").route(get().to(page::page)))
        .service(web::resource("/assets/{name}").route(get().to(page::asset)))
        .service(web::resource("/documents/{id}").route(get().to(page::document)))
        .default_service(web::to(nothing));
}

/// People, and who may read what.
fn access(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/api/v1/documents/{id}/access")
                .route(get().to(rights::show))
                .route(web::post().to(rights::set))
                .route(web::delete().to(rights::unset)),
        )
        .service(web::resource("/api/v1/documents/{id}/access/{name}").route(get().to(rights::explain)))
        .service(
            web::resource("/api/v1/session")
                .route(get().to(session::session))
                .route(web::post().to(session::sign_in))
                .route(web::delete().to(session::sign_out)),
        )
        .service(web::resource("/api/v1/session/link").route(web::post().to(session::use_link)))
        .service(web::resource("/api/v1/keys").route(get().to(keys::list)).route(web::post().to(keys::create)))
        .service(web::resource("/api/v1/keys/{id}").route(web::delete().to(keys::revoke)))
        .service(web::resource("/api/v1/people").route(get().to(people::list)).route(web::post().to(people::add)))
        .service(web::resource("/api/v1/people/{name}").route(get().to(people::one)).route(web::post().to(people::change)))
        .service(web::resource("/api/v1/people/{name}/link").route(web::post().to(people::link)))
        .service(web::resource("/api/v1/people/{name}/keys").route(get().to(keys::of)))
        .service(web::resource("/api/v1/people/{name}/keys/{id}").route(web::delete().to(keys::revoke_of)))
        .service(web::resource("/api/v1/bot/channels").route(get().to(bot_channels::list)))
        .service(web::resource("/api/v1/bot/channels/{id}").route(web::patch().to(bot_channels::change)))
        .service(web::resource("/sign-in").route(get().to(sign_in::show)))
        .service(web::resource("/sign-in/provider").route(get().to(sign_in::provider)))
        .service(web::resource("/sign-in/callback").route(get().to(sign_in::callback)));
}

/// `GET`, and `HEAD` with it.
fn get() -> Route {
    web::route().guard(ReadMethods)
}

struct ReadMethods;

impl Guard for ReadMethods {
    fn check(&self, context: &guard::GuardContext<'_>) -> bool {
        matches!(context.head().method.as_str(), "GET" | "HEAD")
    }
}

async fn nothing() -> Result<HttpResponse, Failure> {
    Err(Failure::not_found("address"))
}
