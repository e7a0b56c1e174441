//! Labels: the model can write nothing but labels of the list, and then quotes, from the document's own words alone, what the label rests on.

use std::collections::BTreeMap;
use std::sync::Arc;

use pinakes_api::{ApiError, Citation, LabelChoice, LabelFound, Support, TaskResult};
use pinakes_chat::{CLOSE, Chat, Grammar, OPEN, QuotableText, Quoting};
use pinakes_types::{CharIndex, CharSpan};
use serde_json::{Value, json};

use super::places::Places;
use super::work::{Reading, Work};
use crate::generator::{Generator, Held};
use crate::sentence::{Document, sentences_in};
use crate::support::cosine;

/// Share of a document's parts, by their length, that a label must fit, where several may.
const SHARE_MIN: f32 = 0.25;
/// Labels that are quoted for.
const QUOTED_MAX: usize = 8;

impl Work<'_> {
    pub(super) async fn classify(&self, document: &Arc<Document>, labels: &[LabelChoice], many: bool) -> Result<TaskResult, ApiError> {
        let (generator, chat) = self.searcher.holder("classify")?;
        let task = task(labels, many);
        let reading = self.read(generator, document, &task)?;
        let schema = schema(labels, many);
        let mut votes: BTreeMap<String, (usize, CharSpan)> = BTreeMap::new();
        for part in &reading.parts {
            for label in self.labels_of(generator, &chat, &reading, *part, &task, &schema).await? {
                let vote = votes.entry(label).or_insert((0, *part));
                vote.0 += part.len();
            }
        }
        let chosen = chosen(&votes, reading.parts.iter().map(|part| part.len()).sum(), many);
        let mut found = Vec::new();
        for (place, (name, part)) in chosen.into_iter().enumerate() {
            let label = labels.iter().find(|label| label.name == name);
            let quote = match label.filter(|_| place < QUOTED_MAX) {
                Some(label) => self.quote(generator, &chat, &reading, part, label).await?,
                None => None,
            };
            found.push(LabelFound { name, quote: quote.map(|quote| Citation { marker: place as u32 + 1, ..quote }) });
        }
        Ok(reading.told(TaskResult { labels: found, ..self.result(document, Some(generator)) }))
    }

    async fn labels_of(
        &self,
        generator: &Generator,
        chat: &Arc<Chat>,
        reading: &Reading<'_>,
        part: CharSpan,
        task: &str,
        schema: &Value,
    ) -> Result<Vec<String>, ApiError> {
        let grammar = || Grammar::new(Arc::clone(chat), schema).map_err(ApiError::internal);
        let text = self.write(generator, reading.prompt(part), task, Some(Held::Schema(Box::new(grammar()?)))).await?;
        let whole = grammar()?.completed(&text).map_err(ApiError::internal)?;
        let value: Value = serde_json::from_str(&whole.text).map_err(ApiError::internal)?;
        let one = |value: &Value| value.as_str().map(str::to_owned);
        Ok(match &value["labels"] {
            Value::Array(labels) => labels.iter().filter_map(one).collect(),
            _ => one(&value["label"]).into_iter().collect(),
        })
    }

    /// The words of a part that a label rests on: what the model quotes, or the sentence that is most like the label.
    async fn quote(
        &self,
        generator: &Generator,
        chat: &Arc<Chat>,
        reading: &Reading<'_>,
        part: CharSpan,
        label: &LabelChoice,
    ) -> Result<Option<Citation>, ApiError> {
        let text = &reading.document.text;
        let plain = text.plain(&CharIndex::new(&text.text), part);
        let source = Arc::new(QuotableText::new(&plain, chat.tokenizer()));
        let places = Places::new(text);
        if !source.is_empty() {
            let task = format!(
                "Quote the words of the document that show that it is \"{}\". Write the quotation alone, closed by {CLOSE}",
                described(label)
            );
            let held = Held::Quotes(Box::new(Quoting::one(Arc::clone(chat), vec![(1, source)])));
            let words = self.write(generator, reading.prompt(part), &task, Some(held)).await?;
            let words = words.trim_start_matches(OPEN).trim_end_matches(CLOSE);
            if let Some((span, _)) = places.find(words) {
                return Ok(Some(citation(reading.document, &places, span, Support::Full)));
            }
        }
        let sentences = sentences_in(reading.document, part);
        let texts = std::iter::once(described(label)).chain(sentences.iter().map(|sentence| sentence.in_place()));
        let vectors = self.searcher.embed_all(texts.collect()).await?;
        let judged = sentences.iter().zip(&vectors[1..]).map(|(sentence, vector)| (cosine(&vectors[0], vector), sentence.span));
        let best = judged.max_by(|a, b| a.0.total_cmp(&b.0));
        Ok(best.map(|(_, span)| citation(reading.document, &places, span, Support::Partial)))
    }
}

fn citation(document: &Document, places: &Places<'_>, span: CharSpan, support: Support) -> Citation {
    let (quote, page) = places.quote(span);
    Citation {
        marker: 1,
        answer_span: CharSpan::default(),
        doc_id: document.doc.clone(),
        doc_version: document.version.clone(),
        title: document.title.clone(),
        path: document.path.clone(),
        page,
        char_span: span,
        quote,
        quote_match: pinakes_api::QuoteMatch::Exact,
        support,
    }
}

fn described(label: &LabelChoice) -> String {
    label.description.as_ref().map_or_else(|| label.name.clone(), |description| format!("{}: {description}", label.name))
}

fn task(labels: &[LabelChoice], many: bool) -> String {
    let list: Vec<String> = labels.iter().map(|label| format!("- {}", described(label))).collect();
    let (wanted, form) = if many {
        ("Choose every label that fits the document", r#"{"labels": ["…"]}"#)
    } else {
        ("Choose the one label that fits the document best", r#"{"label": "…"}"#)
    };
    format!("{wanted}:\n{}\nAnswer with JSON such as {form}.", list.join("\n"))
}

fn schema(labels: &[LabelChoice], many: bool) -> Value {
    let names: Vec<&str> = labels.iter().map(|label| label.name.as_str()).collect();
    let (key, value) = if many {
        ("labels", json!({"type": "array", "items": {"enum": names}, "minItems": 1, "maxItems": names.len()}))
    } else {
        ("label", json!({"enum": names}))
    };
    json!({"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": false})
}

/// The labels with the most votes, each with a part that it fits.
fn chosen(votes: &BTreeMap<String, (usize, CharSpan)>, total: usize, many: bool) -> Vec<(String, CharSpan)> {
    let mut ranked: Vec<(&String, &(usize, CharSpan))> = votes.iter().collect();
    ranked.sort_by_key(|(_, (weight, _))| std::cmp::Reverse(*weight));
    let fits = |place: usize, weight: usize| place == 0 || (many && weight as f32 >= total as f32 * SHARE_MIN);
    let kept = ranked.into_iter().enumerate().filter(|(place, (_, (weight, _)))| fits(*place, *weight));
    kept.map(|(_, (name, (_, part)))| (name.clone(), *part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_is_the_heaviest_and_several_are_those_that_weigh() {
        let part = CharSpan::new(0, 9);
        let votes = BTreeMap::from([("a".to_owned(), (60, part)), ("b".to_owned(), (30, part)), ("c".to_owned(), (10, part))]);
        let names = |many| chosen(&votes, 100, many).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!((names(false), names(true)), (vec!["a".to_owned()], vec!["a".to_owned(), "b".to_owned()]));
    }
}
