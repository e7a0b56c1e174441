//! Holds requests to the search limits before any work is done for them.

use pinakes_api::{Code, Filters};
use pinakes_config::limits::SearchLimits;

use crate::failure::Failure;

/// A query or question: something, and not too much.
pub(crate) fn words(text: &str, limits: &SearchLimits) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::new(Code::QuestionEmpty, "The question has no words."));
    }
    let max = limits.query_chars_max;
    if text.len() > max && text.chars().nth(max).is_some() {
        return Err(Failure::new(Code::QueryTooLong, format!("A question may have {max} characters at most.")));
    }
    Ok(())
}

/// Which hits are wanted.
pub(crate) fn window(limit: usize, offset: usize, limits: &SearchLimits) -> Result<(), Failure> {
    if limit == 0 || limit > limits.hits_max {
        return Err(Failure::new(Code::BadRequest, format!("`limit` is between 1 and {}.", limits.hits_max)));
    }
    if offset > limits.candidates_max {
        return Err(Failure::new(Code::BadRequest, format!("`offset` is {} at most.", limits.candidates_max)));
    }
    Ok(())
}

/// What to search.
pub(crate) fn filters(filters: &Filters, limits: &SearchLimits) -> Result<(), Failure> {
    let lists: [(&str, usize); 3] =
        [("sources", filters.sources.len()), ("kinds", filters.kinds.len()), ("languages", filters.languages.len())];
    if let Some((name, _)) = lists.into_iter().find(|(_, values)| *values > limits.filter_values_max) {
        return Err(Failure::new(Code::BadRequest, format!("`{name}` may name {} values at most.", limits.filter_values_max)));
    }
    let sources = filters.sources.iter().map(|source| &source.0);
    let mut values = sources.chain(&filters.languages).chain(&filters.path_prefix).chain(&filters.collection);
    if values.any(|value| value.len() > limits.filter_value_chars_max) {
        return Err(Failure::new(Code::BadRequest, format!("A filter's value may have {} bytes at most.", limits.filter_value_chars_max)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_in_characters_and_at_the_edge() {
        let limits = SearchLimits::default();
        let code = |text: &str| words(text, &limits).err().map(|failure| failure.0.code);
        assert_eq!(code(" \n\t\u{a0} "), Some(Code::QuestionEmpty));
        assert_eq!(code(&"ü".repeat(limits.query_chars_max)), None);
        assert_eq!(code(&"ü".repeat(limits.query_chars_max + 1)), Some(Code::QueryTooLong));
    }

    #[test]
    fn windows_and_filters_have_ends() {
        let limits = SearchLimits::default();
        assert!(window(1, 0, &limits).is_ok() && window(limits.hits_max, limits.candidates_max, &limits).is_ok());
        assert!(window(0, 0, &limits).is_err() && window(limits.hits_max + 1, 0, &limits).is_err());
        assert!(window(1, limits.candidates_max + 1, &limits).is_err());
        let many = Filters { languages: vec!["de".into(); limits.filter_values_max + 1], ..Filters::default() };
        let long = Filters { path_prefix: Some("x".repeat(limits.filter_value_chars_max + 1)), ..Filters::default() };
        assert!(filters(&many, &limits).is_err() && filters(&long, &limits).is_err());
        assert!(filters(&Filters::default(), &limits).is_ok());
    }
}
