//! What models can do without the documents: a language model's own words, and vectors of texts. For clients that bring their own
//! context, and for those that index with the same model.

use std::sync::Arc;

use pinakes_api::{ApiError, Code, Completed, CompletionRequest, CompletionWords, Embedded, Form, Models, Speaker};
use pinakes_chat::{Conversation, Grammar, Message, Role};
use pinakes_engine::sampler::Sampling;
use pinakes_types::Scope;
use tokio::sync::mpsc;

use crate::Searcher;
use crate::generator::{Ending, Generator, Held, Options, Words};
use crate::searcher::catalog_error;

impl Searcher {
    /// What can be named as a model. A source that the scope reads nothing of is not named.
    ///
    /// # Errors
    /// Catalog errors.
    pub async fn models(&self, scope: &Scope) -> Result<Models, ApiError> {
        let mut sources = Vec::new();
        for source in self.store.catalog.sources().await.map_err(catalog_error)? {
            let counts = self.store.catalog.state_counts_of(scope, Some(&source.id)).await.map_err(catalog_error)?;
            if scope.labels().is_none() || counts.indexed + counts.partial > 0 {
                sources.push(source.id.0);
            }
        }
        Ok(Models {
            generators: self.generators.iter().map(|generator| generator.name().to_owned()).collect(),
            embedding: Some(self.embedder.model().name.clone()),
            collections: self.collections(scope).await?.collections.into_iter().map(|one| one.name).collect(),
            sources,
        })
    }

    /// Continues a conversation in the model's own words, which go to `words` as they come. Ends early, without an error, when nobody
    /// listens any more.
    ///
    /// # Errors
    /// [`Code::ModelNotFound`]; [`Code::Busy`] when too many wait; [`Code::BadRequest`] when the request cannot be followed.
    pub async fn complete(
        &self,
        scope: &Scope,
        request: CompletionRequest,
        words: mpsc::Sender<CompletionWords>,
    ) -> Result<Completed, ApiError> {
        let generator = self.generators.named(&request.model)?;
        let options = options(generator, &request)?;
        let messages = request.turns.into_iter().map(|turn| Message::new(role(turn.speaker), turn.text)).collect();
        let mut writing = generator.begin(scope, Conversation { messages, ..Conversation::default() }, options)?;
        while let Some(Words { reasoning, text }) = writing.next().await? {
            if words.send(CompletionWords { reasoning, text }).await.is_err() {
                break;
            }
        }
        Ok(Completed { usage: writing.usage(), cut: writing.ending() == Ending::Length })
    }

    /// Vectors of texts, as passages are embedded.
    ///
    /// # Errors
    /// [`Code::BadRequest`] for a text that the model would read in part only.
    pub async fn embed(&self, texts: Vec<String>) -> Result<Embedded, ApiError> {
        let embedder = Arc::clone(&self.embedder);
        let work = move || {
            let tokens_max = embedder.model().tokens_max;
            let mut tokens = 0;
            for (number, text) in texts.iter().enumerate() {
                // The special tokens at both ends are the model's.
                let count = embedder.count_tokens(text) + 2;
                if count > tokens_max {
                    let words = format!("Input {number} has {count} tokens; the model reads {tokens_max}.");
                    return Err(ApiError::new(Code::BadRequest, words));
                }
                tokens += count as u64;
            }
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            Ok(Embedded { vectors: embedder.embed(&texts).map_err(ApiError::internal)?, tokens })
        };
        tokio::task::spawn_blocking(work).await.map_err(ApiError::internal)?
    }
}

fn options(generator: &Generator, request: &CompletionRequest) -> Result<Options, ApiError> {
    Ok(Options {
        held: held(generator, &request.form)?,
        tokens_max: request.tokens_max,
        thinking: request.thinking,
        sampling: Sampling {
            temperature: request.temperature,
            top_p: request.top_p,
            frequency: request.frequency_penalty,
            presence: request.presence_penalty,
            seed: request.seed,
            ..Sampling::default()
        },
        stop: request.stop.clone(),
        private: true,
        ..Options::default()
    })
}

fn held(generator: &Generator, form: &Form) -> Result<Option<Held>, ApiError> {
    let Form::Json(schema) = form else { return Ok(None) };
    let words = "This model is another server's, which cannot be held to a schema from here.";
    let chat = generator.chat().ok_or_else(|| ApiError::new(Code::BadRequest, words))?;
    let grammar = Grammar::new(Arc::clone(chat), schema).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))?;
    Ok(Some(Held::Schema(Box::new(grammar))))
}

fn role(speaker: Speaker) -> Role {
    match speaker {
        Speaker::System => Role::System,
        Speaker::User => Role::User,
        Speaker::Assistant => Role::Assistant,
    }
}
