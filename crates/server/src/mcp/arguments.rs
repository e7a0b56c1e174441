//! What a call brings, held to the limits.

use pinakes_api::{ApiError, AskRequest, Code, Filters, SearchRequest};
use pinakes_config::limits::SearchLimits;
use pinakes_types::{DocId, DocumentKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::tools::{HITS, HITS_MAX};
use crate::check;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Search {
    query: String,
    limit: Option<usize>,
    collection: Option<String>,
    path_prefix: Option<String>,
    #[serde(default)]
    kinds: Vec<DocumentKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    question: String,
    collection: Option<String>,
    path_prefix: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    doc_id: String,
    start: Option<usize>,
}

pub(super) fn search(arguments: Value) -> Result<SearchRequest, ApiError> {
    let Search { query, limit, collection, path_prefix, kinds } = parsed(arguments)?;
    let limit = limit.unwrap_or(HITS);
    if !(1..=HITS_MAX).contains(&limit) {
        return Err(ApiError::new(Code::BadRequest, format!("`limit` is between 1 and {HITS_MAX}.")));
    }
    let filters = Filters { collection, path_prefix, kinds, ..Filters::default() };
    checked(&query, &filters)?;
    Ok(SearchRequest { limit, filters, ..SearchRequest::new(query.trim()) })
}

pub(super) fn ask(arguments: Value) -> Result<AskRequest, ApiError> {
    let Ask { question, collection, path_prefix } = parsed(arguments)?;
    let filters = Filters { collection, path_prefix, ..Filters::default() };
    checked(&question, &filters)?;
    Ok(AskRequest { filters, ..AskRequest::new(question.trim()) })
}

pub(super) fn read(arguments: Value) -> Result<(DocId, usize), ApiError> {
    let Read { doc_id, start } = parsed(arguments)?;
    let plain = (1..=64).contains(&doc_id.len()) && doc_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain {
        return Err(ApiError::new(Code::NotFound, "There is no such document."));
    }
    Ok((DocId(doc_id), start.unwrap_or(0)))
}

fn checked(words: &str, filters: &Filters) -> Result<(), ApiError> {
    let limits = SearchLimits::default();
    check::words(words, &limits).and_then(|()| check::filters(filters, &limits)).map_err(|failure| failure.0)
}

fn parsed<T: DeserializeOwned>(arguments: Value) -> Result<T, ApiError> {
    serde_json::from_value(arguments).map_err(|error| {
        let words: String = error.to_string().chars().take(200).collect();
        ApiError::new(Code::BadRequest, format!("The arguments do not fit: {words}"))
    })
}
