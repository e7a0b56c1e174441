//! Responses: `POST /v1/responses`, the younger of OpenAI's two ways to ask. Read into a chat request, as it says the same in other words.

use serde::Deserialize;
use utoipa::ToSchema;

use super::{ChatContent, ChatMessage, ChatRequest, ChatRole, ResponseFormat};

/// What to answer. Other fields of OpenAI's are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ResponsesRequest {
    /// One of `/v1/models`.
    pub model: String,
    /// The question, or turns of which the last is the user's.
    pub input: ResponsesInput,
    /// What comes before all turns; passed over where the answer comes from documents.
    #[serde(default)]
    pub instructions: Option<String>,
    /// Whether the answer comes as server-sent events.
    #[serde(default)]
    pub stream: Option<bool>,
    /// 0 (the default here) is greedy.
    #[serde(default)]
    #[schema(minimum = 0.0, maximum = 2.0)]
    pub temperature: Option<f32>,
    /// The fewest tokens whose probabilities add up to this are drawn from.
    #[serde(default)]
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub top_p: Option<f32>,
    /// Tokens of the answer.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub max_output_tokens: Option<usize>,
    /// What form the answer has.
    #[serde(default)]
    pub text: Option<ResponsesText>,
    /// Whether the model reasons first.
    #[serde(default)]
    pub reasoning: Option<ResponsesReasoning>,
    /// Not offered: responses are not kept.
    #[serde(default)]
    #[schema(ignore)]
    pub previous_response_id: Option<String>,
    /// Not offered.
    #[serde(default)]
    #[schema(ignore)]
    pub tools: Option<serde_json::Value>,
}

/// The question, or turns.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ResponsesInput {
    /// The question.
    Text(String),
    /// Turns, oldest first.
    Items(Vec<ResponsesItem>),
}

/// A turn.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ResponsesItem {
    /// `message`, also when absent; others are refused.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
    /// Who speaks.
    #[serde(default)]
    pub role: Option<ChatRole>,
    /// What is said.
    #[serde(default)]
    pub content: Option<ChatContent>,
}

/// What form an answer has.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ResponsesText {
    /// The form; prose when absent.
    #[serde(default)]
    pub format: Option<ResponsesFormat>,
}

/// What form an answer has.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponsesFormat {
    /// Prose.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema(super::JsonSchemaFormat),
}

/// Whether the model reasons first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ResponsesReasoning {
    /// `none` for an answer at once.
    #[serde(default)]
    pub effort: Option<String>,
}

impl ResponsesRequest {
    /// The same as a chat request.
    ///
    /// # Errors
    /// The type of an item that is no message.
    pub fn into_chat(self) -> Result<ChatRequest, String> {
        let system = self.instructions.map(|text| said(ChatRole::System, text));
        let turns = match self.input {
            ResponsesInput::Text(text) => vec![said(ChatRole::User, text)],
            ResponsesInput::Items(items) => items.into_iter().map(message).collect::<Result<_, _>>()?,
        };
        Ok(ChatRequest {
            model: self.model,
            messages: system.into_iter().chain(turns).collect(),
            stream: self.stream,
            temperature: self.temperature,
            top_p: self.top_p,
            max_completion_tokens: self.max_output_tokens,
            response_format: self.text.and_then(|text| text.format).map(|format| match format {
                ResponsesFormat::Text => ResponseFormat::Text,
                ResponsesFormat::JsonObject => ResponseFormat::JsonObject,
                ResponsesFormat::JsonSchema(json_schema) => ResponseFormat::JsonSchema { json_schema },
            }),
            reasoning_effort: self.reasoning.and_then(|reasoning| reasoning.effort),
            tools: self.tools,
            ..ChatRequest::default()
        })
    }
}

fn said(role: ChatRole, text: String) -> ChatMessage {
    ChatMessage { role, content: Some(ChatContent::Text(text)) }
}

fn message(item: ResponsesItem) -> Result<ChatMessage, String> {
    match (item.kind.as_deref(), item.role) {
        (None | Some("message"), Some(role)) => Ok(ChatMessage { role, content: item.content }),
        (kind, _) => Err(kind.unwrap_or("none").to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(request: &str) -> Result<ChatRequest, String> {
        serde_json::from_str::<ResponsesRequest>(request).unwrap().into_chat()
    }

    #[test]
    fn both_ways_to_ask_say_the_same() {
        let short = chat(r#"{"model":"m","input":"a","instructions":"b","max_output_tokens":5}"#).unwrap();
        let long = r#"{"model":"m","messages":[{"role":"system","content":"b"},{"role":"user","content":"a"}],"max_completion_tokens":5}"#;
        assert_eq!(short, serde_json::from_str(long).unwrap());
        let items = chat(r#"{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"a"}]},{"type":"message","role":"assistant",
            "content":[{"type":"output_text","text":"b","annotations":[]}]}],"text":{"format":{"type":"json_schema","name":"n","schema":{}}}}"#)
        .unwrap();
        assert_eq!(items.messages.iter().map(|message| message.text().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(matches!(items.response_format, Some(ResponseFormat::JsonSchema { .. })));
        assert_eq!(
            chat(r#"{"model":"m","input":[{"type":"function_call_output","call_id":"x","output":"y"}]}"#),
            Err("function_call_output".into())
        );
    }
}
