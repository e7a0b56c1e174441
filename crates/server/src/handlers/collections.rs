//! Collections.

use actix_web::web::{Data, Json};
use pinakes_api::CollectionList;

use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;

pub(crate) async fn list(state: Data<State>, asker: Asker) -> Result<Json<CollectionList>, Failure> {
    Ok(Json(state.read(state.library().collections(asker.0)).await?))
}
