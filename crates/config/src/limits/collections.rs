//! What collections may hold.

/// Collections.
pub const COLLECTIONS_MAX: usize = 500;
/// Patterns, sources and readers of one.
pub const PATTERNS_MAX: usize = 64;
/// Characters of a title.
pub const TITLE_CHARS_MAX: usize = 100;
/// Characters of instructions: they stand before the documents in every prompt.
pub const INSTRUCTIONS_CHARS_MAX: usize = 2_000;
