//! A question taken apart where it asks for several things: each part is searched for by itself, as a passage that answers one seldom
//! answers the other. Deterministic: question marks, and conjunctions before a question word.

use crate::question::content_words;

/// Parts of one question.
const PARTS_MAX: usize = 3;

/// Words that join two questions, each before a word that begins one. English, German, Spanish and French.
const CONJUNCTIONS: &[&str] = &["and", "or", "und", "oder", "sowie", "y", "o", "et", "ou"];

#[rustfmt::skip]
const BEGINNINGS: &[&str] = &[
    "what", "when", "where", "which", "who", "whom", "whose", "why", "how", "is", "are", "does", "do", "can", "may", "must", "should", "will",
    "was", "wer", "wen", "wem", "wann", "wo", "wohin", "welche", "welcher", "welches", "welchen", "wie", "warum", "wofür", "ab", "bis",
    "qué", "quién", "cuándo", "dónde", "cuál", "cuánto", "cuánta", "cuántos", "cuántas", "cómo",
    "qui", "quand", "où", "quel", "quelle", "quels", "quelles", "combien", "comment", "pourquoi",
];

/// The parts of a question that asks for several things, in order; none when it asks for one.
pub(crate) fn parts(question: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for sentence in question.split_inclusive(['?', '？', '؟']) {
        for part in at_conjunctions(sentence) {
            let part = part.trim().trim_start_matches(['?', ',', ';', '¿']).trim();
            if part.chars().any(char::is_alphanumeric) {
                parts.push(part.to_owned());
            }
        }
    }
    // "Can I, and how?" is one question: a part that says nothing by itself belongs to the one before.
    let telling = parts.iter().all(|part| content_words(part).len() >= 2 && asks(part));
    if telling && (2..=PARTS_MAX).contains(&parts.len()) { parts } else { vec![] }
}

/// Whether it begins as a question does; "I am taking two guests out." before one does not.
fn asks(part: &str) -> bool {
    let first = part.split_whitespace().next().unwrap_or_default().to_lowercase();
    part.ends_with(['?', '？', '؟']) || BEGINNINGS.contains(&first.trim_matches(|c: char| !c.is_alphanumeric()))
}

fn at_conjunctions(sentence: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let mut words = sentence.split_inclusive(char::is_whitespace).scan(0, |at, word| {
        let start = *at;
        *at += word.len();
        Some((start, word.trim().to_lowercase()))
    });
    let mut before = words.next();
    for (start, word) in words {
        if let Some((cut, joining)) = &before {
            let begins = BEGINNINGS.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()));
            if CONJUNCTIONS.contains(&joining.as_str()) && begins && *cut > 0 {
                cuts.push(start);
            }
        }
        before = Some((start, word));
    }
    cuts.push(sentence.len());
    let without_conjunction = |part: &'_ str| -> usize {
        let trimmed = part.trim_end();
        let last = trimmed.rsplit(char::is_whitespace).next().unwrap_or_default();
        if CONJUNCTIONS.contains(&last.to_lowercase().as_str()) { trimmed.len() - last.len() } else { part.len() }
    };
    cuts.windows(2).map(|pair| &sentence[pair[0]..pair[1]]).map(|part| &part[..without_conjunction(part)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_for_several_things_come_apart() {
        for (question, expected) in [
            ("Who approves travel and how much may a hotel cost?", &["Who approves travel", "how much may a hotel cost?"][..]),
            ("Who approves travel? What may a hotel cost?", &["Who approves travel?", "What may a hotel cost?"]),
            ("Wer genehmigt Reisen und wie viel darf das Hotel kosten?", &["Wer genehmigt Reisen", "wie viel darf das Hotel kosten?"]),
            ("¿Quién aprueba los viajes y cuánto puede costar el hotel?", &["Quién aprueba los viajes", "cuánto puede costar el hotel?"]),
        ] {
            assert_eq!(parts(question), expected, "{question}");
        }
    }

    #[test]
    fn one_question_stays_one() {
        for question in [
            "What are the limits for hotels and meals?",
            "I am taking two customers out for dinner. How much can I spend per person?",
            "Can I work from abroad, and how?",
            "Who is Ada?",
            "How do I order a laptop and a phone?",
            "",
        ] {
            assert!(parts(question).is_empty(), "{question}: {:?}", parts(question));
        }
    }
}
