//! What the audit log is told of questions and documents: who got, brought or deleted which documents, never what they say.

use std::collections::BTreeSet;

use pinakes_access::{Access, Event};
use pinakes_api::{AskResponse, Completed, Explained, SearchResponse, TaskResult};
use pinakes_config::limits::access::AUDIT_DOCUMENTS_MAX;
use pinakes_types::{DocId, Label, Scope};

/// Passages were shown.
pub(crate) async fn retrieved(access: &Access, scope: &Scope, found: &SearchResponse) {
    let documents = distinct(found.hits.iter().map(|hit| &hit.doc_id));
    access.audit().note(scope.subject(), Event::Retrieval { documents }).await;
}

/// A question was answered.
pub(crate) async fn answered(access: &Access, scope: &Scope, answer: &AskResponse) {
    access.count_tokens(scope, answer.usage.prompt_tokens + answer.usage.completion_tokens).await;
    let shown = answer.citations.iter().map(|citation| &citation.doc_id).chain(answer.nearest.iter().map(|hit| &hit.doc_id));
    let event = Event::Answer { documents: distinct(shown), model: answer.model.clone(), refused: answer.refused };
    access.audit().note(scope.subject(), event).await;
}

/// A language model wrote without the documents.
pub(crate) async fn completed(access: &Access, scope: &Scope, completed: &Completed) {
    access.count_tokens(scope, completed.usage.prompt_tokens + completed.usage.completion_tokens).await;
}

/// Work was done on a document, or what came of it was fetched.
pub(crate) async fn worked(access: &Access, scope: &Scope, result: &TaskResult) {
    let documents = distinct(std::iter::once(&result.doc_id).chain(result.citations.iter().map(|citation| &citation.doc_id)));
    let event = Event::Answer { documents, model: result.model.clone(), refused: result.error.is_some() };
    access.audit().note(scope.subject(), event).await;
}

/// It was shown why passages are found, and which.
pub(crate) async fn explained(access: &Access, scope: &Scope, explained: &Explained) {
    let documents = distinct(explained.passages.iter().map(|passage| &passage.doc_id));
    access.audit().note(scope.subject(), Event::Retrieval { documents }).await;
}

/// A document's text was opened.
pub(crate) async fn opened(access: &Access, scope: &Scope, document: &DocId) {
    access.audit().note(scope.subject(), Event::Export { what: document.0.clone() }).await;
}

/// A conversation was taken away as a file.
pub(crate) async fn exported(access: &Access, scope: &Scope, conversation: &str) {
    access.audit().note(scope.subject(), Event::Export { what: format!("conversation {conversation}") }).await;
}

/// A document was handed in; written before that is acknowledged, as whatever changes the store is.
pub(crate) async fn added(access: &Access, scope: &Scope, document: &DocId, labels: Option<&BTreeSet<Label>>) {
    let labels: Vec<&str> = labels.into_iter().flatten().map(|label| label.0.as_str()).collect();
    administered(access, scope, "document_added", document, labels.join(",")).await;
}

/// A document was deleted; written before that is acknowledged.
pub(crate) async fn deleted(access: &Access, scope: &Scope, document: &DocId) {
    administered(access, scope, "document_deleted", document, String::new()).await;
}

async fn administered(access: &Access, scope: &Scope, action: &str, document: &DocId, detail: String) {
    let event = Event::Administration { action: action.to_owned(), target: document.0.clone(), detail };
    access.audit().note_durably(scope.subject(), event).await;
}

fn distinct<'a>(documents: impl Iterator<Item = &'a DocId>) -> Vec<DocId> {
    let all: BTreeSet<&DocId> = documents.collect();
    all.into_iter().take(AUDIT_DOCUMENTS_MAX).cloned().collect()
}
