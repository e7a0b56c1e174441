//! Forms: JSON of a given schema from a document. Nothing else can be written; what was cut off is made whole; and each value that stands in
//! the document says where.

use std::sync::Arc;

use pinakes_api::{ApiError, Code, TaskResult, ValueFound};
use pinakes_chat::{Grammar, laid_out};
use serde_json::Value;

use super::places::Places;
use super::work::Work;
use crate::generator::Held;
use crate::sentence::Document;

/// A filled form, and which of its values stand in the document.
struct Filled {
    value: Value,
    found: Vec<ValueFound>,
}

impl Work<'_> {
    pub(super) async fn extract(
        &self,
        document: &Arc<Document>,
        schema: &Value,
        instructions: Option<&str>,
    ) -> Result<TaskResult, ApiError> {
        let (generator, chat) = self.searcher.holder("extract")?;
        let grammar = || Grammar::new(Arc::clone(&chat), schema).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()));
        let task = format!(
            "Fill in the form from the document: JSON that follows this JSON Schema. Take values word by word from the document. {}\n{}",
            instructions.unwrap_or_default(),
            laid_out(schema)
        );
        let reading = self.read(generator, document, &task)?;
        let places = Places::new(&document.text);
        let mut forms = Vec::new();
        let mut added = 0;
        for part in &reading.parts {
            let text = self.write(generator, reading.prompt(*part), &task, Some(Held::Schema(Box::new(grammar()?)))).await?;
            let whole = grammar()?.completed(&text).map_err(|error| ApiError::new(Code::BadRequest, error.to_string()))?;
            added += whole.added;
            let value: Value = serde_json::from_str(&whole.text).map_err(ApiError::internal)?;
            forms.push(Filled { found: places.values(&value), value });
        }
        let checked = grammar()?;
        let filled = joined(forms, &places, &|value| checked.accepts(value));
        let mut result = self.result(document, Some(generator));
        if added > 0 {
            let words =
                "The model's text was cut off at its greatest length; what the schema still wanted was filled in as shortly as it allows.";
            result.notes.push(words.to_owned());
        }
        let (value, found) = filled.map_or((None, vec![]), |filled| (Some(filled.value), filled.found));
        Ok(reading.told(TaskResult { value, found, ..result }))
    }
}

/// One form of those of the parts: the one of which most stands in the document, with what others found for fields that it did not; only as
/// far as the schema allows.
fn joined(mut forms: Vec<Filled>, places: &Places<'_>, accepts: &dyn Fn(&Value) -> bool) -> Option<Filled> {
    let best = (0..forms.len()).max_by_key(|place| (forms[*place].found.len(), std::cmp::Reverse(*place)))?;
    let mut kept = forms.swap_remove(best);
    for other in forms {
        let Value::Object(entries) = &other.value else { continue };
        for (key, value) in entries {
            let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
            let stands = |filled: &Filled| filled.found.iter().any(|found| is_at(&found.pointer, &pointer));
            let mut tried = kept.value.clone();
            match (tried.get_mut(key), value) {
                (Some(Value::Array(own)), Value::Array(more)) if stands(&other) => {
                    let new: Vec<Value> = more.iter().filter(|item| !own.contains(item)).cloned().collect();
                    own.extend(new);
                }
                (Some(own), value) if stands(&other) && !stands(&kept) => *own = value.clone(),
                _ => continue,
            }
            if accepts(&tried) {
                kept = Filled { found: places.values(&tried), value: tried };
            }
        }
    }
    Some(kept)
}

fn is_at(pointer: &str, field: &str) -> bool {
    pointer.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use pinakes_types::{DocumentKind, StructuredText};
    use serde_json::json;

    use super::*;

    #[test]
    fn forms_are_joined_by_what_stands_in_the_document() {
        let text = StructuredText {
            kind: DocumentKind::Text,
            title: "t".into(),
            language: None,
            text: "Number A-17 of Muller. Bolts, nuts, screws.".into(),
            blocks: vec![],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        };
        let places = Places::new(&text);
        let filled = |value: Value| Filled { found: places.values(&value), value };
        let forms = || {
            vec![
                filled(json!({"number": "unknown", "lines": ["bolts"]})),
                filled(json!({"number": "A-17", "who": "Muller", "lines": ["nuts"]})),
                filled(json!({"number": "B-9", "lines": ["nuts", "screws", "glue"]})),
            ]
        };
        let whole = joined(forms(), &places, &|_| true).unwrap();
        assert_eq!(whole.value, json!({"number": "A-17", "who": "Muller", "lines": ["nuts", "bolts", "screws", "glue"]}));
        assert_eq!(whole.found.len(), 5);
        let strict = joined(forms(), &places, &|_| false).unwrap();
        assert_eq!(strict.value["lines"], json!(["nuts"]));
        assert!(joined(vec![], &places, &|_| true).is_none());
        assert!(is_at("/a/0", "/a") && is_at("/a", "/a") && !is_at("/ab", "/a"));
    }
}
