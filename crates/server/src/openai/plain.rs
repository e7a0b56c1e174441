//! A language model's own words, without the documents.

use pinakes_api::openai::{ChatRequest, ResponseFormat, Stop};
use pinakes_api::{Completed, CompletionRequest, CompletionWords, Form, Turn};
use pinakes_types::Scope;
use serde_json::json;
use tokio::sync::mpsc;

use super::telling::{End, Piece, Telling};
use crate::failure::Failure;
use crate::state::State;
use crate::work::Work;

/// Begins a text.
pub(super) async fn begin(
    state: &State,
    scope: Scope,
    request: &ChatRequest,
    turns: Vec<Turn>,
    thinking: Option<bool>,
) -> Result<Telling<CompletionWords, Completed>, Failure> {
    let place = state.asks.enter().await?;
    let (sender, words) = mpsc::channel(state.limits.stream_events_max);
    let limit = state.limits.ask_time_max;
    let text = state.library().complete(scope, translated(request, turns, thinking), sender);
    let work = Work::spawn(&state.runtime, async move {
        let completed = crate::deadline::within(limit, text).await;
        drop(place);
        completed
    });
    Ok(Telling::new(work, words, pieces, |completed| End { usage: completed.usage, cut: completed.cut }))
}

fn translated(request: &ChatRequest, turns: Vec<Turn>, thinking: Option<bool>) -> CompletionRequest {
    CompletionRequest {
        model: request.model.clone(),
        turns,
        tokens_max: request.max_completion_tokens.or(request.max_tokens),
        temperature: request.temperature.unwrap_or(0.0),
        top_p: request.top_p.unwrap_or(1.0),
        seed: request.seed.unwrap_or(0).cast_unsigned(),
        frequency_penalty: request.frequency_penalty.unwrap_or(0.0),
        presence_penalty: request.presence_penalty.unwrap_or(0.0),
        stop: match request.stop.clone() {
            None => vec![],
            Some(Stop::One(stop)) => vec![stop],
            Some(Stop::Many(stops)) => stops,
        },
        thinking,
        form: match request.response_format.clone() {
            None | Some(ResponseFormat::Text) => Form::Prose,
            Some(ResponseFormat::JsonObject) => Form::Json(json!({ "type": "object" })),
            Some(ResponseFormat::JsonSchema { json_schema }) => {
                Form::Json(json_schema.schema.unwrap_or_else(|| json!({ "type": "object" })))
            }
        },
    }
}

fn pieces(words: CompletionWords) -> Vec<Piece> {
    let CompletionWords { reasoning, text } = words;
    let mut pieces = Vec::new();
    if !reasoning.is_empty() {
        pieces.push(Piece::Reasoning(reasoning));
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}
