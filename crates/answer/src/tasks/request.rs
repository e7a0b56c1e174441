//! What a task may ask for, looked at before any document is.

use std::collections::BTreeSet;
use std::sync::Arc;

use pinakes_api::{ApiError, Code, Filters, LabelChoice, Task, TaskRequest};
use pinakes_catalog::{DocumentFilter, DocumentRow};
use pinakes_chat::{Chat, Grammar};
use pinakes_config::limits::tasks as limits;
use pinakes_types::{DocId, Scope};

use crate::Searcher;
use crate::documents::kind_of;
use crate::generator::Generator;
use crate::searcher::catalog_error;

/// Documents listed at a time.
const LISTED: u32 = 500;

impl Searcher {
    /// Whether a task can be done at all: its limits, its schema, and that there is a model that can.
    ///
    /// # Errors
    /// [`Code::BadRequest`] with what is wrong; [`Code::ModelMissing`] with what to do.
    pub fn check_task(&self, task: &Task) -> Result<(), ApiError> {
        match task {
            Task::Summarise { sentences, language } => {
                within("sentences", sentences.unwrap_or(1) as usize, 1, limits::SENTENCES_MAX as usize)?;
                within("characters of the language's name", language.as_ref().map_or(1, |name| name.chars().count()), 1, 40)
            }
            Task::Classify { labels, .. } => {
                check_labels(labels)?;
                self.holder("classify").map(|_| ())
            }
            Task::Extract { schema, instructions } => {
                instructions.as_ref().map_or(Ok(()), |words| check_words(words))?;
                let (_, chat) = self.holder("extract")?;
                Grammar::new(chat, schema).map(|_| ()).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))
            }
            Task::Draft { instructions, .. } => {
                check_words(instructions)?;
                if self.generators.of_request(None)?.is_empty() {
                    return Err(missing("draft"));
                }
                Ok(())
            }
        }
    }

    /// The model in this process, which a text can be held to a schema by, and its text side.
    pub(super) fn holder(&self, what: &str) -> Result<(&Generator, Arc<Chat>), ApiError> {
        let generator = self.generators.here().ok_or_else(|| missing(what))?;
        Ok((generator, generator.chat().cloned().ok_or_else(|| missing(what))?))
    }

    /// The documents of a request that the scope allows.
    ///
    /// # Errors
    /// [`Code::NotFound`] when a named one is not there; [`Code::BadRequest`] for none, too many, or both names and filters.
    pub async fn task_documents(&self, scope: &Scope, request: &TaskRequest) -> Result<Vec<DocId>, ApiError> {
        let most = if matches!(request.task, Task::Draft { .. }) { limits::DRAFT_DOCUMENTS_MAX } else { limits::DOCUMENTS_MAX };
        let documents = match (&request.filters, request.documents.is_empty()) {
            (Some(_), false) => return Err(ApiError::new(Code::BadRequest, "Name documents or give filters, not both.")),
            (None, _) => request.documents.clone(),
            (Some(filters), true) => self.filtered(scope, filters, most).await?,
        };
        if documents.is_empty() {
            return Err(ApiError::new(Code::BadRequest, "No document is named, or the filters leave none."));
        }
        if documents.len() > most {
            return Err(ApiError::new(Code::BadRequest, format!("A task of this kind takes {most} documents at most.")));
        }
        let mut seen = BTreeSet::new();
        let documents: Vec<DocId> = documents.into_iter().filter(|doc| seen.insert(doc.clone())).collect();
        for doc in &documents {
            self.document(scope, doc).await?;
        }
        Ok(documents)
    }

    async fn filtered(&self, scope: &Scope, filters: &Filters, most: usize) -> Result<Vec<DocId>, ApiError> {
        let collection = self.collection(scope, filters.collection.as_deref())?;
        self.must_have_collection(scope, filters.collection.as_deref()).await?;
        let within = |row: &DocumentRow| collection.is_none_or(|one| one.part.holds(&row.source.0, &row.path));
        let mut found = Vec::new();
        let mut filter = DocumentFilter::default();
        loop {
            let rows = self.store.catalog.documents(scope, &filter, LISTED).await.map_err(catalog_error)?;
            filter.after = rows.last().map(|last| (last.path.clone(), last.doc.clone()));
            let whole = rows.len() == LISTED as usize;
            found.extend(rows.into_iter().filter(|row| row.chunks > 0 && passes(row, filters) && within(row)).map(|row| row.doc));
            if !whole || found.len() > most {
                return Ok(found);
            }
        }
    }
}

fn passes(row: &DocumentRow, filters: &Filters) -> bool {
    let modified = row.modified_ns / 1_000_000;
    (filters.sources.is_empty() || filters.sources.contains(&row.source))
        && (filters.kinds.is_empty() || row.kind.as_deref().is_some_and(|kind| filters.kinds.contains(&kind_of(kind))))
        && (filters.languages.is_empty() || row.language.as_ref().is_some_and(|language| filters.languages.contains(language)))
        && filters.path_prefix.as_ref().is_none_or(|prefix| row.path.starts_with(prefix))
        && filters.modified_after.is_none_or(|after| modified >= after.0)
        && filters.modified_before.is_none_or(|before| modified < before.0)
}

fn check_labels(labels: &[LabelChoice]) -> Result<(), ApiError> {
    within("labels", labels.len(), 2, limits::LABELS_MAX)?;
    let names: BTreeSet<&str> = labels.iter().map(|label| label.name.trim()).collect();
    if names.len() < labels.len() || names.contains("") {
        return Err(ApiError::new(Code::BadRequest, "Every label needs a name of its own."));
    }
    let texts = labels.iter().flat_map(|label| std::iter::once(&label.name).chain(&label.description));
    texts.into_iter().try_for_each(|text| within("characters of a label", text.chars().count(), 1, limits::LABEL_CHARS_MAX))
}

fn check_words(words: &str) -> Result<(), ApiError> {
    within("characters of instructions", words.trim().chars().count(), 1, limits::INSTRUCTIONS_CHARS_MAX)
}

fn within(what: &str, size: usize, least: usize, most: usize) -> Result<(), ApiError> {
    if (least..=most).contains(&size) {
        return Ok(());
    }
    Err(ApiError::new(Code::BadRequest, format!("There are {size} {what}; {least} to {most} are allowed.")))
}

pub(super) fn missing(what: &str) -> ApiError {
    let words = format!(
        "To {what} takes a language model on this machine. Fetch one with `pinakes model pull` and name it as `generator.model` in the \
         configuration; without one, documents can be summarised in their own sentences."
    );
    ApiError::new(Code::ModelMissing, words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_names_of_their_own() {
        let label = |name: &str| LabelChoice { name: name.into(), description: None };
        assert!(check_labels(&[label("a"), label("b")]).is_ok());
        for wrong in [
            vec![],
            vec![label("a")],
            vec![label("a"), label("a ")],
            vec![label("a"), label(" ")],
            vec![label("a"), label(&"x".repeat(400))],
        ] {
            assert!(check_labels(&wrong).is_err(), "{wrong:?}");
        }
    }
}
