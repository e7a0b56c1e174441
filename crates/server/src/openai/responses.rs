//! `POST /v1/responses`: the same answers in OpenAI's younger shape. Nothing is kept, so no response continues another.

use std::convert::Infallible;

use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use pinakes_api::openai::{Annotation, ResponsesRequest};
use pinakes_api::{ApiError, Code};
use serde_json::{Value, json};

use super::chat::{self, Answering};
use super::chunks::About;
use super::telling::{End, Piece, Told};
use crate::body;
use crate::failure::Failure;
use crate::handlers::stream::{events, heartbeat, still_here};
use crate::identity::Asker;
use crate::layers::problems::public;
use crate::state::State;

pub(crate) async fn respond(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let wanted: ResponsesRequest = body::json(&request, payload, &state.limits).await?;
    if wanted.previous_response_id.is_some() {
        return Err(Failure::new(Code::BadRequest, "Responses are not kept; send the earlier turns in `input`."));
    }
    let wanted = wanted.into_chat();
    let wanted =
        wanted.map_err(|kind| Failure::new(Code::BadRequest, format!("Messages can be read here; an item of type {kind:?} cannot.")))?;
    let stream = wanted.stream.unwrap_or(false);
    let (about, answering) = chat::begin(&state, asker.0, &request, wanted, "resp").await?;
    match answering {
        Answering::Documents(told) => write(state, told, Page::new(about), stream).await,
        Answering::Plain(told) => write(state, told, Page::new(about), stream).await,
    }
}

async fn write(state: Data<State>, mut told: impl Told + 'static, mut page: Page, stream: bool) -> Result<HttpResponse, Failure> {
    if !stream {
        while let Some(pieces) = told.next().await {
            pieces.into_iter().for_each(|piece| drop(page.take(piece)));
        }
        let end = told.end().await?;
        return Ok(HttpResponse::Ok().json(page.response(Some(end))));
    }
    let every = state.limits.heartbeat_interval;
    // What fails before anything was said is an ordinary error.
    let (first, mut over) = match tokio::time::timeout(every, told.next()).await {
        Err(_) => (vec![], false),
        Ok(Some(pieces)) => (pieces, false),
        Ok(None) => (vec![], true),
    };
    let body = async_stream::stream! {
        let _open = state.metrics.open_stream();
        yield Ok::<Bytes, Infallible>(page.opening());
        for piece in first {
            yield Ok(page.take(piece));
        }
        let mut beat = heartbeat(every);
        while !over {
            tokio::select! {
                pieces = told.next() => match pieces {
                    Some(pieces) => for piece in pieces { yield Ok(page.take(piece)) },
                    None => over = true,
                },
                _ = beat.tick() => yield Ok(still_here()),
            }
        }
        match told.end().await {
            Ok(end) => yield Ok(page.closing(end)),
            Err(error) => yield Ok(page.failing(&error)),
        }
    };
    Ok(events(HttpResponse::Ok(), body))
}

/// A response as far as it has come.
struct Page {
    about: About,
    text: String,
    annotations: Vec<Annotation>,
    events: u64,
}

impl Page {
    fn new(about: About) -> Self {
        Self { about, text: String::new(), annotations: vec![], events: 0 }
    }

    fn item_id(&self) -> String {
        self.about.id.replacen("resp", "msg", 1)
    }

    /// Events of the beginning: the response, its one item, the item's one part.
    fn opening(&mut self) -> Bytes {
        let (response, item) = (self.response(None), self.item("in_progress", vec![]));
        let mut all = Vec::new();
        all.extend(self.event("response.created", json!({ "response": response })));
        all.extend(self.event("response.in_progress", json!({ "response": response })));
        all.extend(self.event("response.output_item.added", json!({ "output_index": 0, "item": item })));
        let part = self.part();
        all.extend(self.of_part("response.content_part.added", json!({ "part": part })));
        all.into()
    }

