//! The page people sign in on, and the way through a provider and back.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use pinakes_api::{ApiError, Code};
use pinakes_config::limits::access::SIGN_IN_TIME_MAX;
use serde::Deserialize;

use crate::assets::SIGN_IN_PAGE;
use crate::failure::Failure;
use crate::handlers::page;
use crate::handlers::search::query;
use crate::handlers::session::{accounts, cookie};
use crate::layers::observe::RequestId;
use crate::layers::problems::causes;
use crate::state::State;
use crate::work::Work;

/// Where a sign-in that did not work ends.
const FAILED: &str = "/sign-in#failed";
/// Where one ends of somebody who may not come in.
const REFUSED: &str = "/sign-in#refused";
/// Where one ends that could not be tried: the provider is down, or we are.
const UNAVAILABLE: &str = "/sign-in#unavailable";

pub(crate) async fn show(request: HttpRequest) -> HttpResponse {
    page::send(&request, &SIGN_IN_PAGE)
}

#[derive(Deserialize)]
struct To {
    #[serde(default)]
    to: String,
}

/// Sends the browser to the provider.
pub(crate) async fn provider(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let to = query::<To>(&request)?.to;
    let provider = state.parts.access.provider().cloned().ok_or_else(|| Failure::not_found("address"))?;
    match Work::spawn(&state.runtime, async move { provider.start(&to).await }).await {
        Ok(start) => Ok(see_other(&start.url, &[state.cookies.sign_in(Some(&start.browser), SIGN_IN_TIME_MAX)])),
        Err(error) => Ok(unavailable(&request, &error, &[])),
    }
}

#[derive(Deserialize)]
struct Back {
    state: Option<String>,
    code: Option<String>,
}

/// The browser is back.
pub(crate) async fn callback(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let provider = state.parts.access.provider().cloned().ok_or_else(|| Failure::not_found("address"))?;
    let accounts = accounts(&state)?.clone();
    let browser = state.cookies.sign_in_of(request.headers());
    let over = state.cookies.sign_in(None, Duration::ZERO);
    // Whatever else a provider adds to its answer is passed over.
    let back = parameters(request.query_string());
    let (Some(given), Some(code)) = (back.state, back.code) else { return Ok(see_other(FAILED, &[over])) };
    let work = async move { accounts.sign_in_from(&provider, &given, browser.as_deref(), &code).await };
    match Work::spawn(&state.runtime, work).await {
        Ok((signed_in, to)) => Ok(see_other(&to, &[cookie(&state, &signed_in), over])),
        Err(error) => Ok(match error.code {
            Code::NotSignedIn => see_other(FAILED, &[over]),
            Code::NotAllowed => see_other(REFUSED, &[over]),
            _ => unavailable(&request, &error, &[over]),
        }),
    }
}

/// Somebody with a browser is sent to a page that says it in words, and can be tried again from; the log has the problem.
fn unavailable(request: &HttpRequest, error: &ApiError, cookies: &[String]) -> HttpResponse {
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    tracing::error!(request_id, code = %error.code, cause = causes(error), "signing in through the provider is not possible");
    see_other(UNAVAILABLE, cookies)
}

fn parameters(query: &str) -> Back {
    actix_web::web::Query::<Back>::from_query(query).map_or(Back { state: None, code: None }, actix_web::web::Query::into_inner)
}

fn see_other(to: &str, cookies: &[String]) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, to));
    for cookie in cookies {
        response.append_header((header::SET_COOKIE, cookie.as_str()));
    }
    response.finish()
}
