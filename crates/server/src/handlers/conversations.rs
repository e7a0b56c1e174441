//! Conversations: listing, beginning, one, renaming, deleting, a file of one. What changes something is not cancelled when the client
//! goes: what was asked for is done.

use actix_web::http::header;
use actix_web::web::{Data, Json, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use pinakes_api::{
    ApiError, ConversationChange, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery, ConversationSummary,
    ExportQuery, NewConversation,
};

use crate::body;
use crate::failure::Failure;
use crate::handlers::search::query;
use crate::identity::Asker;
use crate::state::State;

pub(crate) async fn list(state: Data<State>, asker: Asker, request: HttpRequest) -> Result<Json<ConversationList>, Failure> {
    let wanted: ConversationQuery = query(&request)?;
    Ok(Json(state.read(state.library().conversations(asker.0, wanted)).await?))
}

pub(crate) async fn begin(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let new: NewConversation = body::json(&request, payload, &state.limits).await?;
    let begun = state.runtime.spawn(state.library().new_conversation(asker.0, new));
    let begun = begun.await.map_err(ApiError::internal)??;
    let location = format!("/api/v1/conversations/{}", begun.conversation_id);
    Ok(HttpResponse::Created().insert_header((header::LOCATION, location)).json(begun))
}

pub(crate) async fn one(
    state: Data<State>,
    asker: Asker,
    id: Path<String>,
    request: HttpRequest,
) -> Result<Json<ConversationDetail>, Failure> {
    let wanted: ConversationQuery = query(&request)?;
    Ok(Json(state.read(state.library().conversation(asker.0, known(id)?, wanted)).await?))
}

pub(crate) async fn rename(
    state: Data<State>,
    asker: Asker,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<ConversationSummary>, Failure> {
    let id = known(id)?;
    let change: ConversationChange = body::json(&request, payload, &state.limits).await?;
    let renamed = state.runtime.spawn(state.library().rename_conversation(asker.0, id, change));
    Ok(Json(renamed.await.map_err(ApiError::internal)??))
}

pub(crate) async fn delete(state: Data<State>, asker: Asker, id: Path<String>) -> Result<Json<ConversationDeleted>, Failure> {
    let deleted = state.runtime.spawn(state.library().delete_conversation(asker.0, known(id)?));
    Ok(Json(deleted.await.map_err(ApiError::internal)??))
}

pub(crate) async fn export(state: Data<State>, asker: Asker, id: Path<String>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let ExportQuery { format } = query(&request)?;
    let file = state.read(state.library().export_conversation(asker.0, known(id)?, format)).await?;
    let name = format!("attachment; filename=\"conversation.{}\"", format.extension());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, name))
        .body(file))
}

/// An id that can be one; whatever cannot is not there.
fn known(id: Path<String>) -> Result<String, Failure> {
    let id = id.into_inner();
    let plain = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(id).ok_or_else(|| Failure::not_found("conversation"))
}
