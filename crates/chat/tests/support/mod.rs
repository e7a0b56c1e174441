//! What the tests of this crate share: where the large files lie, a small vocabulary for when they do not, and conversations as data.
#![allow(dead_code, clippy::unwrap_used, reason = "each test takes what it needs")]

use std::path::{Path, PathBuf};

use pinakes_chat::{Conversation, GgufVocabulary, Json, Message, Role, ToolCall};

/// A folder below the one that `variable` names, or a loud word that a test is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn folder(variable: &str, below: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable).map(|root| Path::new(&root).join(below)).filter(|folder| folder.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: {variable} names no folder with {below}");
    }
    found
}

/// A folder of the shared corpora.
pub(crate) fn shared(below: &str) -> Option<PathBuf> {
    folder("PINAKES_SHARED", below)
}

/// A folder of trained models.
pub(crate) fn models(below: &str) -> Option<PathBuf> {
    folder("PINAKES_TEST_MODELS", below)
}

/// The control tokens of Qwen3.5, in their order.
pub(crate) const CONTROLS: [&str; 12] = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<think>",
    "</think>",
];

/// A vocabulary with Qwen3.5's splitting: 256 bytes, three merges, then [`CONTROLS`].
pub(crate) fn small() -> GgufVocabulary {
    let printable = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut others = 256..;
    let mut symbol = |byte: u32| if printable(byte) { byte } else { others.next().unwrap() };
    let mut tokens: Vec<String> = (0..256).map(|byte| char::from_u32(symbol(byte)).unwrap().to_string()).collect();
    let merges = ["t h", "th e", "Ġ the"];
    tokens.extend(merges.iter().map(|merge| merge.replace(' ', "")));
    let mut token_types = vec![1; tokens.len()];
    for content in CONTROLS {
        tokens.push(content.to_owned());
        token_types.push(if content.starts_with("<|") { 3 } else { 4 });
    }
    GgufVocabulary {
        model: "gpt2".into(),
        pre: "qwen35".into(),
        merges: merges.map(str::to_owned).to_vec(),
        eos: Some(tokens.len() as u32 - 10),
        tokens,
        token_types,
        ..GgufVocabulary::default()
    }
}

/// Reads a conversation written in the form of the OpenAI interface.
pub(crate) fn conversation(written: &Json) -> Conversation {
    let list = |value: Option<&Json>| if let Some(Json::List(items)) = value { items.clone() } else { Vec::new() };
    Conversation {
        messages: list(written.get("messages")).iter().map(message).collect(),
        tools: list(written.get("tools")),
        thinking: written.get("thinking") == Some(&Json::Bool(true)),
        today: None,
    }
}

fn message(written: &Json) -> Message {
    let text = |key: &str| written.get(key).and_then(Json::as_text).map(str::to_owned);
    let role = match text("role").as_deref() {
        Some("system") => Role::System,
        Some("user") => Role::User,
        Some("assistant") => Role::Assistant,
        _ => Role::Tool,
    };
    let mut message = Message::new(role, text("content").unwrap());
    message.reasoning = text("reasoning_content");
    if let Some(Json::List(calls)) = written.get("tool_calls") {
        let function = |call: &Json| call.get("function").unwrap().clone();
        let call = |call: Json| ToolCall {
            name: call.get("name").and_then(Json::as_text).unwrap().to_owned(),
            arguments: call.get("arguments").unwrap().clone(),
        };
        message.tool_calls = calls.iter().map(function).map(call).collect();
    }
    message
}

/// The conversations that Python's Jinja laid out with the official template, and their ids.
pub(crate) fn reference() -> Json {
    include_str!("../data/qwen35_prompts.json").parse().unwrap()
}

/// The entries of a list in an object.
pub(crate) fn entries<'a>(value: &'a Json, key: &str) -> &'a [Json] {
    match value.get(key) {
        Some(Json::List(items)) => items,
        _ => panic!("no list `{key}`"),
    }
}

/// The text of a key.
pub(crate) fn text<'a>(value: &'a Json, key: &str) -> &'a str {
    value.get(key).and_then(Json::as_text).unwrap()
}
