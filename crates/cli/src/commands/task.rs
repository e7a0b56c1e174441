//! `pinakes task`

use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, Code, DocumentListQuery, LabelChoice, Task, TaskRequest, TaskResult};
use pinakes_config::Config;
use pinakes_types::{DocId, Reason, Scope};

use crate::args::Global;
use crate::task_args::{self, On};
use crate::{End, generator, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, wanted: task_args::Task) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let (on, task) = task(&searcher, &scope, wanted).await?;
    let searcher = searcher.with_generators(generator::open(config).await?);
    searcher.check_task(&task)?;
    let request = request(&searcher, &scope, on, task).await?;
    let documents = searcher.task_documents(&scope, &request).await?;
    // A draft is made of all documents together.
    let together = matches!(request.task, Task::Draft { .. });
    let groups: Vec<&[DocId]> = if together { vec![&documents] } else { documents.chunks(1).collect() };
    let (alone, mut failed) = (groups.len() == 1, 0);
    for group in &groups {
        let result = match searcher.task(&scope, &request.task, group).await {
            Err(error) if alone => return Err(error),
            Err(error) => {
                failed += 1;
                let error = Some(Reason::new(error.code.as_str(), error.detail));
                TaskResult { kind: request.task.name().to_owned(), doc_id: group[0].clone(), error, ..TaskResult::default() }
            }
            Ok(result) => result,
        };
        if global.json { output::json(&result) } else { show(&result, global.quiet) }
    }
    Ok(if failed == groups.len() { End::Nothing } else { End::Done })
}

async fn task(searcher: &Searcher, scope: &Scope, wanted: task_args::Task) -> Result<(On, Task), ApiError> {
    Ok(match wanted {
        task_args::Task::Summarise { on, sentences, language } => (on, Task::Summarise { sentences, language }),
        task_args::Task::Classify { on, labels, many } => {
            let label = |written: &String| match written.split_once('=') {
                Some((name, description)) => LabelChoice { name: name.trim().to_owned(), description: Some(description.trim().to_owned()) },
                None => LabelChoice { name: written.trim().to_owned(), description: None },
            };
            (on, Task::Classify { labels: labels.iter().map(label).collect(), many })
        }
        task_args::Task::Extract { on, schema, instructions } => {
            let bad = |problem: String| ApiError::new(Code::BadRequest, format!("{}: {problem}", schema.display()));
            let text = fs_err::read_to_string(&schema).map_err(|error| bad(error.to_string()))?;
            let schema = serde_json::from_str(&text).map_err(|error| bad(format!("no JSON ({error})")))?;
            (on, Task::Extract { schema, instructions })
        }
        task_args::Task::Draft { on, template, instructions } => {
            let template = named(searcher, scope, &template).await?;
            (on, Task::Draft { template, instructions })
        }
    })
}

async fn request(searcher: &Searcher, scope: &Scope, on: On, task: Task) -> Result<TaskRequest, ApiError> {
    let filters = super::search::filters(on.filters)?;
    if on.documents.is_empty() && !on.all {
        return Err(ApiError::new(Code::BadRequest, "Name documents by id or path, or give --all with filters."));
    }
    let mut documents = Vec::new();
    for name in &on.documents {
        documents.push(named(searcher, scope, name).await?);
    }
    Ok(TaskRequest { task, documents, filters: on.all.then_some(filters), background: false })
}

/// A document by its id or its path.
async fn named(searcher: &Searcher, scope: &Scope, name: &str) -> Result<DocId, ApiError> {
    let doc = DocId(name.to_owned());
    if searcher.document(scope, &doc).await.is_ok() {
        return Ok(doc);
    }
    let query = DocumentListQuery { contains: Some(name.to_owned()), ..DocumentListQuery::default() };
    let listed = searcher.documents(scope, &query).await?.documents;
    let mut found = listed.into_iter().filter(|document| document.path == name || document.path.ends_with(&format!("/{name}")));
    match (found.next(), found.next()) {
        (Some(document), None) => Ok(document.doc_id),
        (Some(_), Some(_)) => Err(ApiError::new(Code::BadRequest, format!("Several documents have the path {name}; name one by its id."))),
        _ => Err(ApiError::new(Code::NotFound, format!("There is no document {name}."))),
    }
}

fn show(result: &TaskResult, quiet: bool) {
    let title = if result.title.is_empty() { result.doc_id.0.as_str() } else { result.title.as_str() };
    output::line(&format!("{}  {}", output::bold(title), output::faint(&result.path)));
    if let Some(error) = &result.error {
        output::line(&format!("  {}", error.message));
    }
    result.text.iter().for_each(|text| output::line(text));
    for citation in &result.citations {
        output::line(&format!("  [{}] “{}”", citation.marker, one_line(&citation.quote)));
    }
    for label in &result.labels {
        let quote = label.quote.as_ref().map_or(String::new(), |quote| format!("  “{}”", one_line(&quote.quote)));
        output::line(&format!("  {}{}", output::bold(&label.name), output::faint(&quote)));
    }
    if let Some(value) = &result.value {
        output::line(&serde_json::to_string_pretty(value).unwrap_or_default());
        for found in &result.found {
            output::line(&output::faint(&format!("  {}  “{}”", found.pointer, one_line(&found.quote))));
        }
    }
    if !quiet {
        result.notes.iter().for_each(|note| output::line(&output::faint(note)));
        output::line(&output::faint(&format!("{}, {} ms", result.model, result.took_ms)));
    }
    output::line("");
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
