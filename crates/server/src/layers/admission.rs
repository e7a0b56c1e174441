//! The gate: finds out who asks, and whether they may ask for this route at all. What a route needs stands in one table
//! (`pinakes_api::needs`); one that does not stand there is for administrators.
//!
//! A cookie is sent by the browser whatever page asks it to, so whatever does more than read must also carry a token that only a page of
//! ours can know (besides the checks of [`super::hosts`]). Keys are sent by programs on purpose and need none.

use actix_web::HttpMessage;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderName};
use actix_web::middleware::Next;
use actix_web::web::Data;
use pinakes_access::{Accounts, Identity, Power, Presented, Via};
use pinakes_api::{ApiError, Code, Needs, needs};

use crate::body::header_text;
use crate::failure::Failure;
use crate::identity::not_signed_in;
use crate::layers::watched::Watched;
use crate::state::State;
use crate::work::Work;

/// Carries the token.
pub(crate) const TOKEN: HeaderName = HeaderName::from_static("x-pinakes-token");

/// Lets in, or not.
pub(crate) async fn admission(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = request.app_data::<Data<State>>().cloned();
    let admitted = match &state {
        Some(state) => admit(state, &request).await,
        None => Err(Failure::new(Code::Internal, "the application has no state")),
    };
    let (state, who) = match (state, admitted) {
        (Some(state), Ok(who)) => (state, who),
        (_, Err(failure)) => return Ok(request.error_response(failure).map_body(|_, body| EitherBody::right(body))),
        (None, Ok(_)) => unreachable!("without state nobody was admitted"),
    };
    if let Some(who) = &who {
        request.extensions_mut().insert(who.clone());
    }
    let response = next.call(request).await?;
    Ok(response.map_body(|head, body| EitherBody::left(Watched::new(head, body, state, who))))
}

async fn admit(state: &Data<State>, request: &ServiceRequest) -> Result<Option<Identity>, Failure> {
    // An address that is none is answered 404 to everybody.
    let Some(route) = request.match_pattern() else { return Ok(None) };
    let needed = needs(request.method().as_str(), &route);
    let (session, key) = (state.cookies.session_of(request.headers()), key_of(request));
    let presents = session.is_some() || key.is_some();
    let who = identify(state, session.clone(), key).await;
    if needed == Needs::Nothing {
        return Ok(who.unwrap_or_default());
    }
    let who = match who.and_then(|who| who.ok_or_else(|| unknown(state))) {
        Ok(who) => who,
        Err(failure) => {
            // Who shows nothing is asked to sign in, and nothing more; a key or session that does not count may have been found or forged.
            if presents && failure.0.code == Code::NotSignedIn {
                note(state, request, None, &failure).await;
            }
            return Err(failure);
        }
    };
    if let Err(failure) = check(request, &who, needed, session.as_deref()) {
        note(state, request, Some(&who), &failure).await;
        return Err(failure);
    }
    state.parts.access.count_request(&who)?;
    Ok(Some(who))
}

/// Nobody was made out.
fn unknown(state: &State) -> Failure {
    match state.parts.access.is_single_user() {
        true => Failure::new(Code::NotAllowed, "You may not read here."),
        false => not_signed_in(),
    }
}

/// Whether somebody known may have this, and whether a page of ours asks for it.
fn check(request: &ServiceRequest, who: &Identity, needed: Needs, session: Option<&str>) -> Result<(), Failure> {
    if !may(who, needed) {
        return Err(Failure::new(Code::NotAllowed, "You are known, but may not do this."));
    }
    if matches!(who.via, Via::Session(_)) && !request.method().is_safe() {
        let token = header_text(request.request(), &TOKEN).unwrap_or_default();
        if !session.is_some_and(|session| Accounts::is_cross_site_token(session, token)) {
            return Err(Failure::new(Code::CrossSite, "The request does not carry this session's `X-Pinakes-Token`."));
        }
    }
    Ok(())
}

/// Leaves a refusal to the audit log: by whom and of what, never what was shown to be let in.
pub(crate) async fn note(state: &State, request: &ServiceRequest, who: Option<&Identity>, failure: &Failure) {
    let route = request.match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    state.parts.access.note_refusal(who, named(request.method()), &route, failure.0.code).await;
}

/// A method as it can be kept: one that nobody knows may be any text of any length.
fn named(method: &Method) -> &str {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    if known.contains(method) { method.as_str() } else { "other" }
}

/// The key a request shows.
fn key_of(request: &ServiceRequest) -> Option<String> {
    let (scheme, key) = header_text(request.request(), &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
}

async fn identify(state: &Data<State>, session: Option<String>, key: Option<String>) -> Result<Option<Identity>, Failure> {
    let access = state.parts.access.clone();
    let work = async move { access.identify(Presented { session: session.as_deref(), key: key.as_deref() }).await };
    Ok(Work::spawn(&state.runtime, work).await?)
}

fn may(who: &Identity, needed: Needs) -> bool {
    match needed {
        Needs::Nothing => true,
        Needs::Reader => who.may(Power::Read),
        Needs::Person => who.may(Power::Read) && !matches!(who.via, Via::Key(_)),
        Needs::Editor => who.may(Power::Write),
        Needs::Admin => who.may(Power::Administer),
        Needs::Metrics => who.may(Power::Metrics),
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        failure.0
    }
}
