//! Words → terms. A document's words are stemmed by its own language; a question, whose language nobody knows, is looked up under the
//! stems of every language the store holds.

use std::collections::{BTreeSet, HashMap};

use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer};

use crate::words::{Word, fold};

/// A stemmer and the script it is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stemming {
    language: Language,
    script: Script,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Tamil,
}

impl Script {
    fn of(word: &str) -> Option<Self> {
        match word.chars().next()? {
            'a'..='z' | '\u{df}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(Self::Latin),
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Self::Greek),
            '\u{400}'..='\u{52f}' => Some(Self::Cyrillic),
            '\u{600}'..='\u{6ff}' => Some(Self::Arabic),
            '\u{b80}'..='\u{bff}' => Some(Self::Tamil),
            _ => None,
        }
    }
}

impl Stemming {
    /// The stemmer for an ISO 639-1 code, where there is one.
    pub(crate) fn of(code: &str) -> Option<Self> {
        use Language::*;
        let (language, script) = match code {
            "ar" => (Arabic, Script::Arabic),
            "da" => (Danish, Script::Latin),
            "nl" => (Dutch, Script::Latin),
            "en" => (English, Script::Latin),
            "fi" => (Finnish, Script::Latin),
            "fr" => (French, Script::Latin),
            "de" => (German, Script::Latin),
            "el" => (Greek, Script::Greek),
            "hu" => (Hungarian, Script::Latin),
            "it" => (Italian, Script::Latin),
            "no" | "nb" | "nn" => (Norwegian, Script::Latin),
            "pt" => (Portuguese, Script::Latin),
            "ro" => (Romanian, Script::Latin),
            "ru" => (Russian, Script::Cyrillic),
            "es" => (Spanish, Script::Latin),
            "sv" => (Swedish, Script::Latin),
            "ta" => (Tamil, Script::Tamil),
            "tr" => (Turkish, Script::Latin),
            _ => return None,
        };
        Some(Self { language, script })
    }
}

/// Stems words of one language, remembering those already seen.
pub(crate) struct WordStemmer {
    analyzer: Option<(TextAnalyzer, Script)>,
    seen: HashMap<String, String>,
}

impl WordStemmer {
    /// Stems remembered before the memory is emptied.
    const SEEN_MAX: usize = 20_000;

    /// `None` stems nothing.
    pub(crate) fn new(stemming: Option<Stemming>) -> Self {
        let analyzer = stemming.map(|Stemming { language, script }| {
            (TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(language)).build(), script)
        });
        Self { analyzer, seen: HashMap::new() }
    }

    /// The term a word of this language is indexed under: stemmed, then folded.
    pub(crate) fn term(&mut self, word: &str) -> String {
        let Some((analyzer, script)) = &mut self.analyzer else { return fold(word) };
        if Script::of(word) != Some(*script) {
            return fold(word);
        }
        if let Some(term) = self.seen.get(word) {
            return term.clone();
        }
        let mut stream = analyzer.token_stream(word);
        let stem = if stream.advance() { fold(&stream.token().text) } else { String::new() };
        // A stemmer that leaves nothing (some single letters) must not make the word vanish.
        let term = if stem.is_empty() { fold(word) } else { stem };
        if self.seen.len() >= Self::SEEN_MAX {
            self.seen.clear();
        }
        self.seen.insert(word.to_owned(), term.clone());
        term
    }

    /// All terms a document's word is indexed under. A word with accents is also found as it is typed without them: `comunicación` is
    /// stemmed to `comun`, which the unaccented `comunicacion` is not, so that form is indexed beside it.
    pub(crate) fn document_terms(&mut self, word: &Word) -> (String, Option<String>) {
        if word.piece {
            return (word.text.clone(), None);
        }
        let term = self.term(&word.text);
        if word.text.is_ascii() {
            return (term, None);
        }
        let plain = fold(&word.text);
        let differs = plain != term && plain != word.text;
        (term, differs.then_some(plain))
    }
}

