//! Every bound on untrusted bytes stands here and in the files below (invariant 8), so that a reader can see at one place what an input can cost.
//!
//! Each limit names its unit and ends in `_max`. The defaults admit every document a person would write and read, and stop inputs made
//! to exhaust a machine.
//! The few limits an operator may move stand in `config/default.toml` too, with the same values (a test holds that); the rest are fixed.

pub mod access;
pub mod bot;
pub mod chat;
pub mod collections;
pub mod engine;
pub mod model;
pub mod pages;
pub mod tasks;

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
    /// Width a PDF page is drawn in, in pixels, where that makes no more than `page_image_pixels_max`.
    pub page_image_width_px: u32,
    /// Pixels of a page's image.
    pub page_image_pixels_max: u32,
    /// Bytes of a page's image as PNG.
    pub page_image_bytes_max: usize,
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
            page_image_width_px: 1_240,
            page_image_pixels_max: 6_000_000,
            page_image_bytes_max: 16 << 20,
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
