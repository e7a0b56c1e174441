//! API keys: one's own, and for administrators those of others.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use pinakes_access::{KeyRow, KeyScope, NewKey};
use pinakes_api::{ApiError, Code, Ended, KeyInfo, KeyList, KeyScopeName, NewKeyRequest, NewKeyResponse};

use crate::body;
use crate::failure::Failure;
use crate::handlers::session::accounts;
use crate::identity::Who;
use crate::state::State;
use crate::work::Work;

const DAY: u64 = 86_400;
/// Days a key may last.
const DAYS_MAX: u32 = 3_660;

pub(crate) async fn list(state: Data<State>, who: Who) -> Result<Json<KeyList>, Failure> {
    keys(&state, who.0.principal.subject).await
}

pub(crate) async fn of(state: Data<State>, name: Path<String>) -> Result<Json<KeyList>, Failure> {
    keys(&state, name.into_inner()).await
}

async fn keys(state: &State, owner: String) -> Result<Json<KeyList>, Failure> {
    let accounts = accounts(state)?.clone();
    let keys = Work::spawn(&state.runtime, async move { accounts.keys(Some(&owner)).await }).await?;
    Ok(Json(KeyList { keys: keys.into_iter().map(|(owner, row)| info(owner, row)).collect() }))
}

pub(crate) async fn create(state: Data<State>, who: Who, request: HttpRequest, payload: Payload) -> Result<Json<NewKeyResponse>, Failure> {
    let wanted: NewKeyRequest = body::json(&request, payload, &state.limits).await?;
    if wanted.days.is_some_and(|days| days == 0 || days > DAYS_MAX) {
        return Err(Failure::new(Code::BadRequest, format!("`days` is between 1 and {DAYS_MAX}.")));
    }
    let accounts = accounts(&state)?.clone();
    let scopes: Vec<KeyScope> = wanted.scopes.iter().map(|name| scope(*name)).collect();
    let lifetime = wanted.days.map(|days| Duration::from_secs(u64::from(days) * DAY));
    let owner = who.0.principal.subject;
    let made = state.runtime.spawn(async move {
        let NewKey { key, row } = accounts.create_key(&owner, &owner, &wanted.name, &scopes, lifetime).await?;
        Ok::<_, ApiError>(NewKeyResponse { key, info: info(owner, row) })
    });
    Ok(Json(made.await.map_err(ApiError::internal)??))
}

pub(crate) async fn revoke(state: Data<State>, who: Who, id: Path<String>) -> Result<Json<Ended>, Failure> {
    let owner = who.0.principal.subject;
    take_back(&state, owner.clone(), owner, id.into_inner()).await
}

pub(crate) async fn revoke_of(state: Data<State>, who: Who, key: Path<(String, String)>) -> Result<Json<Ended>, Failure> {
    let (owner, id) = key.into_inner();
    take_back(&state, who.0.principal.subject, owner, id).await
}

async fn take_back(state: &State, by: String, owner: String, id: String) -> Result<Json<Ended>, Failure> {
    let accounts = accounts(state)?.clone();
    let revoked = state.runtime.spawn(async move { accounts.revoke_key(&by, &id, Some(&owner)).await });
    revoked.await.map_err(ApiError::internal)??;
    Ok(Json(Ended { ended: true }))
}

fn info(owner: String, row: KeyRow) -> KeyInfo {
    KeyInfo {
        id: row.id,
        owner,
        name: row.name,
        scopes: row.scopes.split(' ').filter_map(KeyScope::parse).map(scope_name).collect(),
        created_at: row.created_at,
        expires_at: row.expires_at,
        used_at: row.used_at,
        revoked_at: row.revoked_at,
    }
}

fn scope_name(scope: KeyScope) -> KeyScopeName {
    match scope {
        KeyScope::Read => KeyScopeName::Read,
        KeyScope::Write => KeyScopeName::Write,
        KeyScope::Admin => KeyScopeName::Admin,
        KeyScope::Metrics => KeyScopeName::Metrics,
    }
}

fn scope(name: KeyScopeName) -> KeyScope {
    match name {
        KeyScopeName::Read => KeyScope::Read,
        KeyScopeName::Write => KeyScope::Write,
        KeyScopeName::Admin => KeyScope::Admin,
        KeyScopeName::Metrics => KeyScope::Metrics,
    }
}
