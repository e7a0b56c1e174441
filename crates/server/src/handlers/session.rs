//! Signing in and out.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Data, Json, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use pinakes_access::{Accounts, Identity, Role, SignedIn};
use pinakes_api::{Code, Ended, Myself, RoleName, SessionInfo, SignInRequest, UseLinkRequest};

use crate::body;
use crate::failure::Failure;
use crate::identity::Who;
use crate::state::State;
use crate::work::Work;

pub(crate) async fn session(state: Data<State>, request: HttpRequest) -> Json<SessionInfo> {
    let who = request.extensions().get::<Identity>().cloned();
    let token = state.cookies.session_of(request.headers()).filter(|_| who.is_some());
    Json(info(&state, who.as_ref(), token.as_deref()))
}

pub(crate) async fn sign_in(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let wanted: SignInRequest = body::json(&request, payload, &state.limits).await?;
    let accounts = accounts(&state)?.clone();
    let signed_in = Work::spawn(&state.runtime, async move { accounts.sign_in(&wanted.name, wanted.password).await }).await?;
    Ok(welcome(&state, &signed_in))
}

pub(crate) async fn use_link(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let wanted: UseLinkRequest = body::json(&request, payload, &state.limits).await?;
    let accounts = accounts(&state)?.clone();
    let work = async move { accounts.use_link(&wanted.secret, &wanted.name, wanted.password).await };
    // Not cancelled when the client goes: the link would be used up and nobody signed in.
    let signed_in = state.runtime.spawn(work).await.map_err(pinakes_api::ApiError::internal)??;
    Ok(welcome(&state, &signed_in))
}

pub(crate) async fn sign_out(state: Data<State>, who: Who) -> Result<HttpResponse, Failure> {
    if let Some(accounts) = state.parts.access.accounts().cloned() {
        Work::spawn(&state.runtime, async move { accounts.sign_out(&who.0).await }).await?;
    }
    let cookie = state.cookies.session(None, Duration::ZERO);
    Ok(HttpResponse::Ok().insert_header((header::SET_COOKIE, cookie)).json(Ended { ended: true }))
}

/// The answer to somebody who has just signed in, with their cookie.
fn welcome(state: &State, signed_in: &SignedIn) -> HttpResponse {
    let info = info(state, Some(&signed_in.identity), Some(&signed_in.session.token));
    HttpResponse::Ok().insert_header((header::SET_COOKIE, cookie(state, signed_in))).json(info)
}

/// The cookie of a session.
pub(crate) fn cookie(state: &State, signed_in: &SignedIn) -> String {
    state.cookies.session(Some(&signed_in.session.token), state.session_time_max)
}

fn info(state: &State, who: Option<&Identity>, token: Option<&str>) -> SessionInfo {
    SessionInfo {
        accounts: !state.parts.access.is_single_user(),
        person: who.map(|who| Myself {
            name: who.principal.subject.clone(),
            display: who.display.clone(),
            role: role_name(who.role),
            groups: who.groups().map(str::to_owned).collect(),
        }),
        cross_site_token: token.map(Accounts::cross_site_token),
        provider: state.parts.access.provider().is_some(),
    }
}

/// A role in the words of the API.
pub(crate) fn role_name(role: Role) -> RoleName {
    match role {
        Role::Reader => RoleName::Reader,
        Role::Editor => RoleName::Editor,
        Role::Admin => RoleName::Admin,
    }
}

/// A role from the words of the API.
pub(crate) fn role(name: RoleName) -> Role {
    match name {
        RoleName::Reader => Role::Reader,
        RoleName::Editor => Role::Editor,
        RoleName::Admin => Role::Admin,
    }
}

/// The people; there are none where nobody signs in.
pub(crate) fn accounts(state: &State) -> Result<&Accounts, Failure> {
    let words = "Nobody signs in here: whoever reaches this server is its operator. Set `access.mode = \"accounts\"` to change that.";
    state.parts.access.accounts().ok_or_else(|| Failure::new(Code::NotFound, words))
}
