//! `POST /v1/chat/completions`: reads the request, says what is not offered, and hands it to the documents or to a language model.

use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use pinakes_api::openai::{ChatRequest, ChatRole, ResponseFormat};
use pinakes_api::{AskEvent, AskResponse, Code, Completed, CompletionWords, Speaker, Turn};
use pinakes_types::Scope;

use super::chunks::{self, About};
use super::models::{Named, known, named};
use super::telling::{Telling, Told};
use super::{knowledge, plain};
use crate::body;
use crate::failure::Failure;
use crate::identity::Asker;
use crate::layers::observe::RequestId;
use crate::state::State;

pub(crate) async fn complete(state: Data<State>, asker: Asker, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let wanted: ChatRequest = body::json(&request, payload, &state.limits).await?;
    let stream = wanted.stream.unwrap_or(false);
    let (about, answering) = begin(&state, asker.0, &request, wanted, "chatcmpl").await?;
    match answering {
        Answering::Documents(told) => write(state, told, about, stream).await,
        Answering::Plain(told) => write(state, told, about, stream).await,
    }
}

async fn write(state: Data<State>, told: impl Told + 'static, about: About, stream: bool) -> Result<HttpResponse, Failure> {
    if stream { chunks::stream(state, told, about).await } else { chunks::whole(told, about).await }
}

/// An answer that has begun.
pub(super) enum Answering {
    /// From the documents.
    Documents(Telling<AskEvent, AskResponse>),
    /// A language model's own.
    Plain(Telling<CompletionWords, Completed>),
}

/// Begins the answer to a chat request, whichever way it was asked; `kind` is what its id begins with.
pub(super) async fn begin(
    state: &State,
    scope: Scope,
    request: &HttpRequest,
    wanted: ChatRequest,
    kind: &str,
) -> Result<(About, Answering), Failure> {
    offered(&wanted)?;
    let turns = turns(&wanted, state.limits.chat_messages_max)?;
    if state.is_stopping() {
        return Err(Failure::new(Code::ShuttingDown, "The server is about to stop."));
    }
    let thinking = wanted.reasoning_effort.as_deref().map(|effort| effort != "none");
    let named = named(&wanted.model, &known(state, scope.clone()).await?)?;
    let about = About {
        id: format!("{kind}-{}", state.fresh_id()),
        created: state.parts.clock.now().0 / 1_000,
        model: wanted.model.clone(),
        request_id: request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default(),
        usage: wanted.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
    };
    let answering = match named {
        Named::Documents { .. } if !matches!(wanted.response_format, None | Some(ResponseFormat::Text)) => {
            let words = "An answer from the documents is prose with citations; no other form can be asked for.";
            return Err(Failure::new(Code::BadRequest, words));
        }
        Named::Documents { extractive, filters } => {
            let page = body::own_address(state.public_url.as_deref(), request);
            Answering::Documents(knowledge::begin(state, scope, &turns, (extractive, filters), thinking, page).await?)
        }
        Named::Plain => Answering::Plain(plain::begin(state, scope, &wanted, turns, thinking).await?),
        Named::Embedding => return Err(Failure::new(Code::BadRequest, "This model makes vectors; ask it at `/v1/embeddings`.")),
    };
    Ok((about, answering))
}

/// Refuses what would change the answer and cannot be had.
fn offered(request: &ChatRequest) -> Result<(), Failure> {
    let given = |value: &Option<serde_json::Value>| {
        value.as_ref().is_some_and(|value| !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty()))
    };
    let refused = [
        (given(&request.tools) || given(&request.functions), "Tools are not offered; leave `tools` and `functions` out."),
        (request.n.is_some_and(|number| number != 1), "One answer can be had; `n` must be 1."),
        (request.logprobs == Some(true), "Probabilities are not offered; leave `logprobs` out."),
        (request.max_tokens == Some(0) || request.max_completion_tokens == Some(0), "An answer has one token at least."),
    ];
    match refused.into_iter().find(|(refused, _)| *refused) {
        Some((_, words)) => Err(Failure::new(Code::BadRequest, words)),
        None => Ok(()),
    }
}

/// The turns as text.
fn turns(request: &ChatRequest, messages_max: usize) -> Result<Vec<Turn>, Failure> {
    let wrong = |words: String| Failure::new(Code::BadRequest, words);
    if request.messages.is_empty() || request.messages.len() > messages_max {
        return Err(wrong(format!("`messages` holds 1 to {messages_max} messages.")));
    }
    let turns = request.messages.iter().map(|message| {
        let speaker = match message.role {
            ChatRole::System | ChatRole::Developer => Speaker::System,
            ChatRole::User => Speaker::User,
            ChatRole::Assistant => Speaker::Assistant,
            ChatRole::Tool | ChatRole::Function => return Err(wrong("Tools are not offered, so no message can come from one.".into())),
        };
        let text = message.text().map_err(|kind| wrong(format!("Text can be read here; a part of type {kind:?} cannot.")))?;
        Ok(Turn { speaker, text })
    });
    turns.collect()
}
