//! An answer as server-sent events. What fails before the first event is an ordinary error response; after it, an `error` event.
//! The stream owns the work: when the client goes, actix drops the stream, and with it the work.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use pinakes_api::{ApiError, AskEvent, AskResponse};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::failure::Failure;
use crate::layers::problems::public;
use crate::state::State;
use crate::work::Work;

const HEARTBEAT: Bytes = Bytes::from_static(b": still here\n\n");

pub(crate) async fn respond(
    state: Data<State>,
    mut work: Work<AskResponse>,
    mut events: mpsc::Receiver<AskEvent>,
    request_id: String,
) -> Result<HttpResponse, Failure> {
    let first = match events.recv().await {
        Some(event) => Some(event),
        // The sender is gone: the work has ended without a word, or will in an instant.
        None => Some(AskEvent::Done(Box::new((&mut work).await?))),
    };
    let heartbeat = state.limits.heartbeat_interval;
    let body = async_stream::stream! {
        let _open = state.metrics.open_stream();
        let mut over = false;
        if let Some(event) = first {
            over = event.is_last();
            yield Ok::<_, std::convert::Infallible>(encode(&event));
        }
        let mut beat = tokio::time::interval(heartbeat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beat.reset();
        while !over {
            let event = tokio::select! {
                event = events.recv() => match event {
                    Some(event) => event,
                    None => last((&mut work).await, &request_id),
                },
                _ = beat.tick() => {
                    yield Ok(HEARTBEAT);
                    continue;
                }
            };
            over = event.is_last();
            yield Ok(encode(&event));
        }
    };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        // Compression would hold events back; proxies are asked not to.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body))
}

fn last(result: Result<AskResponse, ApiError>, request_id: &str) -> AskEvent {
    match result {
        Ok(response) => AskEvent::Done(Box::new(response)),
        Err(error) => {
            tracing::error!(request_id, code = %error.code, cause = %error, "answer failed under way");
            AskEvent::Error(public(&error, request_id))
        }
    }
}

fn encode(event: &AskEvent) -> Bytes {
    let data = serde_json::to_string(event).expect("an event is plain data");
    Bytes::from(format!("event: {}\ndata: {data}\n\n", event.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_data_whatever_its_words() {
        let event = AskEvent::Delta { text: "a\n\ndata: b\r\u{2028}".into() };
        let bytes = encode(&event);
        let text = std::str::from_utf8(&bytes).unwrap();
        assert!(text.starts_with("event: delta\ndata: {") && text.ends_with("}\n\n"));
        assert_eq!(text.matches('\n').count(), 3);
        assert!(!text.contains('\r'));
    }
}
