//! Streamable HTTP at `/mcp`. The SDK's service speaks the types of the `http` crate; here they are translated to actix's and back.
//! `Host` and `Origin` were checked by then, by the layer that checks them for every route.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use http_body_util::{BodyExt, Full};
use pinakes_api::Code;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};

use super::reading::Serving;
use super::{Caller, Tools};
use crate::body;
use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;

/// The SDK's service over this server.
pub(crate) type Mcp = StreamableHttpService<Tools, NeverSessionManager>;

/// Makes it. No sessions, and a plain JSON response to each call.
pub(crate) fn service(state: &Data<State>) -> Mcp {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(state.limits.body_bytes_max)
        .disable_allowed_hosts();
    let tools = Tools { reading: Arc::new(Serving(state.clone())), caller: None };
    StreamableHttpService::new(move || Ok(tools.clone()), Arc::new(NeverSessionManager::default()), config)
}

pub(crate) async fn call(
    state: Data<State>,
    mcp: Data<Mcp>,
    asker: Asker,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let body = body::whole(&request, payload, &state.limits).await?;
    let caller = Caller { scope: asker.0, page: Some(body::own_address(state.public_url.as_deref(), &request)) };
    let request = translated(&request, body, caller).map_err(|error| Failure::new(Code::BadRequest, error.to_string()))?;
    Ok(answered(mcp.handle(request).await))
}

fn translated(request: &HttpRequest, body: Bytes, caller: Caller) -> Result<::http::Request<Full<Bytes>>, ::http::Error> {
    let mut builder = ::http::Request::builder().method(request.method().as_str()).uri(request.path());
    for (name, value) in request.headers() {
        builder = builder.header(name.as_str(), value.as_bytes());
    }
    builder.extension(caller).body(Full::new(body))
}

fn answered(response: ::http::Response<http_body_util::combinators::BoxBody<Bytes, std::convert::Infallible>>) -> HttpResponse {
    let (parts, body) = response.into_parts();
    let mut answer = HttpResponse::build(StatusCode::from_u16(parts.status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
    for (name, value) in &parts.headers {
        let pair = (HeaderName::from_bytes(name.as_str().as_bytes()), HeaderValue::from_bytes(value.as_bytes()));
        if let (Ok(name), Ok(value)) = pair {
            answer.insert_header((name, value));
        }
    }
    if !parts.headers.contains_key(::http::header::CONTENT_TYPE) {
        // The SDK's refusals are a few words.
        answer.insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8"));
    }
    // An event stream is not to be held back by compression.
    answer.insert_header((header::CONTENT_ENCODING, "identity"));
    answer.streaming(body.into_data_stream())
}
