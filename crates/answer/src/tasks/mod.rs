//! Work on documents: summaries, labels, filled-in forms, drafts.
//!
//! One rule as for answers: a text is held against the document sentence by sentence, and what is cited stands in it word by word; a form is
//! valid under its schema because nothing else can be written. A long document is read in parts and what came of them is joined. Without a
//! language model a summary is made of the document's own sentences, and the rest is refused. Rights are asked for each document anew.

mod cited;
mod classify;
mod draft;
mod extract;
mod language;
mod parts;
mod places;
mod queue;
mod request;
mod summarise;
mod work;

use std::time::Instant;

use pinakes_api::{ApiError, Code, Task, TaskResult};
use pinakes_types::{DocId, Reason, Scope};

use crate::Searcher;
use crate::sentence::Document;
use work::Work;

pub use queue::{Readers, TaskQueue};

impl Searcher {
    /// Does a task with documents that the scope allows: one, or for a draft those that its facts are from.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a document that is not there or has no text; [`Code::ModelMissing`] where it takes a language model and there is
    /// none that can; whatever the generator reports.
    pub async fn task(&self, scope: &Scope, task: &Task, docs: &[DocId]) -> Result<TaskResult, ApiError> {
        let started = Instant::now();
        let mut documents = Vec::new();
        for doc in docs {
            documents.push(self.task_document(scope, doc).await?);
        }
        let first = documents.first().ok_or_else(|| ApiError::new(Code::BadRequest, "Name a document."))?;
        let work = Work::new(self, scope, &documents);
        let result = match task {
            Task::Summarise { sentences, language } => work.summarise(first, *sentences, language.as_deref()).await?,
            Task::Classify { labels, many } => work.classify(first, labels, *many).await?,
            Task::Extract { schema, instructions } => work.extract(first, schema, instructions.as_deref()).await?,
            Task::Draft { template, instructions } => {
                let template = self.task_document(scope, template).await?;
                work.draft(&template, &documents, instructions).await?
            }
        };
        Ok(TaskResult { kind: task.name().to_owned(), took_ms: started.elapsed().as_millis() as u64, ..result })
    }

    /// What is kept of a task that failed on one document of many.
    pub(crate) fn failed(task: &Task, doc: &DocId, error: &ApiError) -> TaskResult {
        let error = Some(Reason::new(error.code.as_str(), error.detail.clone()));
        TaskResult { kind: task.name().to_owned(), doc_id: doc.clone(), error, ..TaskResult::default() }
    }

    async fn task_document(&self, scope: &Scope, doc: &DocId) -> Result<std::sync::Arc<Document>, ApiError> {
        let mut named = self.documents_named(scope, std::slice::from_ref(doc), std::collections::HashMap::new()).await?;
        named.remove(doc).ok_or_else(|| ApiError::new(Code::NotFound, "There is no such document, or nothing could be read of it."))
    }
}
