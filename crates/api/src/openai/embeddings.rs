//! Embeddings: `POST /v1/embeddings`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Texts to make vectors of. Other fields of OpenAI's are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
pub struct EmbeddingsRequest {
    /// The embedding model, as `/v1/models` names it.
    pub model: String,
    /// One text or several ([`EmbeddingInput`]), none empty. Token ids are another model's and refused in words, so it is read late.
    #[schema(value_type = EmbeddingInput)]
    pub input: serde_json::Value,
    /// How the vectors are written; `float` when absent.
    #[serde(default)]
    pub encoding_format: Option<EncodingFormat>,
    /// Numbers of a vector; none but the model's own can be had.
    #[serde(default)]
    pub dimensions: Option<usize>,
}

/// One text or several.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum EmbeddingInput {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// How vectors are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum EncodingFormat {
    /// As numbers.
    #[default]
    Float,
    /// As little-endian 32-bit floats in base64.
    Base64,
}

/// Vectors.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct EmbeddingList {
    /// Always `list`.
    pub object: String,
    /// One for each text, in order.
    pub data: Vec<Embedding>,
    /// The model.
    pub model: String,
    /// Tokens read.
    pub usage: EmbeddingUsage,
}

/// A vector.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Embedding {
    /// Always `embedding`.
    pub object: String,
    /// Which text it is of, from 0.
    pub index: usize,
    /// The vector, of unit length.
    pub embedding: EmbeddingVector,
}

/// A vector as it is written.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum EmbeddingVector {
    /// As numbers.
    Float(Vec<f32>),
    /// As little-endian 32-bit floats in base64.
    Base64(String),
}

/// Tokens read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct EmbeddingUsage {
    /// Of all texts.
    pub prompt_tokens: u64,
    /// The same.
    pub total_tokens: u64,
}