    /// Takes something that was said, and gives its event; no bytes where it has none.
    fn take(&mut self, piece: Piece) -> Bytes {
        match piece {
            Piece::Text(text) => {
                self.text.push_str(&text);
                self.of_part("response.output_text.delta", json!({ "delta": text, "logprobs": [] }))
            }
            Piece::Rests(annotation) => {
                let value = flat(&annotation);
                self.annotations.push(annotation);
                let place = self.annotations.len() - 1;
                self.of_part("response.output_text.annotation.added", json!({ "annotation_index": place, "annotation": value }))
            }
            Piece::Reasoning(_) | Piece::Nothing => Bytes::new(),
        }
    }

    fn closing(&mut self, end: End) -> Bytes {
        let (text, part, item) = (self.text.clone(), self.part(), self.item(status(end), vec![self.part()]));
        let mut all = Vec::new();
        all.extend(self.of_part("response.output_text.done", json!({ "text": text, "logprobs": [] })));
        all.extend(self.of_part("response.content_part.done", json!({ "part": part })));
        all.extend(self.event("response.output_item.done", json!({ "output_index": 0, "item": item })));
        let response = self.response(Some(end));
        all.extend(self.event(&format!("response.{}", status(end)), json!({ "response": response })));
        all.into()
    }

    fn failing(&mut self, error: &ApiError) -> Bytes {
        let problem = public(error, &self.about.request_id);
        tracing::error!(request_id = self.about.request_id, code = %error.code, cause = %error, "answer failed under way");
        self.event("error", json!({ "code": problem.code, "message": problem.detail, "param": null }))
    }

    /// An event of the one part there is.
    fn of_part(&mut self, kind: &str, mut data: Value) -> Bytes {
        data["item_id"] = self.item_id().into();
        data["output_index"] = 0.into();
        data["content_index"] = 0.into();
        self.event(kind, data)
    }

    fn event(&mut self, kind: &str, mut data: Value) -> Bytes {
        data["type"] = kind.into();
        data["sequence_number"] = self.events.into();
        self.events += 1;
        Bytes::from(format!("event: {kind}\ndata: {data}\n\n"))
    }

    fn part(&self) -> Value {
        let annotations: Vec<Value> = self.annotations.iter().map(flat).collect();
        json!({ "type": "output_text", "text": self.text, "annotations": annotations, "logprobs": [] })
    }

    fn item(&self, status: &str, content: Vec<Value>) -> Value {
        json!({ "type": "message", "id": self.item_id(), "status": status, "role": "assistant", "content": content })
    }

    /// The response; not at its end yet without one.
    fn response(&self, end: Option<End>) -> Value {
        let status = end.map_or("in_progress", status);
        let output = if end.is_some() { vec![self.item(status, vec![self.part()])] } else { vec![] };
        let usage = end.map(|End { usage, .. }| {
            json!({
                "input_tokens": usage.prompt_tokens,
                "input_tokens_details": { "cached_tokens": usage.cached_tokens },
                "output_tokens": usage.completion_tokens,
                "output_tokens_details": { "reasoning_tokens": 0 },
                "total_tokens": usage.prompt_tokens + usage.completion_tokens,
            })
        });
        let incomplete = end.filter(|end| end.cut).map(|_| json!({ "reason": "max_output_tokens" }));
        json!({
            "id": self.about.id, "object": "response", "created_at": self.about.created, "status": status, "model": self.about.model,
            "output": output, "usage": usage, "error": null, "incomplete_details": incomplete, "instructions": null, "metadata": {},
            "parallel_tool_calls": false, "temperature": null, "tool_choice": "none", "tools": [], "top_p": null, "store": false,
        })
    }
}

fn status(end: End) -> &'static str {
    if end.cut { "incomplete" } else { "completed" }
}

/// An annotation as this interface has it: in one level.
fn flat(annotation: &Annotation) -> Value {
    let mut value = serde_json::to_value(&annotation.url_citation).unwrap_or_default();
    value["type"] = annotation.kind.clone().into();
    value
}
