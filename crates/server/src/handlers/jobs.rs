//! Jobs.

use actix_web::web::{Data, Json, Path};
use pinakes_access::Power;
use pinakes_api::{Job, JobList};

use crate::failure::Failure;
use crate::identity::{Asker, Who};
use crate::state::State;

pub(crate) async fn list(state: Data<State>, asker: Asker) -> Result<Json<JobList>, Failure> {
    Ok(Json(state.read(state.library().jobs(asker.0)).await?))
}

/// One job, for whoever was told its id. A job may read files of others too: what it met on the way is for administrators.
pub(crate) async fn one(state: Data<State>, asker: Asker, who: Who, id: Path<String>) -> Result<Json<Job>, Failure> {
    let job = state.read(state.library().job(asker.0, id.into_inner())).await?;
    Ok(Json(if who.0.may(Power::Administer) { job } else { job.for_uploaders() }))
}
