//! Chat completions: `POST /v1/chat/completions`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Usage;

/// Turns to continue. Other fields of OpenAI's are passed over.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct ChatRequest {
    /// One of `/v1/models`: `pinakes…` answers from the documents, with citations; a language model's own name lets it speak for itself.
    pub model: String,
    /// The turns, oldest first; the last is the user's.
    #[schema(min_items = 1, max_items = 1000)]
    pub messages: Vec<ChatMessage>,
    /// Whether the answer comes as server-sent events.
    #[serde(default)]
    pub stream: Option<bool>,
    /// What else comes with them.
    #[serde(default)]
    pub stream_options: Option<StreamOptions>,
    /// 0 (the default here) is greedy. An answer from documents is always greedy.
    #[serde(default)]
    #[schema(minimum = 0.0, maximum = 2.0)]
    pub temperature: Option<f32>,
    /// The fewest tokens whose probabilities add up to this are drawn from.
    #[serde(default)]
    #[schema(minimum = 0.0, maximum = 1.0)]
    pub top_p: Option<f32>,
    /// The same seed draws the same answer.
    #[serde(default)]
    pub seed: Option<i64>,
    /// Tokens of the answer.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub max_completion_tokens: Option<usize>,
    /// Its former name.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub max_tokens: Option<usize>,
    /// What ends the answer and is left out.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// Taken off the likelihood of a token for each time it was said.
    #[serde(default)]
    #[schema(minimum = -2.0, maximum = 2.0)]
    pub frequency_penalty: Option<f32>,
    /// Taken off the likelihood of a token once it was said.
    #[serde(default)]
    #[schema(minimum = -2.0, maximum = 2.0)]
    pub presence_penalty: Option<f32>,
    /// Answers wanted; only one can be had.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1)]
    pub n: Option<u32>,
    /// What form the answer has.
    #[serde(default)]
    pub response_format: Option<ResponseFormat>,
    /// `none` for an answer at once; anything else lets the model reason first.
    #[serde(default)]
    pub reasoning_effort: Option<String>,
    /// Not offered.
    #[serde(default)]
    #[schema(ignore)]
    pub tools: Option<serde_json::Value>,
    /// Not offered.
    #[serde(default)]
    #[schema(ignore)]
    pub functions: Option<serde_json::Value>,
    /// Not offered.
    #[serde(default)]
    #[schema(ignore)]
    pub logprobs: Option<bool>,
}

/// One turn.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: ChatRole,
    /// What is said; may be absent in a turn of the assistant.
    #[serde(default)]
    pub content: Option<ChatContent>,
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatRole {
    /// Instructions; passed over where the answer comes from documents.
    System,
    /// Their newer name.
    Developer,
    /// The person who asks.
    User,
    /// The model.
    Assistant,
    /// Not offered.
    Tool,
    /// Not offered.
    Function,
}

/// What is said: text, or parts of text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ChatContent {
    /// Text.
    Text(String),
    /// Parts, joined by line breaks.
    Parts(Vec<ChatPart>),
}

/// A part of what is said.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ChatPart {
    /// `text`; others are refused.
    #[serde(rename = "type")]
    pub kind: String,
    /// The text.
    #[serde(default)]
    pub text: Option<String>,
}

impl ChatMessage {
    /// The text, or the kind of a part that is none.
    ///
    /// # Errors
    /// The part's kind.
    pub fn text(&self) -> Result<String, &str> {
        match &self.content {
            None => Ok(String::new()),
            Some(ChatContent::Text(text)) => Ok(text.clone()),
            Some(ChatContent::Parts(parts)) => {
                let texts: Result<Vec<&str>, &str> = parts.iter().map(|part| part.text.as_deref().ok_or(part.kind.as_str())).collect();
                Ok(texts?.join("\n"))
            }
        }
    }
}

/// What ends an answer: one text, or several.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Stop {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// What comes with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
pub struct StreamOptions {
    /// Whether the last chunk says how many tokens were used.
    #[serde(default)]
    pub include_usage: Option<bool>,
}

/// What form an answer has.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// Prose.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON that fits a schema.
    JsonSchema {
        /// The schema and its name.
        json_schema: JsonSchemaFormat,
    },
}

