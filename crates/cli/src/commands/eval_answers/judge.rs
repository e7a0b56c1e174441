//! The judge of `eval answers`: a rule that anybody can follow by hand, apart from the one that makes the answers, and no model.
//!
//! An answer is *right* when it holds one of the accepted answers, and is measured by token F1 against the nearest of them (SQuAD;
//! Rajpurkar et al. 2016, arXiv:1606.05250). A statement is *supported* by quotations when every number in it stands in them, and at least
//! seven of ten of its content words do; two words are the same when they share a beginning of five letters.

/// Share of a statement's content words that its quotations must hold.
const CONTENT_SHARE: f64 = 0.7;
/// Letters by which two words are the same.
const STEM_CHARS: usize = 5;
/// Shorter words carry grammar rather than content, in the languages with letters and spaces.
const CONTENT_CHARS: usize = 4;

/// Whether `text` holds `words` as whole words, whatever the case, spacing and markup.
pub(super) fn holds(text: &str, words: &str) -> bool {
    let flat = |text: &str| format!(" {} ", tokens(text).join(" "));
    let words = flat(words);
    words.trim() != "" && flat(text).contains(&words)
}

/// Token F1 of an answer against the nearest accepted one.
pub(super) fn f1(answer: &str, accepted: &[String]) -> f64 {
    let said = tokens(&without_markers(answer));
    accepted.iter().map(|accepted| f1_of(&said, &tokens(accepted))).fold(0.0, f64::max)
}

fn f1_of(said: &[String], wanted: &[String]) -> f64 {
    let mut left = wanted.to_vec();
    let common = said.iter().filter(|word| left.iter().position(|other| other == *word).map(|at| left.swap_remove(at)).is_some()).count();
    if common == 0 {
        return 0.0;
    }
    let (precision, recall) = (common as f64 / said.len() as f64, common as f64 / wanted.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

/// Whether quotations, read together, bear a statement out.
pub(super) fn supports(statement: &str, quotes: &[&str]) -> bool {
    let said = tokens(&without_markers(statement));
    let quoted: Vec<String> = quotes.iter().flat_map(|quote| tokens(quote)).collect();
    if quoted.is_empty() || !said.iter().filter(|word| is_number(word)).all(|number| quoted.contains(number)) {
        return false;
    }
    let content: Vec<&String> = said.iter().filter(|word| is_content(word)).collect();
    let borne = content.iter().filter(|word| quoted.iter().any(|other| same(word, other))).count();
    borne as f64 >= CONTENT_SHARE * content.len() as f64
}

/// Words in lower case without accents of typography; a character of a script without spaces is a word of its own.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut open = false;
    for c in text.chars() {
        if !c.is_alphanumeric() {
            open = false;
        } else if is_ideograph(c) {
            tokens.push(c.to_string());
            open = false;
        } else if open {
            tokens.last_mut().expect("a word is open").extend(c.to_lowercase());
        } else {
            tokens.push(c.to_lowercase().collect());
            open = true;
        }
    }
    tokens
}

/// Han, kana and hangul, roughly: what is written without spaces, or counts by the syllable.
fn is_ideograph(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x3ffff)
}

fn is_number(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

fn is_content(word: &str) -> bool {
    is_number(word) || word.chars().count() >= CONTENT_CHARS || word.chars().all(is_ideograph)
}

fn same(a: &str, b: &str) -> bool {
    a == b || {
        let stem = |word: &str| word.chars().take(STEM_CHARS).collect::<String>();
        !is_number(a) && a.chars().count() >= STEM_CHARS && stem(a) == stem(b)
    }
}

/// Without `[1]`: markers are not words of the answer.
pub(super) fn without_markers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        kept.push_str(before);
        match after.split_once(']').filter(|(inside, _)| !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit())) {
            Some((_, after)) => rest = after,
            None => {
                kept.push('[');
                rest = after;
            }
        }
    }
    kept + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_whatever_the_markup() {
        assert!(holds("Up to **five** unused\ndays", "five unused days"));
        assert!(!holds("It costs 720 EUR", "72"));
        assert!(holds("三年之内交付", "三年"));
        assert!(!holds("anything", ""));
    }

    #[test]
    fn f1_is_that_of_the_nearest_answer() {
        assert_eq!(f1("five days [1]", &["ten".into(), "Five days".into()]), 1.0);
        assert!((f1("up to five days", &["five days".into()]) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(f1("none", &["five".into()]), 0.0);
    }

    #[test]
    fn a_statement_needs_its_numbers_and_most_of_its_words() {
        let quote = "Up to five unused days may be carried over into the next year.";
        assert!(supports("Five unused days are carried over [1].", &[quote]));
        assert!(!supports("Up to 7 unused days may be carried over.", &[quote]));
        assert!(!supports("Employees receive a company bicycle.", &[quote]));
        assert!(!supports("Up to five days.", &[]));
        assert!(supports("The limit is 135 euros, and dinner 65.", &["The limit is €135 in euros.", "Dinner: 65"]));
    }
}
