//! Reads JSON bodies under their limits: kind, size, time, shape.

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures::StreamExt;
use pinakes_api::Code;
use pinakes_config::limits::ServerLimits;
use serde::de::DeserializeOwned;

use crate::failure::Failure;

/// Characters of a parser's message that are passed on: it quotes the body.
const MESSAGE_CHARS_MAX: usize = 200;

/// The body as `T`.
pub(crate) async fn json<T: DeserializeOwned>(request: &HttpRequest, payload: Payload, limits: &ServerLimits) -> Result<T, Failure> {
    let kind = header_text(request, &header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Failure::new(Code::UnsupportedMediaType, "Send the body as `Content-Type: application/json`."));
    }
    let bytes = whole(request, payload, limits).await?;
    if depth(&bytes) > limits.json_depth_max {
        return Err(Failure::new(Code::BadRequest, format!("JSON may be nested {} deep at most.", limits.json_depth_max)));
    }
    serde_json::from_slice(&bytes).map_err(|error| Failure::new(Code::BadRequest, short(&error.to_string())))
}

/// The body as it is.
pub(crate) async fn whole(request: &HttpRequest, payload: Payload, limits: &ServerLimits) -> Result<Bytes, Failure> {
    tokio::time::timeout(limits.body_time_max, collect(request, payload, limits.body_bytes_max))
        .await
        .map_err(|_| Failure::new(Code::RequestTimeout, "The body did not arrive in time."))?
        .map(BytesMut::freeze)
}

async fn collect(request: &HttpRequest, mut payload: Payload, bytes_max: usize) -> Result<BytesMut, Failure> {
    let announced = header_text(request, &header::CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if announced.is_some_and(|length| length > bytes_max) {
        return Err(too_large(bytes_max));
    }
    let mut body = BytesMut::with_capacity(announced.unwrap_or(0).min(bytes_max));
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Failure::new(Code::BadRequest, "The body did not arrive whole.").caused(error))?;
        if body.len() + chunk.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(bytes_max: usize) -> Failure {
    Failure::new(Code::PayloadTooLarge, format!("A body may have {bytes_max} bytes at most."))
}

fn short(message: &str) -> String {
    match message.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &message[..at]),
        None => message.to_owned(),
    }
}

/// How deep arrays and objects stand in one another, before anything is built of them. Of a text that is no JSON any number will do:
/// the parser refuses it.
fn depth(json: &[u8]) -> usize {
    let (mut now, mut most, mut in_text, mut escaped) = (0usize, 0, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                now += 1;
                most = most.max(now);
            }
            b']' | b'}' if !in_text => now = now.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// A header as text, where it is.
pub(crate) fn header_text<'a>(request: &'a HttpRequest, name: &header::HeaderName) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// This server's address, for links: as configured, else as the asker calls it. The layer [`crate::layers::hosts`] has checked that name.
pub(crate) fn own_address(configured: Option<&str>, request: &HttpRequest) -> String {
    let called = || format!("{}://{}", request.connection_info().scheme(), header_text(request, &header::HOST).unwrap_or_default());
    configured.map_or_else(called, str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_where_people_know_the_server_whoever_asked() {
        let request = actix_web::test::TestRequest::get().insert_header((header::HOST, "10.0.0.7:8631")).to_http_request();
        assert_eq!(own_address(None, &request), "http://10.0.0.7:8631");
        assert_eq!(own_address(Some("https://pinakes.example"), &request), "https://pinakes.example");
    }

    #[test]
    fn depth_counts_structure_and_not_text() {
        for (json, deep) in
            [("1", 0), ("{}", 1), (r#"{"a":[[1],[2]]}"#, 3), (r#"{"[[[":"}}]]\\"[[["}"#, 4), (r#"["\"[["]"#, 1), ("[[[[", 4), ("]]]]", 0)]
        {
            assert_eq!(depth(json.as_bytes()), deep, "{json}");
        }
    }
}
