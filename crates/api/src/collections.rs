//! Collections: parts of the documents that can be asked alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A collection that the asker may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollectionInfo {
    /// Its name: `collection` among a request's filters.
    pub name: String,
    /// What people see.
    pub title: String,
    /// Documents in it that the asker may find.
    pub documents: u64,
    /// The language model that writes its answers, where it has one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// The collections that the asker may use.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct CollectionList {
    /// By name.
    pub collections: Vec<CollectionInfo>,
}
