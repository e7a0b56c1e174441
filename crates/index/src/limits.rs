//! Bounds on what one question may cost.

/// Characters of a question that are read for the lexical leg.
pub(crate) const QUESTION_CHARS_MAX: usize = 8192;
/// Words of a question that are looked up, those in phrases included.
pub(crate) const QUESTION_WORDS_MAX: usize = 64;
/// Phrases of a question that are looked up.
pub(crate) const QUESTION_PHRASES_MAX: usize = 8;
/// Candidates one leg is asked for.
pub(crate) const CANDIDATES_MAX: usize = 1000;
