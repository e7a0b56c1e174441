//! An event stream to somebody who is no longer let in ends within a second: whether they still are is asked again while it runs.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::ResponseHead;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use pinakes_access::{Access, Identity};
use pinakes_api::{ApiError, AskEvent, Code};
use pinakes_config::limits::access::RECHECK_INTERVAL;

use crate::layers::problems::public;
use crate::state::State;
use crate::work::Work;

/// A body; a stream of events with somebody who watches it.
pub(crate) struct Watched {
    body: BoxBody,
    /// Comes when it has to end.
    ended: Option<Pin<Box<dyn Future<Output = ()>>>>,
    over: bool,
}

impl Watched {
    pub(crate) fn new(head: &ResponseHead, body: impl MessageBody + 'static, state: Data<State>, who: Option<Identity>) -> Self {
        let events = head.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_stream = events.is_some_and(|kind| kind.starts_with("text/event-stream"));
        let who = who.filter(|_| is_stream && !state.parts.access.is_single_user());
        let ended = who.map(|who| Box::pin(until_shut_out(state, who)) as Pin<Box<dyn Future<Output = ()>>>);
        Self { body: body.boxed(), ended, over: false }
    }
}

async fn until_shut_out(state: Data<State>, who: Identity) {
    loop {
        tokio::time::sleep(RECHECK_INTERVAL).await;
        let (access, who): (Access, Identity) = (state.parts.access.clone(), who.clone());
        // A catalog that cannot be asked just now shuts nobody out: the next look may.
        if let Ok(false) = Work::spawn(&state.runtime, async move { access.still(&who).await }).await {
            return;
        }
    }
}

impl MessageBody for Watched {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if self.ended.as_mut().is_some_and(|ended| ended.as_mut().poll(context).is_ready()) {
            self.over = true;
            let problem = ApiError::new(Code::NotSignedIn, "Your session has ended, or what you may read has changed; please ask again.");
            let event = AskEvent::Error(public(&problem, ""));
            let data = serde_json::to_string(&event).unwrap_or_default();
            return Poll::Ready(Some(Ok(Bytes::from(format!("event: {}\ndata: {data}\n\n", event.name())))));
        }
        Pin::new(&mut self.body).poll_next(context)
    }

    fn try_into_bytes(self) -> Result<Bytes, Self> {
        let Self { body, ended, over } = self;
        body.try_into_bytes().map_err(|body| Self { body, ended, over })
    }
}
