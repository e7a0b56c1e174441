//! An answer written down: whole, or as chunks while it is made. What fails before anything was said is an ordinary error response; after
//! that, an `error` event, which the official clients raise.

use std::convert::Infallible;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use pinakes_api::ApiError;
use pinakes_api::openai::{Annotation, ChatAnswer, ChatChoice, ChatChunk, ChatCompletion, ChatDelta, ChatUsage, ChunkChoice, OpenAiError};
use serde::Serialize;

use super::telling::{End, Piece, Told};
use crate::failure::Failure;
use crate::handlers::stream::{events, heartbeat, still_here};
use crate::layers::problems::public;
use crate::state::State;

const ROLE: &str = "assistant";
const DONE: Bytes = Bytes::from_static(b"data: [DONE]\n\n");

/// What every part of an answer repeats.
pub(super) struct About {
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) model: String,
    pub(super) request_id: String,
    /// Whether the last chunk says what was used.
    pub(super) usage: bool,
}

/// The whole answer.
pub(super) async fn whole(mut told: impl Told, about: About) -> Result<HttpResponse, Failure> {
    let (mut content, mut reasoning, mut annotations) = (String::new(), String::new(), Vec::<Annotation>::new());
    while let Some(pieces) = told.next().await {
        for piece in pieces {
            match piece {
                Piece::Text(text) => content.push_str(&text),
                Piece::Reasoning(text) => reasoning.push_str(&text),
                Piece::Rests(annotation) => annotations.push(annotation),
                Piece::Nothing => {}
            }
        }
    }
    let end = told.end().await?;
    let reasoning_content = (!reasoning.is_empty()).then_some(reasoning);
    let message = ChatAnswer { role: ROLE.into(), content, refusal: None, annotations, reasoning_content };
    let choice = ChatChoice { index: 0, message, finish_reason: reason(end).into(), logprobs: None };
    Ok(HttpResponse::Ok().json(ChatCompletion {
        id: about.id,
        object: "chat.completion".into(),
        created: about.created,
        model: about.model,
        choices: vec![choice],
        usage: ChatUsage::from(end.usage),
    }))
}

/// The answer as chunks.
pub(super) async fn stream(state: Data<State>, mut told: impl Told + 'static, about: About) -> Result<HttpResponse, Failure> {
    let every = state.limits.heartbeat_interval;
    // A long prompt is read for minutes; whoever waits is told sooner that something is going on.
    let first = match tokio::time::timeout(every, told.next()).await {
        Err(_) => vec![],
        Ok(Some(pieces)) => pieces,
        Ok(None) => {
            let end = told.end().await?;
            let ended = futures::stream::iter([Ok(about.opening()), Ok(about.closing(end)), Ok(DONE)]);
            return Ok(events(HttpResponse::Ok(), ended));
        }
    };
    let body = async_stream::stream! {
        let _open = state.metrics.open_stream();
        yield Ok::<Bytes, Infallible>(about.opening());
        for piece in first {
            if let Some(chunk) = about.chunk(piece) { yield Ok(chunk) }
        }
        let mut beat = heartbeat(every);
        loop {
            tokio::select! {
                pieces = told.next() => match pieces {
                    Some(pieces) => for piece in pieces {
                        if let Some(chunk) = about.chunk(piece) { yield Ok(chunk) }
                    },
                    None => break,
                },
                _ = beat.tick() => yield Ok(still_here()),
            }
        }
        match told.end().await {
            Ok(end) => {
                yield Ok(about.closing(end));
                yield Ok(DONE);
            }
            Err(error) => yield Ok(about.failing(&error)),
        }
    };
    Ok(events(HttpResponse::Ok(), body))
}

impl About {
    fn opening(&self) -> Bytes {
        self.delta(ChatDelta { role: Some(ROLE.into()), content: Some(String::new()), ..ChatDelta::default() }, None)
    }

    fn chunk(&self, piece: Piece) -> Option<Bytes> {
        let delta = match piece {
            Piece::Text(text) => ChatDelta { content: Some(text), ..ChatDelta::default() },
            Piece::Reasoning(text) => ChatDelta { reasoning_content: Some(text), ..ChatDelta::default() },
            Piece::Rests(annotation) => ChatDelta { annotations: vec![annotation], ..ChatDelta::default() },
            Piece::Nothing => return None,
        };
        Some(self.delta(delta, None))
    }

    /// Why it ended, and what was used where that was asked for.
    fn closing(&self, end: End) -> Bytes {
        let mut last = self.delta(ChatDelta::default(), Some(reason(end))).to_vec();
        if self.usage {
            last.extend_from_slice(&self.event(vec![], Some(ChatUsage::from(end.usage))));
        }
        last.into()
    }

    fn failing(&self, error: &ApiError) -> Bytes {
        tracing::error!(request_id = self.request_id, code = %error.code, cause = %error, "answer failed under way");
        encode(&OpenAiError::from(&public(error, &self.request_id)))
    }

    fn delta(&self, delta: ChatDelta, finish_reason: Option<&str>) -> Bytes {
        self.event(vec![ChunkChoice { index: 0, delta, finish_reason: finish_reason.map(str::to_owned) }], None)
    }

    fn event(&self, choices: Vec<ChunkChoice>, usage: Option<ChatUsage>) -> Bytes {
        encode(&ChatChunk {
            id: self.id.clone(),
            object: "chat.completion.chunk".into(),
            created: self.created,
            model: self.model.clone(),
            choices,
            usage,
        })
    }
}

fn reason(end: End) -> &'static str {
    if end.cut { "length" } else { "stop" }
}

fn encode(value: &impl Serialize) -> Bytes {
    Bytes::from(format!("data: {}\n\n", serde_json::to_string(value).expect("a chunk is plain data")))
}
