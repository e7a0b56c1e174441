//! The latest of the audit log.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use pinakes_api::{ApiError, AuditList, AuditQuery, Code};

use crate::failure::Failure;
use crate::handlers::search::query;
use crate::state::State;
use crate::work::Work;

const LISTED_DEFAULT: usize = 50;
const LISTED_MAX: usize = 200;

pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<Json<AuditList>, Failure> {
    let limit = query::<AuditQuery>(&request)?.limit.unwrap_or(LISTED_DEFAULT);
    if !(1..=LISTED_MAX).contains(&limit) {
        return Err(Failure::new(Code::BadRequest, format!("`limit` is between 1 and {LISTED_MAX}.")));
    }
    let audit = state.parts.access.audit().clone();
    let latest = Work::spawn(&state.runtime, async move {
        audit.latest(limit).await.map_err(|error| ApiError::new(Code::IoFailed, "The audit log cannot be read.").caused_by(error))
    });
    let latest = latest.await?;
    Ok(Json(AuditList { kept: latest.is_some(), records: latest.unwrap_or_default() }))
}
