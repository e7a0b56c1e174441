//! The words `answer`, `ingest`, `server` and `cli` share: request, response and event shapes, the table of error codes and the OpenAPI
//! document, so that a shape is written once and the HTTP API, `--json` on the command line and the page cannot drift apart.
//!
//! Promises: field names are stable; every span counts characters (Unicode scalar values); every time is in milliseconds since
//! 1970-01-01 UTC; requests refuse fields they do not know. Nothing here knows HTTP machinery or storage.

mod access;
mod ask;
mod audit;
mod bot;
mod citations;
mod collections;
mod completion;
mod content;
mod conversations;
mod doctor;
mod documents;
mod error;
mod explain;
mod feedback;
mod health;
mod jobs;
mod needs;
pub mod openai;
mod openapi;
mod pages;
mod schemas;
mod search;
mod status;
mod tasks;

pub use access::{
    AccessExplained, DocumentAccess, Ended, KeyInfo, KeyList, KeyScopeName, Myself, NewKeyRequest, NewKeyResponse, NewPersonRequest,
    PasswordLink, PersonChange, PersonInfo, PersonList, PersonListQuery, RoleName, SessionInfo, SetAccessRequest, SignInRequest,
    UseLinkRequest,
};
pub use ask::{
    AnswerSentence, AskEvent, AskRequest, AskResponse, Citation, Citing, Evidence, Extent, QuoteMatch, Retrieval, Searched, Source,
    Support, Timings, Usage,
};
pub use audit::{AuditList, AuditQuery, AuditRecord};
pub use bot::{BotChannel, BotChannelChange, BotChannelList};
pub use citations::{CitationCheck, CitationCheckRequest, CitationCheckResponse, CitationState, CitedQuote};
pub use collections::{CollectionInfo, CollectionList};
pub use completion::{Completed, CompletionRequest, CompletionWords, Embedded, Form, Models, Speaker, Turn};
pub use content::{BlockName, ContentBlock, ContentQuery, DocumentContent};
pub use conversations::{
    ConversationChange, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery, ConversationSummary,
    ConversationTurn, ExportFormat, ExportQuery, NewConversation,
};
pub use doctor::{CheckResult, DoctorReport, Verdict};
pub use documents::{Deleted, DocumentList, DocumentListQuery, DocumentSummary, Uploaded};
pub use error::{ApiError, Code, Problem};
pub use explain::{AloneScores, ExplainRequest, Explained, ExplainedDocument, ExplainedPassage, FusionUsed, LegPlace, LegUsed, Outcome};
pub use feedback::{Feedback, FeedbackItem, FeedbackList, FeedbackQuery, FeedbackReason, FeedbackRequest, FeedbackVerdict};
pub use health::{Live, Ready, ReadyCheck};
pub use jobs::{Job, JobFailure, JobKind, JobList, JobState, StateCounts};
pub use needs::{Needs, needs};
pub use openapi::{Method, ROUTES, Route, document};
pub use pages::{PageQuery, PageView};
pub use search::{Filters, Fusion, Hit, HitLegs, SearchMode, SearchQuery, SearchRequest, SearchResponse};
pub use status::{DocumentCounts, EmbeddingStatus, IndexStatus, SourceStatus};
pub use tasks::{LabelChoice, LabelFound, Task, TaskAnswer, TaskJob, TaskRequest, TaskResult, ValueFound};
