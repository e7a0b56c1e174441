//! What a tokenizer, a chat template and a conversation may cost.

/// A `tokenizer.json` or its configuration. Qwen3.5's has 13 MB.
pub const FILE_BYTES_MAX: u64 = 64 << 20;
/// Tokens of a vocabulary. The largest published have 262,144.
pub const VOCABULARY_TOKENS_MAX: usize = 1 << 20;
/// Rows of a model's embedding that have no token. Qwen3.5 has 243.
pub const PADDING_ROWS_MAX: usize = 1_024;
/// A chat template. The longest published have 20 kB.
pub const TEMPLATE_BYTES_MAX: usize = 256 << 10;
/// Instructions that rendering one conversation may take; a message takes some hundreds.
pub const TEMPLATE_FUEL_MAX: u64 = 5_000_000;
/// How deep macros of a template may call one another.
pub const TEMPLATE_DEPTH_MAX: usize = 64;
/// Messages of a conversation.
pub const MESSAGES_MAX: usize = 10_000;
/// Bytes of all text in a conversation. 262,144 tokens are about 1 MB.
pub const CONVERSATION_BYTES_MAX: usize = 16 << 20;
/// How deep a tool's description or a call's arguments may be nested.
pub const JSON_DEPTH_MAX: usize = 64;
/// Stop strings of one request.
pub const STOPS_MAX: usize = 16;
/// Bytes of one stop string: what is held back while one may be completing.
pub const STOP_BYTES_MAX: usize = 512;
/// Characters of a quotation before it may be closed, unless its source ends there.
pub const QUOTE_CHARS_MIN: usize = 4;
/// Bytes of a quotation after which it is closed at the next end of a word.
pub const QUOTE_BYTES_MAX: usize = 2_000;
/// Bytes of a JSON Schema that a text is held to.
pub const SCHEMA_BYTES_MAX: usize = 64 << 10;
/// How deep a JSON Schema may be nested.
pub const SCHEMA_DEPTH_MAX: usize = 24;
/// States that the words of a schema may take while they are matched; each takes one or two kilobytes.
pub const SCHEMA_STATES_MAX: usize = 20_000;
/// Bytes that may be added to a text that was cut off, to make it whole under its schema.
pub const COMPLETION_BYTES_MAX: usize = 64 << 10;
