//! Models: `GET /v1/models`.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A model that can be named in requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelCard {
    /// Its name. `pinakes` answers from the documents; `pinakes/SOURCE` from those of one source; `pinakes/extractive` in the documents'
    /// own sentences; any other is a language model without the documents, or the embedding model.
    pub id: String,
    /// Always `model`.
    pub object: String,
    /// When the server was started, in seconds since 1970.
    pub created: i64,
    /// Always `pinakes`.
    pub owned_by: String,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelCardList {
    /// Always `list`.
    pub object: String,
    /// In the order of the list above.
    pub data: Vec<ModelCard>,
}
