//! Extracted text as it is kept: JSON under zstd, about a fifth of its size.

use pinakes_types::StructuredText;

use crate::CatalogError;

const LEVEL: i32 = 3;

pub(crate) fn pack(text: &StructuredText) -> Result<Vec<u8>, CatalogError> {
    let json = serde_json::to_vec(text).map_err(|error| CatalogError::Other(error.to_string()))?;
    zstd::encode_all(json.as_slice(), LEVEL).map_err(|error| CatalogError::Other(error.to_string()))
}

pub(crate) fn unpack(bytes: &[u8]) -> Result<StructuredText, CatalogError> {
    let json = zstd::decode_all(bytes).map_err(|error| CatalogError::Damaged(format!("a stored text: {error}")))?;
    serde_json::from_slice(&json).map_err(|error| CatalogError::Damaged(format!("a stored text: {error}")))
}
