//! Drafts: a new document after a template, with facts from others, each sentence held against both.

use std::sync::Arc;

use pinakes_api::{ApiError, Code, TaskResult};
use pinakes_config::limits::tasks::{OUTPUT_TOKENS_MAX, PART_TOKENS_MIN};
use pinakes_types::CharSpan;

use super::cited::Kind;
use super::parts::parts;
use super::request::missing;
use super::summarise::evidence;
use super::work::{Work, prompt_of};
use crate::generator::Generator;
use crate::sentence::Document;

impl Work<'_> {
    pub(super) async fn draft(&self, template: &Arc<Document>, facts: &[Arc<Document>], wanted: &str) -> Result<TaskResult, ApiError> {
        let generator = self.generator().ok_or_else(|| missing("draft"))?;
        let task = format!(
            "Write a new document with the form, tone and headings of the template, and with facts from the other documents alone. {}\nWhere \
             they do not say something that the template has a place for, leave [open] there. Write the document alone.",
            wanted.trim()
        );
        let beside = generator.count(&task)? + OUTPUT_TOKENS_MAX.saturating_sub(generator.answer_tokens_max());
        let room = generator.context_tokens().saturating_sub(beside) / (facts.len() + 1);
        if room < PART_TOKENS_MIN {
            return Err(ApiError::new(Code::BadRequest, "So many documents leave the model no room for each: name fewer."));
        }
        let mut about = String::new();
        let mut cut = Vec::new();
        for (place, document) in std::iter::once(template).chain(facts).enumerate() {
            let (text, whole) = beginning(generator, document, room)?;
            about.push_str(if place == 0 { "Template. " } else { "Facts. " });
            about.push_str(&text);
            if !whole {
                cut.push(document.title.clone());
            }
        }
        let text = self.write(generator, about, &task, None).await?;
        let sentences: Vec<_> = facts.iter().chain([template]).flat_map(evidence).collect();
        let kind = Kind { sentences_max: usize::MAX, with_filling: true, language: template.text.language.as_deref() };
        let cited = self.cited(&text, sentences, &kind).await?;
        let nothing = cited.share() == 0.0;
        let mut result = cited.told(self.result(template, Some(generator)));
        if nothing {
            let notes = vec!["Nothing that the language model wrote rests on the documents; it is not shown.".to_owned()];
            result = TaskResult { text: None, sentences: vec![], citations: vec![], notes, ..result };
        }
        if !cut.is_empty() {
            result.notes.push(format!("Only the beginning was read of: {}.", cut.join(", ")));
        }
        Ok(result)
    }
}

/// As much of a document as fits, and whether that is all.
fn beginning(generator: &Generator, document: &Document, tokens_max: usize) -> Result<(String, bool), ApiError> {
    let parts = parts(&document.text, tokens_max, |text| generator.count(text))?;
    let part = parts.first().copied().unwrap_or(CharSpan::new(0, 0));
    Ok((prompt_of(document, part), parts.len() < 2))
}
