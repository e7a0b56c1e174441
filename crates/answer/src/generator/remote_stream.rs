//! The events of a chat completion as other servers stream them.

use pinakes_api::Usage;
use pinakes_config::limits::remote as limits;
use serde::Deserialize;

use super::writing::{Ending, Words};

/// What one event says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// More of the text.
    Words(Words),
    /// Why it ended.
    Ending(Ending),
    /// What it took.
    Usage(Usage),
}

/// Lines out of bytes that come as they come.
#[derive(Default)]
pub(super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// The lines that are whole now, without their ends.
    ///
    /// # Errors
    /// A line that is too long.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, &'static str> {
        self.rest.extend_from_slice(bytes);
        let Some(end) = self.rest.iter().rposition(|byte| *byte == b'\n') else {
            return if self.rest.len() > limits::LINE_BYTES_MAX { Err("a line of its answer is too long") } else { Ok(vec![]) };
        };
        let rest = self.rest.split_off(end + 1);
        let whole = std::mem::replace(&mut self.rest, rest);
        Ok(String::from_utf8_lossy(&whole).lines().map(str::to_owned).collect())
    }
}

#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Tokens>,
    #[serde(default)]
    error: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Delta,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct Delta {
    #[serde(default)]
    content: Option<String>,
    /// vLLM's and llama.cpp's older name, and the newer one.
    #[serde(default, alias = "reasoning_content")]
    reasoning: Option<String>,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
    #[serde(default)]
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<u64>,
}

/// Reads the data of one event.
///
/// # Errors
/// What is wrong with it, or what the server says went wrong.
pub(super) fn read_chunk(data: &str) -> Result<Vec<Piece>, String> {
    let chunk: Chunk = serde_json::from_str(data).map_err(|_| "its answer is not OpenAI's protocol".to_owned())?;
    if chunk.error.is_some() {
        return Err("it failed in the middle of its answer".to_owned());
    }
    let mut pieces = Vec::new();
    if let Some(choice) = chunk.choices.into_iter().next() {
        let words = Words { reasoning: choice.delta.reasoning.unwrap_or_default(), text: choice.delta.content.unwrap_or_default() };
        if words != Words::default() {
            pieces.push(Piece::Words(words));
        }
        if let Some(reason) = choice.finish_reason {
            pieces.push(Piece::Ending(if reason == "length" { Ending::Length } else { Ending::Stop }));
        }
    }
    if let Some(usage) = chunk.usage {
        let cached_tokens = usage.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
        let Tokens { prompt_tokens, completion_tokens, .. } = usage;
        pieces.push(Piece::Usage(Usage { prompt_tokens, cached_tokens, completion_tokens }));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_however_the_bytes_are_cut() {
        let text = "data: {\"a\":\"ü\"}\r\n\r\n: ping\ndata: [DONE]\n".as_bytes();
        for size in 1..text.len() {
            let mut lines = Lines::default();
            let seen: Vec<String> = text.chunks(size).flat_map(|bytes| lines.push(bytes).unwrap()).collect();
            assert_eq!(seen, ["data: {\"a\":\"ü\"}", "", ": ping", "data: [DONE]"]);
        }
        assert!(Lines::default().push(&vec![b'x'; limits::LINE_BYTES_MAX + 1]).is_err());
    }

    #[test]
    fn chunks_of_several_servers_are_read() {
        let vllm = r#"{"id":"c","choices":[{"index":0,"delta":{"content":"Ten","reasoning_content":null},"finish_reason":null}]}"#;
        assert_eq!(read_chunk(vllm).unwrap(), [Piece::Words(Words { text: "Ten".into(), ..Words::default() })]);
        let thinking = r#"{"choices":[{"delta":{"reasoning_content":"Hm"}}]}"#;
        assert_eq!(read_chunk(thinking).unwrap(), [Piece::Words(Words { reasoning: "Hm".into(), ..Words::default() })]);
        let end = r#"{"choices":[{"delta":{},"finish_reason":"length"}],"usage":null}"#;
        assert_eq!(read_chunk(end).unwrap(), [Piece::Ending(Ending::Length)]);
        let usage = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":8}}}"#;
        let tokens = Usage { prompt_tokens: 9, cached_tokens: 8, completion_tokens: 2 };
        assert_eq!(read_chunk(usage).unwrap(), [Piece::Usage(tokens)]);
        assert!(read_chunk(r#"{"error":{"message":"out of memory"}}"#).is_err());
        assert!(read_chunk("<html>").is_err());
    }
}
