//! What a question must be, and which of its words say what it is about.

use pinakes_api::{ApiError, Code};
use pinakes_config::limits::SearchLimits;

/// The question without white space around it.
///
/// # Errors
/// An empty question, or one above the limit.
pub(crate) fn check(text: &str) -> Result<&str, ApiError> {
    let limit = SearchLimits::default().query_chars_max;
    let text = text.trim();
    if !text.chars().any(char::is_alphanumeric) {
        return Err(ApiError::new(Code::QuestionEmpty, "Ask with at least one word."));
    }
    if text.chars().count() > limit {
        return Err(ApiError::new(Code::QueryTooLong, format!("The question has more than {limit} characters; shorten it.")));
    }
    Ok(text)
}

/// The words that carry meaning, lower case, in order, none twice. All words, when every one of them is common.
pub(crate) fn content_words(text: &str) -> Vec<String> {
    let words: Vec<String> = words(text).map(|(_, word)| word.to_lowercase()).collect();
    let mut content: Vec<String> = Vec::new();
    for word in words.iter().filter(|word| !COMMON.contains(&word.as_str())) {
        if !content.contains(word) {
            content.push(word.clone());
        }
    }
    if content.is_empty() { words } else { content }
}

/// Whether a word, lower case, stands in every other question and tells nothing of what it is about.
pub(crate) fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}

/// The codes a question is specifically about: acronyms, and the numbers joined to them, as in `VF-210`. Lower case, none twice. Other
/// names and numbers are left to the share of content words: documents write them in too many ways.
pub(crate) fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut after_code = None;
    for (at, word) in words(text) {
        let capitals = word.chars().filter(|c| c.is_uppercase()).count();
        let joined =
            after_code.is_some_and(|end: usize| text[end..at].chars().all(|c| c == '-') && word.chars().all(|c| c.is_ascii_digit()));
        after_code = (capitals > 1).then_some(at + word.len());
        let word = word.to_lowercase();
        if (capitals > 1 || joined) && !names.contains(&word) {
            names.push(word);
        }
    }
    names
}

/// Words with the byte they start at. Scripts without spaces between words give one word a character pair.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
        .flat_map(|(at, word)| {
            if !word.chars().next().is_some_and(is_ideograph) {
                return vec![(at, word)];
            }
            let starts: Vec<usize> = word.char_indices().map(|(start, _)| start).chain([word.len()]).collect();
            match starts.len() {
                0..=2 => vec![(at, word)],
                _ => starts.windows(3).map(|w| (at + w[0], &word[w[0]..w[2]])).collect(),
            }
        })
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}')
}

/// Whether two words, lower case, are forms of one: the same, or the same but for their endings.
pub(crate) fn same_word(a: &str, b: &str) -> bool {
    if a == b {
        return true;
    }
    // Most pairs differ at once.
    if a.as_bytes().first() != b.as_bytes().first() {
        return false;
    }
    let shared = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    let longest = a.chars().count().max(b.chars().count());
    shared >= 4 && longest - shared <= 3 && shared * 3 >= longest * 2
}

/// Which of these words a text has in any form.
pub(crate) fn held(wanted: &[String], text: &str) -> Vec<bool> {
    let found: Vec<String> = words(text).map(|(_, word)| word.to_lowercase()).collect();
    wanted.iter().map(|wanted| found.iter().any(|word| same_word(wanted, word))).collect()
}

/// Words of questions and of every sentence, in English, German, Spanish and French.
const COMMON: &[&str] = &[
    // English
    "a", "an", "and", "any", "are", "as", "at", "be", "been", "by", "can", "could", "did", "do", "does", "for", "from", "get", "had", "has",
    "have", "how", "i", "if", "in", "into", "is", "it", "its", "long", "many", "may", "me", "much", "must", "my", "need", "of", "on", "or",
    "our", "shall", "should", "so", "tell", "than", "that", "the", "their", "them", "there", "these", "they", "this", "to", "us", "was",
    "we", "were", "what", "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "your", "about",
    "happens", "happen", "give", // German
    "ab", "als", "am", "an", "auch", "auf", "aus", "bei", "bin", "bis", "das", "dass", "dem", "den", "der", "des", "die", "dies", "diese",
    "dieser", "du", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es", "für", "gibt", "habe", "haben", "hat", "ich",
    "ihr", "im", "ist", "kann", "kein", "keine", "können", "lange", "man", "mein", "meine", "mit", "muss", "müssen", "nach", "nicht",
    "oder", "sich", "sie", "sind", "soll", "um", "und", "uns", "unser", "unsere", "viel", "viele", "vom", "von", "vor", "wann", "warum",
    "was", "welche", "welchem", "welchen", "welcher", "welches", "wenn", "wer", "werden", "wie", "wieviel", "wir", "wird", "wo", "wurde",
    "zu", "zum", "zur", "über", // Spanish
    "al", "como", "con", "cuál", "cuándo", "cuánto", "cómo", "de", "del", "dónde", "el", "ella", "en", "es", "esta", "este", "la", "las",
    "lo", "los", "para", "por", "que", "qué", "quién", "se", "son", "su", "un", "una", "y", // French
    "au", "aux", "avec", "ce", "cette", "combien", "comment", "dans", "des", "du", "et", "il", "je", "le", "les", "nous", "où", "ou",
    "par", "pas", "pour", "quand", "quel", "quelle", "qui", "sur", "une", "vous",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_endless_questions_are_refused() {
        for text in ["", "   ", "?!", "\n\t"] {
            assert_eq!(check(text).unwrap_err().code, Code::QuestionEmpty);
        }
        assert_eq!(check(&"x".repeat(5_000)).unwrap_err().code, Code::QueryTooLong);
        assert_eq!(check("  who? ").unwrap(), "who?");
    }

    #[test]
    fn common_words_are_left_out_unless_there_is_nothing_else() {
        assert_eq!(content_words("How many holiday days do I get, holiday days?"), ["holiday", "days"]);
        assert_eq!(content_words("Who are we?"), ["who", "are", "we"]);
        assert_eq!(content_words("谁批准休假"), ["谁批", "批准", "准休", "休假"]);
    }

    #[test]
    fn codes_are_what_a_question_is_specifically_about() {
        assert_eq!(names("What is the burst pressure of the VF-210?"), ["vf", "210"]);
        assert_eq!(names("Is the Velmer Cloud hosted by IBM?"), ["ibm"]);
        assert!(names("Darf eine Bestellung über 18.000 Euro 2026 warten?").is_empty());
    }

    #[test]
    fn word_forms_are_one_word() {
        assert!(same_word("invoice", "invoices") && same_word("genehmigt", "genehmigen") && same_word("reise", "reisen"));
        assert!(!same_word("sales", "salary") && !same_word("day", "daily"));
    }
}
