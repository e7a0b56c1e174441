//! Which documents at hand are versions of one another, and which no longer hold: what an answer is told of it, and what its reader is.

use crate::dated::date_of;
use crate::sentence::Document;
use crate::standing::{is_superseded, same_name};

/// Versions of one document among others: their places, newest first, with their dates.
struct Versions(Vec<(usize, String)>);

/// What the generator is told of its sources, one line each: source `n` is the document at `n - 1`.
pub(crate) fn remarks(read: &[&Document]) -> String {
    let mut lines = String::new();
    for Versions(versions) in families(read) {
        let numbers: Vec<String> = versions.iter().map(|(place, date)| format!("{} ({date})", place + 1)).collect();
        lines.push_str(&format!(
            "Sources {} are versions of one document: where they differ, say so, newest first.\n",
            numbers.join(" and ")
        ));
    }
    for (place, _) in read.iter().enumerate().filter(|(_, document)| is_superseded(&document.text)) {
        lines.push_str(&format!("Source {} says of itself that it no longer holds.\n", place + 1));
    }
    lines
}

/// What a reader is told of the documents an answer cites.
pub(crate) fn notes(cited: &[&Document]) -> Vec<String> {
    let old = cited.iter().filter(|document| is_superseded(&document.text));
    let mut notes: Vec<String> = old.map(|document| format!("“{}” says of itself that it no longer holds.", document.title)).collect();
    for Versions(versions) in families(cited) {
        let names: Vec<String> = versions.iter().map(|(place, date)| format!("“{}” ({date})", cited[*place].title)).collect();
        notes.push(format!("Versions of one document, newest first: {}. They may disagree.", names.join(", ")));
    }
    notes
}

/// Documents of one name and different dates. Those that say they no longer hold are told of by themselves.
fn families(documents: &[&Document]) -> Vec<Versions> {
    let dated = documents.iter().enumerate().filter(|(_, document)| !is_superseded(&document.text));
    let mut families: Vec<(&str, Versions)> = Vec::new();
    for (place, document) in dated {
        let Some(date) = date_of(&document.text) else { continue };
        match families.iter_mut().find(|(title, _)| same_name(title, &document.title)) {
            Some((_, Versions(versions))) if versions.iter().all(|(_, other)| *other != date) => versions.push((place, date)),
            Some(_) => {}
            None => families.push((&document.title, Versions(vec![(place, date)]))),
        }
    }
    let several = families.into_iter().map(|(_, family)| family).filter(|Versions(versions)| versions.len() > 1);
    several
        .map(|Versions(mut versions)| {
            versions.sort_by(|a, b| b.1.cmp(&a.1));
            Versions(versions)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use pinakes_types::{DocId, DocVersion, DocumentKind, StructuredText};

    use super::*;

    fn document(title: &str, words: &str) -> Document {
        let text = StructuredText {
            kind: DocumentKind::Text,
            title: title.into(),
            language: None,
            text: words.into(),
            blocks: vec![],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        };
        Document { doc: DocId(title.into()), version: DocVersion("v".into()), title: title.into(), path: "p".into(), text }
    }

    #[test]
    fn versions_are_told_newest_first_and_what_no_longer_holds_apart() {
        let (old, new) = (document("Price list 2024", "A: €10"), document("Price list 2026", "A: €12"));
        let (gone, other) = (document("Travel policy 2023", "Superseded by 2026."), document("Expenses 2026", "Receipts."));
        let told = remarks(&[&old, &other, &new, &gone]);
        assert_eq!(
            told,
            "Sources 3 (2026) and 1 (2024) are versions of one document: where they differ, say so, newest first.\n\
             Source 4 says of itself that it no longer holds.\n"
        );
        let notes = notes(&[&old, &new]);
        assert_eq!(
            notes,
            ["Versions of one document, newest first: “Price list 2026” (2026), “Price list 2024” (2024). They may disagree."]
        );
        assert_eq!(remarks(&[&other, &new]), "");
    }
}
