//! What people think of answers.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use pinakes_api::{ApiError, Feedback, FeedbackList, FeedbackQuery, FeedbackRequest};

use crate::body;
use crate::failure::Failure;
use crate::handlers::search::query;
use crate::identity::Asker;
use crate::state::State;

pub(crate) async fn list(state: Data<State>, asker: Asker, request: HttpRequest) -> Result<Json<FeedbackList>, Failure> {
    let wanted: FeedbackQuery = query(&request)?;
    Ok(Json(state.read(state.library().feedback(asker.0, wanted)).await?))
}

pub(crate) async fn give(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<Json<Feedback>, Failure> {
    let wanted: FeedbackRequest = body::json(&request, payload, &state.limits).await?;
    // Not cancelled when the client goes: what was said is kept.
    let kept = state.runtime.spawn(state.library().give_feedback(asker.0, wanted));
    Ok(Json(kept.await.map_err(ApiError::internal)??))
}
