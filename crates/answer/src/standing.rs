//! Whether a document says of itself that it no longer holds. Such a document is still found, but does not answer while another does.

use pinakes_types::StructuredText;

use crate::question::words;

/// Where documents say so: in their title or first lines.
const OPENING_CHARS: usize = 500;

/// Phrases by which documents are declared out of force, in English, German, Spanish and French.
const PHRASES: &[&str] = &[
    "superseded",
    "replaced by",
    "no longer valid",
    "no longer in force",
    "obsolete",
    "deprecated",
    "withdrawn",
    "outdated",
    "ersetzt durch",
    "abgelöst durch",
    "nicht mehr gültig",
    "außer kraft",
    "ungültig",
    "veraltet",
    "überholt",
    "sustituido por",
    "derogad",
    "obsoleto",
    "remplacé par",
    "abrogé",
    "obsolète",
];

/// Whether title or first lines declare the document out of force.
pub(crate) fn is_superseded(text: &StructuredText) -> bool {
    let opening: String = text.text.chars().take(OPENING_CHARS).collect();
    let opening = format!("{} {opening}", text.title).to_lowercase();
    PHRASES.iter().any(|phrase| opening.contains(phrase))
}

/// What a document out of force counts for: little where a document of the same name that holds is among the evidence, as that one answers.
const SUPERSEDED: f32 = 0.75;
const REPLACED: f32 = 0.4;

/// What a document's sentences count for, beside the other documents of the evidence.
pub(crate) fn weight<'a>(document: &StructuredText, others: impl IntoIterator<Item = &'a StructuredText>) -> f32 {
    if !is_superseded(document) {
        return 1.0;
    }
    let replaced = others.into_iter().any(|other| !is_superseded(other) && same_name(&document.title, &other.title));
    if replaced { REPLACED } else { SUPERSEDED }
}

/// Whether two titles differ in their numbers only, as those of two versions do.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    let name = |title: &str| -> Vec<String> {
        let words = words(title).map(|(_, word)| word.to_lowercase());
        words.filter(|word| !word.chars().any(char::is_numeric) && !PHRASES.contains(&word.as_str())).collect()
    };
    let (a, b) = (name(a), name(b));
    !a.is_empty() && a == b
}

#[cfg(test)]
mod tests {
    use pinakes_types::DocumentKind;

    use super::*;

    fn text(title: &str, text: &str) -> StructuredText {
        StructuredText {
            kind: DocumentKind::Text,
            title: title.into(),
            language: None,
            text: text.into(),
            blocks: vec![],
            markup: vec![],
            pages: vec![],
            warnings: vec![],
        }
    }

    #[test]
    fn the_version_that_holds_answers() {
        let (old, new) = (text("Travel policy 2024 (superseded)", "…"), text("Travel policy 2026", "Trains first."));
        let other = text("Expenses", "Keep receipts.");
        assert_eq!(weight(&new, [&old, &other]), 1.0);
        assert_eq!(weight(&old, [&old, &new]), REPLACED);
        assert_eq!(weight(&old, [&old, &other]), SUPERSEDED);
    }

    #[test]
    fn only_the_opening_counts() {
        assert!(is_superseded(&text("Travel policy 2024 (SUPERSEDED)", "Trains first.")));
        assert!(is_superseded(&text("Reiserichtlinie", "Diese Richtlinie wurde ersetzt durch die Fassung 2026.")));
        let later = format!("{} The old policy is obsolete.", "This policy applies from today. ".repeat(30));
        assert!(!is_superseded(&text("Travel policy 2026", &later)));
    }
}