/// A schema and its name.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct JsonSchemaFormat {
    /// Its name; means nothing here.
    #[serde(default)]
    pub name: Option<String>,
    /// The JSON Schema; any object when absent.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub schema: Option<serde_json::Value>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChatCompletion {
    /// Its id.
    pub id: String,
    /// Always `chat.completion`.
    pub object: String,
    /// When it was asked for, in seconds since 1970.
    pub created: i64,
    /// The model, as the request named it.
    pub model: String,
    /// One.
    pub choices: Vec<ChatChoice>,
    /// Tokens used.
    pub usage: ChatUsage,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChatChoice {
    /// Always 0.
    pub index: u32,
    /// What is said.
    pub message: ChatAnswer,
    /// `stop`, or `length` where it was cut off.
    pub finish_reason: String,
    /// Always null.
    pub logprobs: Option<()>,
}

/// What is said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChatAnswer {
    /// Always `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
    /// Always null: what the documents do not carry is said in words.
    pub refusal: Option<String>,
    /// What parts of the text rest on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
    /// What the model said to itself first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
}

/// What a part of the text rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Annotation {
    /// Always `url_citation`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The citation.
    pub url_citation: UrlCitation,
}

/// A verified citation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UrlCitation {
    /// First character of the part it stands for.
    pub start_index: usize,
    /// The character after its last.
    pub end_index: usize,
    /// Opens this server's page at the words quoted.
    pub url: String,
    /// The document's title.
    pub title: String,
    /// The document's words; not one of OpenAI's fields.
    pub quote: String,
}

/// Tokens used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChatUsage {
    /// Read.
    pub prompt_tokens: u64,
    /// Written.
    pub completion_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Of those read.
    pub prompt_tokens_details: PromptDetails,
}

/// Of tokens read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PromptDetails {
    /// Those whose computation was reused.
    pub cached_tokens: u64,
}

impl From<Usage> for ChatUsage {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens + usage.completion_tokens,
            prompt_tokens_details: PromptDetails { cached_tokens: usage.cached_tokens },
        }
    }
}

/// A part of an answer on its way. The last event of a stream is `[DONE]` instead.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChatChunk {
    /// The answer's id.
    pub id: String,
    /// Always `chat.completion.chunk`.
    pub object: String,
    /// When the answer was asked for, in seconds since 1970.
    pub created: i64,
    /// The model, as the request named it.
    pub model: String,
    /// One; none in the chunk with the usage.
    pub choices: Vec<ChunkChoice>,
    /// Tokens used; in the last chunk, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<ChatUsage>,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ChunkChoice {
    /// Always 0.
    pub index: u32,
    /// What is new.
    pub delta: ChatDelta,
    /// In the last chunk of the text: `stop` or `length`.
    pub finish_reason: Option<String>,
}

/// What is new.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct ChatDelta {
    /// In the first chunk: `assistant`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// More of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// More of what the model says to itself first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// What parts of the text so far rest on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Annotation>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_send_is_read() {
        let full = r#"{"model":"m","messages":[{"role":"developer","content":"x"},{"role":"user","content":[{"type":"text","text":"a"},
            {"type":"text","text":"b"}],"name":"n"},{"role":"assistant","content":null,"tool_calls":[]}],"stream":null,"stop":["a","b"],
            "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}},
            "user":"u","metadata":{},"parallel_tool_calls":false,"stream_options":{"include_usage":true},"temperature":1}"#;
        let request: ChatRequest = serde_json::from_str(full).unwrap();
        let texts: Vec<_> = request.messages.iter().map(ChatMessage::text).collect();
        assert_eq!(texts, [Ok("x".into()), Ok("a\nb".into()), Ok(String::new())]);
        assert_eq!((request.stop, request.temperature), (Some(Stop::Many(vec!["a".into(), "b".into()])), Some(1.0)));
        assert!(matches!(request.response_format, Some(ResponseFormat::JsonSchema { .. })));
    }

    #[test]
    fn pictures_are_named_and_not_taken_for_text() {
        let message = r#"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:"}}]}"#;
        assert_eq!(serde_json::from_str::<ChatMessage>(message).unwrap().text(), Err("image_url"));
    }

    #[test]
    fn usage_adds_up() {
        let usage = ChatUsage::from(Usage { prompt_tokens: 7, cached_tokens: 5, completion_tokens: 2 });
        assert_eq!(
            serde_json::to_value(usage).unwrap(),
            serde_json::json!({"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9, "prompt_tokens_details": {"cached_tokens": 5}})
        );
    }
}
