//! The outermost layer: a request id, the measures, one line in the log with the trace it belongs to. The line names the route and never the query, so that what
//! people ask is not in it.

use std::time::Instant;

use actix_web::HttpMessage;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::state::State;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const TRACE: HeaderName = HeaderName::from_static("traceparent");
const ID_CHARS_MAX: usize = 64;

/// The id, kept with the request.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Observes a request.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let state = request.app_data::<Data<State>>().cloned();
    let given = request.headers().get(HEADER).and_then(|value| value.to_str().ok()).filter(|id| is_plain(id)).map(str::to_owned);
    let id = given.unwrap_or_else(|| state.as_ref().map_or_else(String::new, |state| fresh(state)));
    request.extensions_mut().insert(RequestId(id.clone()));
    let trace = request.headers().get(TRACE).and_then(|value| value.to_str().ok()).and_then(trace_id).unwrap_or_default().to_owned();
    let method = request.method().clone();
    let started = Instant::now();
    let mut response = next.call(request).await?;
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let (status, took) = (response.status().as_u16(), started.elapsed());
    if let Some(state) = state {
        state.metrics.request(&method, &route, status, took);
    }
    tracing::info!(request_id = id, trace_id = trace, %method, route, status, ms = took.as_millis() as u64, "request");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

/// Whether an id given by the client can go into logs and headers as it is.
fn is_plain(id: &str) -> bool {
    (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// The trace a request belongs to, by W3C's Trace Context: `00-TRACE-PARENT-FLAGS`. Anything else belongs to none.
fn trace_id(header: &str) -> Option<&str> {
    let hex = |part: &str, chars: usize| part.len() == chars && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts: Vec<&str> = header.split('-').take(5).collect();
    let [version, trace, parent, flags] = parts.as_slice() else { return None };
    let plain = hex(version, 2) && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    (plain && trace.bytes().any(|byte| byte != b'0')).then_some(*trace)
}

fn fresh(state: &State) -> String {
    let mut bytes = [0; 8];
    state.parts.random.fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_read_or_passed_over() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(trace_id(&format!("00-{trace}-00f067aa0ba902b7-01")), Some(trace));
        for header in [
            "",
            "00-x-y-01",
            &format!("00-{trace}-00f067aa0ba902b7"),
            &format!("00-{trace}-00f067aa0ba902b7-01-x"),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            "\n",
        ] {
            assert_eq!(trace_id(header), None, "{header}");
        }
    }

    #[test]
    fn ids_from_outside_are_plain_or_replaced() {
        assert!(is_plain("a-1.B_2") && is_plain(&"x".repeat(64)));
        for id in ["", "a b", "a\"b", "é", "a\nb", &"x".repeat(65)] {
            assert!(!is_plain(id), "{id:?}");
        }
    }
}
