//! Citations given earlier: whether they still hold.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use pinakes_api::CitationCheckResponse;

use crate::body;
use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;

pub(crate) async fn check(
    state: Data<State>,
    asker: Asker,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<CitationCheckResponse>, Failure> {
    let wanted = body::json(&request, payload, &state.limits).await?;
    Ok(Json(state.read(state.library().check_citations(asker.0, wanted)).await?))
}
