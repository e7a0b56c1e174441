//! What work on documents may ask for and cost.

/// Documents of one task.
pub const DOCUMENTS_MAX: usize = 10_000;
/// Documents that one draft takes its facts from.
pub const DRAFT_DOCUMENTS_MAX: usize = 8;
/// Unfinished tasks of one person.
pub const WAITING_MAX: u32 = 16;
/// Sentences of a summary.
pub const SENTENCES_MAX: u32 = 20;
/// Labels to choose from.
pub const LABELS_MAX: usize = 64;
/// Characters of a label's name or description, of a language's name.
pub const LABEL_CHARS_MAX: usize = 300;
/// Characters of instructions.
pub const INSTRUCTIONS_CHARS_MAX: usize = 4_096;
/// Parts that a long document is read in; what comes after them is not read, and said so.
pub const PARTS_MAX: usize = 64;
/// Tokens of a form or a draft.
pub const OUTPUT_TOKENS_MAX: usize = 1_024;
/// Tokens of a document that are read at once, at least: with less room the task is refused.
pub const PART_TOKENS_MIN: usize = 128;
/// Values of a form that are looked for in the document.
pub const VALUES_MAX: usize = 1_000;
/// Sentences of a document that a text is held against.
pub const EVIDENCE_SENTENCES_MAX: usize = 4_000;
/// Results read at a time.
pub const RESULTS_PAGE: u32 = 50;
