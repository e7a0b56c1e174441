//! Documents: listing, one, its text, deleting.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use pinakes_api::{ApiError, Code, ContentQuery, Deleted, DocumentContent, DocumentList, DocumentListQuery, DocumentSummary};
use pinakes_types::DocId;

use crate::failure::Failure;
use crate::handlers::search::query;
use crate::identity::Asker;
use crate::state::State;

const WHAT: &str = "document";

pub(crate) async fn list(state: Data<State>, asker: Asker, request: HttpRequest) -> Result<Json<DocumentList>, Failure> {
    let wanted: DocumentListQuery = query(&request)?;
    let max = state.limits.page_items_max;
    if wanted.limit.is_some_and(|limit| limit == 0 || limit > max) {
        return Err(Failure::new(Code::BadRequest, format!("`limit` is between 1 and {max}.")));
    }
    let values = wanted.contains.iter().chain(&wanted.cursor).chain(wanted.source.as_ref().map(|source| &source.0));
    if values.into_iter().any(|value| value.len() > state.search_limits.filter_value_chars_max * 4) {
        return Err(Failure::new(Code::BadRequest, "A filter is too long."));
    }
    Ok(Json(state.read(state.library().documents(asker.0, wanted)).await?))
}

pub(crate) async fn one(state: Data<State>, asker: Asker, id: Path<String>) -> Result<Json<DocumentSummary>, Failure> {
    let id = doc_id(&id)?;
    Ok(Json(state.read(state.library().document(asker.0, id)).await?))
}

pub(crate) async fn content(
    state: Data<State>,
    asker: Asker,
    id: Path<String>,
    request: HttpRequest,
) -> Result<Json<DocumentContent>, Failure> {
    let id = doc_id(&id)?;
    let wanted: ContentQuery = query(&request)?;
    Ok(Json(state.read(state.library().content(asker.0, id, wanted)).await?))
}

pub(crate) async fn delete(state: Data<State>, asker: Asker, id: Path<String>) -> Result<Json<Deleted>, Failure> {
    let id = doc_id(&id)?;
    // Not cancelled when the client goes: what was asked for is done.
    let deletion = state.runtime.spawn(state.library().delete(asker.0, id));
    Ok(Json(deletion.await.map_err(ApiError::internal)??))
}

/// An id that can be one; whatever cannot is not there.
pub(crate) fn doc_id(id: &str) -> Result<DocId, Failure> {
    let plain = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| DocId(id.to_owned())).ok_or_else(|| Failure::not_found(WHAT))
}
