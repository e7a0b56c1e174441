//! The shapes of OpenAI's HTTP interface, as far as it is spoken here: whatever talks to that one can ask this server. The names are
//! theirs, and so is what absent fields mean; unlike in our own requests, fields that are not known are passed over, as clients send
//! many that change nothing here. What would change the answer and is not offered is refused in words.

mod chat;
mod embeddings;
mod error;
mod models;
mod responses;

pub use chat::{
    Annotation, ChatAnswer, ChatChoice, ChatChunk, ChatCompletion, ChatContent, ChatDelta, ChatMessage, ChatPart, ChatRequest, ChatRole,
    ChatUsage, ChunkChoice, JsonSchemaFormat, PromptDetails, ResponseFormat, Stop, StreamOptions, UrlCitation,
};
pub use embeddings::{Embedding, EmbeddingInput, EmbeddingList, EmbeddingUsage, EmbeddingVector, EmbeddingsRequest, EncodingFormat};
pub use error::{OpenAiError, OpenAiErrorBody};
pub use models::{ModelCard, ModelCardList};
pub use responses::{ResponsesFormat, ResponsesInput, ResponsesItem, ResponsesReasoning, ResponsesRequest, ResponsesText};
