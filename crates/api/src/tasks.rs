//! Work on documents: summaries, labels, fields, drafts; one document at once, many as a job.

use pinakes_types::{CharSpan, DocId, DocVersion, Reason, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ask::{AnswerSentence, Citation, QuoteMatch, Usage};
use crate::jobs::JobState;
use crate::schemas;
use crate::search::Filters;

/// What is done with a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Task {
    /// Says what it says, in fewer words; each sentence with what it rests on.
    Summarise {
        /// Sentences, 1 to 20; 5 when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sentences: Option<u32>,
        /// The language of the summary, by its name or ISO 639-1 code; the document's own when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
    /// Finds the labels that fit it, and the words they rest on.
    Classify {
        /// 2 to 64 labels.
        labels: Vec<LabelChoice>,
        /// Whether several may fit; else it is exactly one.
        #[serde(default)]
        many: bool,
    },
    /// Fills in a form.
    Extract {
        /// A JSON Schema; the result is always valid under it.
        #[schema(value_type = Object)]
        schema: serde_json::Value,
        /// What to mind, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instructions: Option<String>,
    },
    /// Writes a new document after a template, with facts from the documents, each cited.
    Draft {
        /// The document that it is to be like.
        #[schema(value_type = String)]
        template: DocId,
        /// What it is to be about.
        instructions: String,
    },
}

impl Task {
    /// Its name, the same as the `kind` field.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Summarise { .. } => "summarise",
            Self::Classify { .. } => "classify",
            Self::Extract { .. } => "extract",
            Self::Draft { .. } => "draft",
        }
    }
}

/// A label to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelChoice {
    /// Its name; no two have the same.
    pub name: String,
    /// When it fits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A task to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRequest {
    /// What to do.
    pub task: Task,
    /// The documents; a draft is made of all of them together.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub documents: Vec<DocId>,
    /// Every document that the filters leave, where none are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
    /// Whether one document is a job too, for a long one; several always are.
    #[serde(default)]
    pub background: bool,
}

/// A label that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LabelFound {
    /// The label.
    pub name: String,
    /// The words it rests on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Citation>,
}

/// A value of the filled form that stands in the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValueFound {
    /// Which value: a JSON Pointer (RFC 6901) such as `/lines/0/total`.
    pub pointer: String,
    /// Where it stands: `[start, end)` in characters of the stored text.
    #[schema(value_type = [usize; 2])]
    pub char_span: CharSpan,
    /// The page it starts on, where the format has pages.
    pub page: Option<u32>,
    /// The stored text at `char_span`, word by word.
    pub quote: String,
    /// How it was found.
    pub quote_match: QuoteMatch,
}

/// What came of a task on one document. A draft is of several; then the document is its template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskResult {
    /// What was done.
    pub kind: String,
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// What the document said when it was read; absent when it could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub doc_version: Option<DocVersion>,
    /// Its title.
    #[serde(default)]
    pub title: String,
    /// Its path within its source.
    #[serde(default)]
    pub path: String,
    /// The summary or the draft, with `[n]` after each sentence that rests on something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Its sentences, each with its label.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<AnswerSentence>,
    /// What they rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub citations: Vec<Citation>,
    /// Labels that fit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelFound>,
    /// The filled form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub value: Option<serde_json::Value>,
    /// Which of its values stand in the document, and where; a value that is not here is the model's own words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<ValueFound>,
    /// Characters of the document that were read, and that it has.
    #[serde(default)]
    pub chars_read: usize,
    /// The same.
    #[serde(default)]
    pub chars_total: usize,
    /// The generator's name; `extractive` when the sentences are the document's own.
    #[serde(default)]
    pub model: String,
    /// Whether the sentences are the document's own.
    #[serde(default)]
    pub extractive: bool,
    /// What a reader should know of how it came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Tokens used.
    #[serde(default)]
    pub usage: Usage,
    /// Wall time, in milliseconds.
    #[serde(default)]
    pub took_ms: u64,
    /// The host that the text was sent to, where the generator is another server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
    /// Why there is no result, where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schemas::Reason>)]
    pub error: Option<Reason>,
}

impl Default for TaskResult {
    /// Nothing of no document.
    fn default() -> Self {
        Self {
            kind: String::new(),
            doc_id: DocId(String::new()),
            doc_version: None,
            title: String::new(),
            path: String::new(),
            text: None,
            sentences: vec![],
            citations: vec![],
            labels: vec![],
            value: None,
            found: vec![],
            chars_read: 0,
            chars_total: 0,
            model: String::new(),
            extractive: false,
            notes: vec![],
            usage: Usage::default(),
            took_ms: 0,
            sent_to: None,
            error: None,
        }
    }
}

/// A task on many documents and how far it is. Its results are at `/api/v1/tasks/{id}/results`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskJob {
    /// The job.
    pub id: String,
    /// What it does.
    pub kind: String,
    /// Where it stands.
    pub state: JobState,
    /// Documents to do.
    pub documents_total: u64,
    /// Documents done, well or not.
    pub documents_done: u64,
    /// Of which not well.
    pub documents_failed: u64,
    /// When it was asked for.
    #[schema(value_type = i64)]
    pub queued_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = i64)]
    pub updated_at: Timestamp,
}

/// What a task request comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TaskAnswer {
    /// Done at once.
    Result(Box<TaskResult>),
    /// Queued.
    Job(TaskJob),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_are_told_apart_by_kind_and_refuse_what_they_do_not_know() {
        let read = |json: &str| serde_json::from_str::<TaskRequest>(json);
        let one = read(r#"{"task":{"kind":"summarise","sentences":3},"documents":["d"]}"#).unwrap();
        assert_eq!((one.task.name(), one.documents.len(), one.background), ("summarise", 1, false));
        let extract =
            read(r#"{"task":{"kind":"extract","schema":{"type":"object","properties":{"b":{},"a":{}}}},"documents":["d"]}"#).unwrap();
        let Task::Extract { schema, .. } = extract.task else { panic!("{extract:?}") };
        assert!(schema["properties"].is_object());
        for wrong in [
            r#"{"task":{"kind":"summarize"}}"#,
            r#"{"task":{"kind":"summarise","length":3}}"#,
            r#"{"task":{"kind":"classify"}}"#,
            r#"{"documents":["d"]}"#,
            r#"{"task":{"kind":"summarise"},"document":"d"}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
