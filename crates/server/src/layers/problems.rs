//! Turns every error into one shape. What the client sees is the code, its title and words meant for it; of a fault of ours it sees the
//! code alone, and the log keeps the rest under the same request id.

use std::error::Error;

use actix_web::HttpMessage;
use actix_web::HttpResponse;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use pinakes_api::{ApiError, Code, Problem};

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
    let answer = match failure {
        Some(Failure(error)) => answer(error, &id),
        None => answer(&of_status(status), &id),
    };
    let (request, _) = response.into_parts();
    Ok(ServiceResponse::new(request, answer).map_body(|_, body| EitherBody::right(body)))
}

fn answer(error: &ApiError, id: &str) -> HttpResponse {
    let status = error.code.status();
    if status >= 500 {
        tracing::error!(request_id = id, code = %error.code, cause = causes(error), "request failed");
    }
    let mut response = HttpResponse::build(actix_web::http::StatusCode::from_u16(status).unwrap_or_default());
    if let Some(seconds) = error.retry_after_seconds {
        response.insert_header((header::RETRY_AFTER, seconds));
    }
    let body = serde_json::to_string(&public(error, id)).unwrap_or_default();
    response.insert_header((header::CONTENT_TYPE, Problem::MEDIA_TYPE)).body(body)
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

fn causes(error: &ApiError) -> String {
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
