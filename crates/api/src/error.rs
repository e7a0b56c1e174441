//! The one table of errors: code → HTTP status → exit code → title. An error says two things: what the caller may know (`detail`) and
//! what the log keeps (`source`); only the first ever leaves the process.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $exit:literal, $title:literal;)*) => {
        /// What went wrong, as programs see it. The names, statuses and exit codes are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// The HTTP status.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }

            /// The exit code of the command line: 1 no result, 64 usage or configuration, 65 bad input data or model, 69 unavailable,
            /// 73 cannot write, 74 I/O, 75 try again, 77 not allowed, 78 does not fit this machine.
            #[must_use]
            pub fn exit_code(self) -> u8 {
                match self { $(Self::$name => $exit,)* }
            }

            /// A short title in English.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The request cannot be understood.
    BadRequest = "bad_request", 400, 64, "The request cannot be understood";
    /// The configuration is wrong.
    InvalidConfig = "invalid_config", 500, 64, "The configuration is wrong";
    /// A question or query without words.
    QuestionEmpty = "question_empty", 422, 64, "The question is empty";
    /// A question or query above the limit.
    QueryTooLong = "query_too_long", 413, 64, "The question is too long";
    /// There is no such thing, or the asker may not know of it.
    NotFound = "not_found", 404, 1, "There is no such thing";
    /// No generator, embedding model or set of documents of that name.
    ModelNotFound = "model_not_found", 404, 64, "There is no such model";
    /// It was there: an answer that was cancelled, events that are no longer kept.
    Gone = "gone", 410, 1, "It is no longer there";
    /// The path exists, the method does not.
    MethodNotAllowed = "method_not_allowed", 405, 64, "This method is not offered here";
    /// Nobody is signed in, or no longer.
    NotSignedIn = "not_signed_in", 401, 77, "Please sign in";
    /// The asker may not do this.
    NotAllowed = "not_allowed", 403, 77, "This is not allowed";
    /// Addressed to a name this server does not answer to.
    HostNotAllowed = "host_not_allowed", 403, 77, "This server does not answer to that name";
    /// A write that another site's page sent.
    CrossSite = "cross_site", 403, 77, "Requests from other sites are not allowed";
    /// A document an answer rests on was deleted, or may not be read by the asker any more, while the answer was made.
    SourceWithdrawn = "source_withdrawn", 409, 75, "A source was withdrawn";
    /// The body did not arrive in time.
    RequestTimeout = "request_timeout", 408, 75, "The request did not arrive in time";
    /// Bigger than the limit.
    PayloadTooLarge = "payload_too_large", 413, 65, "The body is too large";
    /// A body of a kind that is not read here.
    UnsupportedMediaType = "unsupported_media_type", 415, 65, "This content type is not read here";
    /// Too many requests from one asker.
    RateLimited = "rate_limited", 429, 75, "Too many requests";
    /// Too much work waits already.
    Busy = "busy", 429, 75, "The server is busy";
    /// Waited for a place longer than anyone should.
    Overloaded = "overloaded", 503, 75, "The server has too much to do";
    /// No room on the disk.
    StorageFull = "storage_full", 507, 73, "No room is left on the disk";
    /// The folder cannot be written.
    CannotWrite = "cannot_write", 500, 73, "The data folder cannot be written";
    /// Reading or writing failed.
    IoFailed = "io_failed", 500, 74, "Reading or writing failed";
    /// Another process writes to this store.
    Locked = "locked", 503, 75, "Another process is writing to this store";
    /// The document cannot be read.
    DocumentUnreadable = "document_unreadable", 422, 65, "The document cannot be read";
    /// The language model does not answer.
    GeneratorUnavailable = "generator_unavailable", 503, 69, "The language model does not answer";
    /// A model is needed and not there.
    ModelMissing = "model_missing", 503, 69, "A model is missing";
    /// A model file is broken or hostile.
    ModelInvalid = "model_invalid", 500, 65, "A model file is not valid";
    /// The store was made with another embedding model.
    ModelMismatch = "model_mismatch", 409, 65, "The store was made with another model";
    /// The index cannot be trusted.
    IndexDamaged = "index_damaged", 503, 74, "The index is damaged";
    /// The audit log was changed.
    AuditChanged = "audit_changed", 500, 65, "The audit log was changed";
    /// Does not fit this machine.
    DoesNotFit = "does_not_fit", 500, 78, "This does not fit the machine";
    /// It took too long.
    Timeout = "timeout", 504, 75, "It took too long";
    /// Not started up yet, or a part is missing.
    NotReady = "not_ready", 503, 69, "The server is not ready";
    /// On its way out.
    ShuttingDown = "shutting_down", 503, 75, "The server is shutting down";
    /// A fault of ours.
    Internal = "internal", 500, 69, "Something went wrong on our side";
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An error ready to be shown: crates convert into it once, at their boundary.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct ApiError {
    /// What went wrong.
    pub code: Code,
    /// What the caller is told: what happened and what to do about it. Never holds document text of others, paths of the machine
    /// beyond what the caller named, or inner errors.
    pub detail: String,
    /// When to try again, in seconds.
    pub retry_after_seconds: Option<u32>,
    /// For the log only.
    #[source]
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

impl ApiError {
    /// An error with words for the caller.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), retry_after_seconds: None, source: None }
    }

    /// A fault of ours: the caller learns only that, the log learns why.
    #[must_use]
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal, "Something went wrong on our side; the log has the details under this request id.").caused_by(source)
    }

    /// Keeps the cause for the log.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

/// An error as JSON (`application/problem+json`, RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `urn:pinakes:error:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code's title.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened and what to do about it.
    pub detail: String,
    /// What went wrong, for programs.
    pub code: Code,
    /// Finds the request in the log.
    pub request_id: String,
}

impl Problem {
    /// The media type.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// What the caller of this request is told.
    #[must_use]
    pub fn new(error: &ApiError, request_id: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:pinakes:error:{}", error.code),
            title: error.code.title().to_owned(),
            status: error.code.status(),
            detail: error.detail.clone(),
            code: error.code,
            request_id: request_id.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_name_an_error_status_and_a_documented_exit_code() {
        let mut names = std::collections::BTreeSet::new();
        for &code in Code::ALL {
            assert!(names.insert(code.as_str()), "{code} twice");
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!((400..600).contains(&code.status()), "{code}");
            assert!([1, 64, 65, 69, 73, 74, 75, 77, 78].contains(&code.exit_code()), "{code}");
        }
    }

    #[test]
    fn the_cause_is_for_the_log_only() {
        let error = ApiError::internal("password=hunter2");
        let shown = serde_json::to_string(&Problem::new(&error, "r1")).unwrap();
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains(r#""type":"urn:pinakes:error:internal""#) && shown.contains(r#""request_id":"r1""#), "{shown}");
        assert!(error.source().unwrap().to_string().contains("hunter2"));
    }
}
