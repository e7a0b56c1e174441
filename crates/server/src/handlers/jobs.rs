//! Jobs.

use actix_web::web::{Data, Json, Path};
use pinakes_api::{Job, JobList};

use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;

pub(crate) async fn list(state: Data<State>, asker: Asker) -> Result<Json<JobList>, Failure> {
    Ok(Json(state.read(state.library().jobs(asker.0)).await?))
}

pub(crate) async fn one(state: Data<State>, asker: Asker, id: Path<String>) -> Result<Json<Job>, Failure> {
    Ok(Json(state.read(state.library().job(asker.0, id.into_inner())).await?))
}
