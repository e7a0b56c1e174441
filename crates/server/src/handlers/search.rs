//! Search, by query string and by body, and what speaks for what it finds.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload, Query};
use pinakes_api::{Code, ExplainRequest, Explained, SearchQuery, SearchRequest, SearchResponse};
use pinakes_types::Scope;

use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;
use crate::{body, check};

pub(crate) async fn by_query(state: Data<State>, asker: Asker, request: HttpRequest) -> Result<Json<SearchResponse>, Failure> {
    let wanted = query::<SearchQuery>(&request)?
        .into_request()
        .map_err(|name| Failure::new(Code::BadRequest, format!("`kinds` knows no `{name}`.")))?;
    run(&state, asker.0, wanted).await
}

pub(crate) async fn by_body(
    state: Data<State>,
    asker: Asker,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<SearchResponse>, Failure> {
    let wanted = body::json(&request, payload, &state.limits).await?;
    run(&state, asker.0, wanted).await
}

pub(crate) async fn explain(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<Json<Explained>, Failure> {
    let mut wanted: ExplainRequest = body::json(&request, payload, &state.limits).await?;
    check::words(&wanted.query, &state.search_limits)?;
    check::window(wanted.limit, 0, &state.search_limits)?;
    check::filters(&wanted.filters, &state.search_limits)?;
    wanted.query = wanted.query.trim().to_owned();
    Ok(Json(state.read(state.library().explain(asker.0, wanted)).await?))
}

async fn run(state: &State, scope: Scope, mut wanted: SearchRequest) -> Result<Json<SearchResponse>, Failure> {
    check::words(&wanted.query, &state.search_limits)?;
    check::window(wanted.limit, wanted.offset, &state.search_limits)?;
    check::filters(&wanted.filters, &state.search_limits)?;
    wanted.query = wanted.query.trim().to_owned();
    let found = state.read(state.library().search(scope, wanted)).await?;
    Ok(Json(found))
}

/// The query string as `T`.
pub(crate) fn query<T: serde::de::DeserializeOwned>(request: &HttpRequest) -> Result<T, Failure> {
    Query::<T>::from_query(request.query_string()).map(Query::into_inner).map_err(|error| Failure::new(Code::BadRequest, error.to_string()))
}
