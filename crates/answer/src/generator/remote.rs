//! A language model on another server, by OpenAI's chat completions protocol.
//!
//! Off unless the configuration names its address: it is the only way for a text to leave the process. What it writes is trusted no more
//! than what a local model writes, and bounded in size and silence. Redirects are not followed, so the host that was named is the host
//! that is asked.

use std::sync::Arc;
use std::time::Duration;

use pinakes_api::{ApiError, Code, Usage};
use pinakes_chat::{Conversation, Role};
use pinakes_config::RemoteConfig;
use pinakes_config::limits::remote as limits;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, Url, redirect};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::Options;
use super::outgoing::Told;
use super::remote_stream::{Lines, Piece, read_chunk};
use super::writing::{Ending, Words};

/// Pieces that wait for a slow reader.
const PIECES_MAX: usize = 64;

/// The server and the model on it.
pub(super) struct Remote {
    client: Client,
    url: String,
    host: String,
    config: RemoteConfig,
}

impl Remote {
    /// Reads the key and prepares connections; connects to nothing.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`] for an address without a host or a key that cannot be read.
    pub(super) fn open(config: &RemoteConfig) -> Result<Self, ApiError> {
        let wrong = |words: String| ApiError::new(Code::InvalidConfig, words);
        let address = Url::parse(&config.url).map_err(|error| wrong(format!("remote.url: {error}")))?;
        let host = address.host_str().ok_or_else(|| wrong("remote.url names no host".to_owned()))?;
        let host = address.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut headers = HeaderMap::new();
        if let Some(path) = &config.api_key_file {
            let unreadable = |error: String| wrong(format!("remote.api_key_file {}: {error}", path.display()));
            let bytes = fs_err::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
            if bytes > limits::KEY_BYTES_MAX {
                return Err(unreadable(format!("{bytes} bytes are no key")));
            }
            let key = fs_err::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.trim())).map_err(|error| unreadable(error.to_string()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .default_headers(headers)
            .connect_timeout(limits::CONNECT_TIME_MAX)
            .read_timeout(config.stall_time_max)
            .redirect(redirect::Policy::none())
            .build()
            .map_err(ApiError::internal)?;
        Ok(Self { client, url: format!("{}/chat/completions", config.url), host, config: config.clone() })
    }

    /// Whom the texts are sent to.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn context_tokens(&self) -> usize {
        self.config.context_tokens
    }

    /// Asks for a text, once `told` is kept. What goes wrong comes with its first words.
    pub(super) fn begin(
        self: &Arc<Self>,
        conversation: &Conversation,
        tokens_max: usize,
        options: &Options,
        told: Option<Told>,
    ) -> RemoteWriting {
        let body = self.body(conversation, tokens_max, options);
        let (sender, pieces) = mpsc::channel(PIECES_MAX);
        let remote = Arc::clone(self);
        let time_max = options.time_max.unwrap_or(Duration::MAX);
        let task = tokio::spawn(async move {
            if let Some(told) = told {
                told.await;
            }
            let written = tokio::time::timeout(time_max, remote.write(body, &sender)).await;
            // What came in time is no whole answer, and must not pass for one.
            if let Err(error) = written.unwrap_or_else(|_| Err(remote.unusable("it took too long"))) {
                // Nobody may be listening any more.
                let _ = sender.send(Err(error)).await;
            }
        });
        RemoteWriting { pieces, task, usage: Usage::default(), ending: Ending::default(), ended: false }
    }

    fn body(&self, conversation: &Conversation, tokens_max: usize, options: &Options) -> Value {
        let messages: Vec<Value> = conversation
            .messages
            .iter()
            .map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                    Role::Tool => "tool",
                };
                json!({"role": role, "content": message.parts.concat()})
            })
            .collect();
        let mut body = json!({
            "model": self.config.model,
            "messages": messages,
            "max_tokens": tokens_max,
            "temperature": options.sampling.temperature,
            "top_p": options.sampling.top_p,
            "stream": true,
            "stream_options": {"include_usage": true},
            // Qwen's servers read it here; others leave it unread.
            "chat_template_kwargs": {"enable_thinking": conversation.thinking},
        });
        if !options.stop.is_empty() {
            body["stop"] = json!(options.stop);
        }
        if options.sampling.temperature > 0.0 {
            body["seed"] = json!(options.sampling.seed);
        }
        body
    }

    async fn write(&self, body: Value, sender: &mpsc::Sender<Result<Piece, ApiError>>) -> Result<(), ApiError> {
        let response = self.client.post(&self.url).json(&body).send().await.map_err(|error| self.unreachable(&error))?;
        let mut response = self.accepted(response).await?;
        let mut lines = Lines::default();
        let mut bytes_total = 0;
        while let Some(bytes) = response.chunk().await.map_err(|error| self.unreachable(&error))? {
            bytes_total += bytes.len();
            if bytes_total > limits::ANSWER_BYTES_MAX {
                return Err(self.unusable("its answer is too long"));
            }
            for line in lines.push(&bytes).map_err(|problem| self.unusable(problem))? {
                let Some(data) = line.strip_prefix("data:") else { continue };
                if data.trim() == "[DONE]" {
                    return Ok(());
                }
                for piece in read_chunk(data).map_err(|problem| self.unusable(&problem))? {
                    if sender.send(Ok(piece)).await.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        Err(self.unusable("its answer broke off"))
    }

    async fn accepted(&self, mut response: Response) -> Result<Response, ApiError> {
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let mut words = Vec::new();
        while let Ok(Some(bytes)) = response.chunk().await {
            words.extend_from_slice(&bytes);
            if words.len() >= limits::ERROR_BYTES_MAX {
                words.truncate(limits::ERROR_BYTES_MAX);
                break;
            }
        }
        // Its own words are for the log: they may repeat what was sent.
        let error = self.unusable(&format!("it answered with status {}", status.as_u16()));
        Err(error.caused_by(String::from_utf8_lossy(&words).into_owned()))
    }

    fn unreachable(&self, error: &reqwest::Error) -> ApiError {
        let words = if error.is_timeout() { "it is silent" } else { "it cannot be reached" };
        self.unusable(words).caused_by(error.to_string())
    }

    fn unusable(&self, problem: &str) -> ApiError {
        ApiError::new(Code::GeneratorUnavailable, format!("The language model at {} did not answer: {problem}.", self.host))
    }
}

/// A text on its way. Dropping it closes the connection.
pub(super) struct RemoteWriting {
    pieces: mpsc::Receiver<Result<Piece, ApiError>>,
    task: JoinHandle<()>,
    usage: Usage,
    ending: Ending,
    ended: bool,
}

impl RemoteWriting {
    pub(super) async fn next(&mut self) -> Result<Option<Words>, ApiError> {
        while !self.ended {
            match self.pieces.recv().await.transpose()? {
                Some(Piece::Words(words)) => return Ok(Some(words)),
                Some(Piece::Usage(usage)) => self.usage = usage,
                Some(Piece::Ending(ending)) => self.ending = ending,
                None => self.ended = true,
            }
        }
        Ok(None)
    }

    pub(super) fn usage(&self) -> Usage {
        self.usage
    }

    pub(super) fn ending(&self) -> Ending {
        self.ending
    }
}

impl Drop for RemoteWriting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
#[path = "remote_tests.rs"]
mod tests;
