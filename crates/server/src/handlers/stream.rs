//! Server-sent events on the wire.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures::Stream;
use tokio::time::MissedTickBehavior;

use crate::answers::Reader;
use crate::state::State;

const HEARTBEAT: Bytes = Bytes::from_static(b": still here\n\n");

/// The events of an answer as far as there are any, and the further ones as they come.
pub(crate) fn respond(state: Data<State>, mut reader: Reader, answer: &str) -> HttpResponse {
    let every = state.limits.heartbeat_interval;
    let body = async_stream::stream! {
        let _open = state.metrics.open_stream();
        let mut beat = heartbeat(every);
        loop {
            tokio::select! {
                event = reader.next() => match event {
                    Some(event) => yield Ok(event),
                    None => break,
                },
                _ = beat.tick() => yield Ok(HEARTBEAT),
            }
        }
    };
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_LOCATION, format!("/api/v1/ask/{answer}")));
    events(response, body)
}

/// A response whose body is an event stream.
pub(crate) fn events(mut response: HttpResponseBuilder, body: impl Stream<Item = Result<Bytes, Infallible>> + 'static) -> HttpResponse {
    response
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        // Compression would hold events back; proxies are asked not to.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body)
}

/// Ticks that fill silence, the first one after a while.
pub(crate) fn heartbeat(every: Duration) -> tokio::time::Interval {
    let mut beat = tokio::time::interval(every);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.reset();
    beat
}

/// What is sent at a tick.
pub(crate) fn still_here() -> Bytes {
    HEARTBEAT
}
