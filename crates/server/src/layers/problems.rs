//! Turns every error into one shape; below `/v1/` into OpenAI's. What the client sees is the code, its title and words meant for it; of a fault of ours it sees the
//! code alone, and the log keeps the rest under the same request id.

use std::error::Error;

use actix_web::HttpMessage;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};
use pinakes_api::openai::OpenAiError;
use pinakes_api::{ApiError, Code, Method, Problem, ROUTES};

use crate::failure::Failure;
use crate::layers::observe::RequestId;

/// Gives errors their body.
pub(crate) async fn problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let response = next.call(request).await?;
    let status = response.status().as_u16();
    let failure = response.response().error().and_then(|error| error.as_error::<Failure>());
    if status < 400 || (failure.is_none() && response.headers().contains_key(header::CONTENT_TYPE) && response.response().error().is_none())
    {
        return Ok(response.map_body(|_, body| EitherBody::left(body)));
    }
    let id = response.request().extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let shape = if response.request().path().starts_with(OPENAI) { openai } else { problem };
    let answer = match failure {
        Some(Failure(error)) => answer(error, &id, shape),
        None => answer(&of_status(status), &id, shape),
    };
    let (request, _) = response.into_parts();
    let answer = if status == 405 { allowing(answer, &request) } else { answer };
    Ok(ServiceResponse::new(request, answer).map_body(|_, body| EitherBody::right(body)))
}

/// Below this, errors have OpenAI's shape.
const OPENAI: &str = "/v1/";

/// Media type and body of a problem.
type Shape = fn(&Problem) -> (&'static str, String);

fn problem(problem: &Problem) -> (&'static str, String) {
    (Problem::MEDIA_TYPE, serde_json::to_string(problem).unwrap_or_default())
}

fn openai(problem: &Problem) -> (&'static str, String) {
    ("application/json", serde_json::to_string(&OpenAiError::from(problem)).unwrap_or_default())
}

fn answer(error: &ApiError, id: &str, shape: Shape) -> HttpResponse {
    let status = error.code.status();
    if status >= 500 {
        tracing::error!(request_id = id, code = %error.code, cause = causes(error), "request failed");
    }
    let mut response = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap_or_default());
    if let Some(seconds) = error.retry_after_seconds {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    if error.code == Code::NotSignedIn {
        response.insert_header((header::WWW_AUTHENTICATE, "Bearer realm=\"pinakes\""));
    }
    let (media_type, body) = shape(&public(error, id));
    response.insert_header((header::CONTENT_TYPE, media_type)).body(body)
}

/// The problem as the outside may see it.
pub(crate) fn public(error: &ApiError, id: &str) -> Problem {
    let mut problem = Problem::new(error, id);
    // Errors of ours may name files and causes; these codes say themselves what to do.
    if problem.status >= 500
        && !matches!(error.code, Code::Timeout | Code::Overloaded | Code::ShuttingDown | Code::NotReady | Code::ModelMissing)
    {
        problem.detail = format!("{}. The server's log has the details under this request id.", error.code.title());
    }
    problem
}

/// Says which methods there are (RFC 9110, section 15.5.6).
fn allowing(mut answer: HttpResponse, request: &HttpRequest) -> HttpResponse {
    let path = request.match_pattern().unwrap_or_default().replace(":.*}", "}");
    let methods = ROUTES.iter().filter(|route| route.path == path).map(|route| match route.method {
        Method::Get => "GET, HEAD".to_owned(),
        other => format!("{other:?}").to_uppercase(),
    });
    if let Ok(allow) = HeaderValue::from_str(&methods.collect::<Vec<_>>().join(", ")) {
        answer.headers_mut().insert(header::ALLOW, allow);
    }
    answer
}

/// An error with its causes, for the log.
pub(crate) fn causes(error: &ApiError) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words.push_str(": ");
        words.push_str(&inner.to_string());
        cause = inner.source();
    }
    words
}

/// Errors that actix itself answered.
fn of_status(status: u16) -> ApiError {
    match status {
        404 => ApiError::new(Code::NotFound, "There is nothing at this address."),
        405 => ApiError::new(Code::MethodNotAllowed, "This address does not know this method."),
        408 => ApiError::new(Code::RequestTimeout, "The request did not arrive in time."),
        413 => ApiError::new(Code::PayloadTooLarge, "The body is too large."),
        415 => ApiError::new(Code::UnsupportedMediaType, "This content type is not read here."),
        400..=499 => ApiError::new(Code::BadRequest, "The request cannot be understood."),
        _ => ApiError::internal(format!("answered {status} without saying why")),
    }
}
