//! For whoever runs the server.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Data, Json};
use pinakes_access::Power;
use pinakes_api::{IndexStatus, Live, Ready, ReadyCheck};
use pinakes_types::{Principal, Scope};

use crate::bot_figures;
use crate::failure::Failure;
use crate::identity::{Asker, Who};
use crate::state::State;

/// What the store holds; of the machine it is kept on, and of work on documents that others own, administrators are told.
pub(crate) async fn status(state: Data<State>, asker: Asker, who: Who) -> Result<Json<IndexStatus>, Failure> {
    let status = state.look(state.library().status(asker.0)).await?;
    Ok(Json(if who.0.may(Power::Administer) { status } else { status.for_readers() }))
}

pub(crate) async fn live() -> Json<Live> {
    Json(Live { status: "ok".to_owned() })
}

pub(crate) async fn ready(state: Data<State>) -> HttpResponse {
    let mut checks = match state.look(state.library().ready()).await {
        Ok(ready) => ready.checks,
        Err(error) => {
            tracing::error!(cause = %error, "readiness could not be told");
            vec![ReadyCheck { name: "store".to_owned(), ok: false }]
        }
    };
    checks.push(ReadyCheck { name: "not_stopping".to_owned(), ok: !state.is_stopping() });
    let ready = Ready::of(checks);
    if ready.ready { HttpResponse::Ok().json(ready) } else { HttpResponse::ServiceUnavailable().json(ready) }
}

pub(crate) async fn metrics(state: Data<State>) -> HttpResponse {
    // Whoever comes here was let in to see what is true of all documents together.
    let status = match Scope::check(&Principal::local_operator()) {
        Ok(scope) => state.look(state.library().status(scope)).await.ok(),
        Err(_) => None,
    };
    let mut figures = state.library().figures();
    figures.extend(state.answers.figures());
    figures.extend(state.parts.bot.iter().flat_map(|hook| bot_figures::figures(&hook.bot().figures())));
    let text = state.metrics.render(&[&state.searches, &state.asks, &state.uploads], status.as_ref(), &figures);
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")).body(text)
}

pub(crate) async fn openapi() -> HttpResponse {
    static DOCUMENT: OnceLock<String> = OnceLock::new();
    let document = DOCUMENT.get_or_init(|| serde_json::to_string(&pinakes_api::document()).expect("the document is plain data"));
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(document.as_str())
}