/// The stemmers a question is read with.
pub(crate) struct QuestionStemmers {
    stemmers: Vec<WordStemmer>,
    german: Option<usize>,
}

impl QuestionStemmers {
    /// For a store that holds documents in these languages.
    pub(crate) fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        let mut stemmings: Vec<Stemming> = Vec::new();
        for stemming in codes.into_iter().filter_map(Stemming::of) {
            if !stemmings.contains(&stemming) {
                stemmings.push(stemming);
            }
        }
        let german = stemmings.iter().position(|stemming| stemming.language == Language::German);
        Self { stemmers: stemmings.into_iter().map(|stemming| WordStemmer::new(Some(stemming))).collect(), german }
    }

    /// Every term the word may be indexed under, in order and without repetition.
    pub(crate) fn terms(&mut self, word: &Word) -> BTreeSet<String> {
        if word.piece {
            return BTreeSet::from([word.text.clone()]);
        }
        let mut terms = BTreeSet::from([fold(&word.text)]);
        terms.extend(self.stemmers.iter_mut().map(|stemmer| stemmer.term(&word.text)));
        if let Some(german) = self.german {
            for spelling in german_spellings(&word.text) {
                terms.insert(self.stemmers[german].term(&spelling));
            }
        }
        terms
    }

    /// The sequences a phrase may be indexed as: one per language, and one unstemmed.
    pub(crate) fn sequences(&mut self, words: &[Word]) -> BTreeSet<Vec<(usize, String)>> {
        let sequence = |term: &mut dyn FnMut(&Word) -> String| words.iter().map(|word| (word.position, term(word))).collect();
        let mut sequences = BTreeSet::from([sequence(&mut |word| fold(&word.text))]);
        for stemmer in &mut self.stemmers {
            sequences.insert(sequence(&mut |word| stemmer.document_terms(word).0));
        }
        sequences
    }
}

/// `Mueller` for `Müller` and the other way round.
fn german_spellings(word: &str) -> impl Iterator<Item = String> {
    let with = word.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü");
    let without = word.replace('ä', "ae").replace('ö', "oe").replace('ü', "ue");
    let word = word.to_owned();
    [with, without].into_iter().filter(move |spelling| *spelling != word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{Purpose, words};

    fn document(language: &str, text: &str) -> Vec<String> {
        let mut stemmer = WordStemmer::new(Stemming::of(language));
        let terms = words(text, Purpose::Document).into_iter().map(|word| stemmer.document_terms(&word));
        terms.flat_map(|(term, plain)| [Some(term), plain]).flatten().collect()
    }

    fn finds(languages: &[&str], language: &str, question: &str, text: &str) -> bool {
        let mut stemmers = QuestionStemmers::new(languages.iter().copied());
        let indexed = document(language, text);
        words(question, Purpose::Question).iter().all(|word| stemmers.terms(word).iter().any(|term| indexed.contains(term)))
    }

    #[test]
    fn questions_find_other_forms_of_the_same_word() {
        let all = ["ar", "de", "en", "es", "ru"];
        for (language, question, text) in [
            ("en", "policy runs", "Policies were running"),
            ("de", "haus", "viele Häuser"),
            ("de", "Mueller", "Herr Müller"),
            ("de", "Müller", "Herr Mueller"),
            ("de", "strasse", "die Straße"),
            ("es", "comunicacion", "la comunicación"),
            ("es", "comunicación", "las comunicaciones"),
            ("ar", "كتاب", "الكتاب"),
            ("ru", "договор", "договоры"),
            ("zh", "年假", "员工年假政策"),
            ("xx", "running", "running"),
        ] {
            assert!(finds(&all, language, question, text), "{question} in {text}");
        }
        assert!(!finds(&["en"], "en", "police", "policy"));
    }

    #[test]
    fn stemmers_leave_other_scripts_alone() {
        assert_eq!(document("ru", "running договоры"), ["running", "договор"]);
    }
}
