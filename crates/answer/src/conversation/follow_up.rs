//! Whether a question leans on what was asked before, and the same question made to stand alone: by rules, without a model, the same each
//! time. The question stays as it is; the words that say what the conversation is about are added behind it, which is what both legs of
//! the search and the check of the evidence go by.
//!
//! The rules know English, German, French and Spanish. They err towards leaning: a word too many costs rank, a missing subject finds nothing.

mod words;

use pinakes_config::limits::SearchLimits;
use pinakes_config::limits::conversation::CONTEXT_WORDS_MAX;

use self::words::{
    ARTICLES, ASKING, BE, DEFINING, ELLIPSES, EXPLETIVE, FILLING, GERMAN, INSIDE, JOINING, LEANING, OWNING, POINTING, SUBJECTS, TIMES,
};
use super::earlier::Said;
use crate::question::{is_common, same_word, words};

/// Telling words from which on a question is taken to name its own subject.
const TELLING_MANY: usize = 6;
/// The same for one that begins as if it went on ("And how many …?").
const TELLING_SOME: usize = 3;
/// Words of the question before from which on no title is needed to say what it was about.
const SUBJECT_WORDS_MIN: usize = 2;

/// The question with what it leans on; `None` when it stands alone.
pub(super) fn stand_alone(question: &str, earlier: &[Said]) -> Option<String> {
    let before = earlier.last()?;
    if !leans(question) {
        return None;
    }
    let asked: Vec<&str> = tokens(question).collect();
    let mut added: Vec<&str> = Vec::new();
    extend(&mut added, &asked, &before.query);
    if added.len() < SUBJECT_WORDS_MIN {
        before.titles.iter().take(1).for_each(|title| extend(&mut added, &asked, title));
    }
    if added.is_empty() {
        return None;
    }
    let whole = format!("{question} {}", added.join(" "));
    (whole.chars().count() <= SearchLimits::default().query_chars_max).then_some(whole)
}

/// Adds the telling words of `text` that are neither asked nor added already, as they are written.
fn extend<'a>(added: &mut Vec<&'a str>, asked: &[&str], text: &'a str) {
    for token in tokens(text).filter(|token| tells(token)) {
        let lower = token.to_lowercase();
        let known = asked.iter().chain(added.iter()).any(|word| same_word(&word.to_lowercase(), &lower));
        if !known && added.len() < CONTEXT_WORDS_MAX {
            added.push(token);
        }
    }
}

/// Words as they are written, `VF-210` whole, without what stands around them.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().map(|token| token.trim_matches(|c: char| !c.is_alphanumeric())).filter(|token| !token.is_empty())
}

fn tells(token: &str) -> bool {
    words(token).any(|(_, word)| is_telling(&word.to_lowercase()))
}

/// Whether a word, lower case, says something of what a question is about.
fn is_telling(word: &str) -> bool {
    !(is_common(word) || ASKING.contains(&word) || FILLING.contains(&word))
}

/// Whether a question cannot be understood without what was asked before.
fn leans(question: &str) -> bool {
    let lower: Vec<String> = words(question).map(|(_, word)| word.to_lowercase()).collect();
    let all: Vec<&str> = lower.iter().map(String::as_str).collect();
    let telling = all.iter().filter(|word| is_telling(word)).count();
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| starts(&all, phrase));
    if begins(ELLIPSES) || points_back(question, &all, telling) {
        return true;
    }
    if begins(JOINING) {
        // "And how many days do interns get?" says it all; "and in Germany?" does not.
        return !(telling >= TELLING_SOME && all.get(1).is_some_and(|word| ASKING.contains(word)));
    }
    if begins(DEFINING) {
        let subject = all.iter().position(|word| is_telling(word));
        let definite = subject.is_some_and(|at| at > 0 && ARTICLES.contains(&all[at - 1]));
        return telling == 0 || (definite && telling == 1);
    }
    telling == 0 || (telling == 1 && all.len() <= 4)
}

/// Whether a word points to something that the question itself does not name.
fn points_back(question: &str, all: &[&str], telling: usize) -> bool {
    if telling > TELLING_MANY {
        return false;
    }
    let conditional = question.contains(',') || all.first().is_some_and(|word| INSIDE.contains(word));
    all.iter().enumerate().any(|(at, word)| {
        let named_before = all[..at].iter().filter(|word| is_telling(word)).count();
        let next = all.get(at + 1).copied().unwrap_or_default();
        let before = if at == 0 { "" } else { all[at - 1] };
        if OWNING.contains(word) {
            named_before == 0
        } else if POINTING.contains(word) {
            !TIMES.contains(&next)
        } else if *word == "that" {
            next.is_empty() || ["about", "of", "for", "after", "before", "with", "like", "is", "does", "explain"].contains(&before)
        } else if *word == "there" {
            !BE.contains(&before) && !BE.contains(&next)
        } else if ARTICLES.contains(word) && is_telling(next) && !next.is_empty() {
            false
        } else if SUBJECTS.contains(word) {
            named_before < 2
        } else if *word == "it" || *word == "il" || (*word == "es" && all.iter().any(|word| GERMAN.contains(word))) {
            let expletive = EXPLETIVE.contains(&before) || EXPLETIVE.contains(&next);
            !(expletive && telling >= 1 || conditional && named_before >= 2)
        } else {
            LEANING.contains(word) && !(conditional && named_before >= 2)
        }
    })
}

fn starts(all: &[&str], phrase: &str) -> bool {
    phrase.split(' ').enumerate().all(|(at, word)| all.get(at) == Some(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Turn;

    fn said(question: &str) -> Said {
        Said::told(Turn { question: question.to_owned(), answer: "…".to_owned() })
    }

    fn after(question: &str, title: &str, follow_up: &str) -> Option<String> {
        stand_alone(follow_up, &[Said { titles: vec![title.to_owned()], ..said(question) }])
    }

    #[test]
    fn follow_ups_take_their_subject_along() {
        for (before, question, expected) in [
            ("How many vacation days do employees get?", "and in Germany?", "and in Germany? vacation days employees"),
            ("How many vacation days do employees get?", "What about contractors?", "What about contractors? vacation days employees"),
            ("What is the limit for hotel costs?", "Who approves it?", "Who approves it? limit hotel costs"),
            ("What is the burst pressure of the VF-210?", "And its weight?", "And its weight? burst pressure VF-210"),
            ("Wie viele Urlaubstage habe ich?", "Und in Österreich?", "Und in Österreich? Urlaubstage"),
            ("Wer genehmigt Reisen?", "Wie lange dauert das?", "Wie lange dauert das? genehmigt Reisen"),
            ("Quel est le délai de préavis ?", "Et pour les cadres ?", "Et pour les cadres ? délai préavis"),
            ("¿Cuántos días de vacaciones tengo?", "¿Y en Alemania?", "¿Y en Alemania? días vacaciones"),
        ] {
            assert_eq!(after(before, "", question).as_deref(), Some(expected), "{question}");
        }
    }

    #[test]
    fn a_title_says_what_a_question_without_a_subject_was_about() {
        assert_eq!(after("Who approves?", "Travel policy", "and abroad?").unwrap(), "and abroad? approves Travel policy");
    }

    #[test]
    fn the_subject_is_passed_on_from_turn_to_turn() {
        let first = said("How many vacation days do employees get?");
        let query = stand_alone("and in Germany?", std::slice::from_ref(&first)).unwrap();
        let second = Said { query, ..said("and in Germany?") };
        let third = stand_alone("who approves them?", &[first, second]).unwrap();
        assert_eq!(third, "who approves them? Germany vacation days employees");
    }

    #[test]
    fn questions_that_stand_alone_are_left_alone() {
        for question in [
            "How many unused holiday days can I carry over into next year?",
            "If an employee loses a badge, who replaces it?",
            "Is it allowed to bring dogs?",
            "How long does it take to get a visa?",
            "Is there a gym in Leipzig?",
            "What is Pinakes?",
            "Who approves business travel?",
            "And how many days of parental leave do fathers get?",
            "What is the maximum that employees may spend on hotels?",
            "Do employees keep their laptops?",
            "What changed in the travel policy this year?",
            "Wie viele Urlaubstage bekommen Auszubildende?",
            "Gibt es einen Betriebsrat in Leipzig?",
            "Quelle est la durée du congé parental ?",
            "¿Quién aprueba los viajes de negocios?",
            "¿Cuál es el plazo para presentar gastos?",
            "Wann ist das Büro in Leipzig geöffnet?",
            "How many people work in sales and when were they hired?",
        ] {
            assert_eq!(after("How many vacation days do employees get?", "Leave", question), None, "{question}");
        }
    }

    #[test]
    fn questions_that_lean_are_known() {
        for question in [
            "why?",
            "contractors?",
            "in Germany?",
            "How long?",
            "Who approves it?",
            "What happens if they are late?",
            "How much is that?",
            "And who signs?",
            "What else?",
            "What is the deadline?",
            "Does this policy apply to interns?",
            "Can I get there by train?",
            "Which one is cheaper?",
            "Could you explain that in more detail?",
            "Warum?",
            "Was ist mit Praktikanten?",
            "Gilt das auch für Praktikanten?",
            "Wer bezahlt sie?",
            "Pourquoi ?",
            "Qui les approuve ?",
            "¿Y por qué?",
        ] {
            assert!(leans(question), "{question}");
        }
    }

    #[test]
    fn nothing_before_nothing_added_and_odd_input_is_no_panic() {
        assert_eq!(stand_alone("and in Germany?", &[]), None);
        assert_eq!(after("and in Germany?", "", "and in Germany?"), None, "nothing to add");
        for odd in ["", "?!", "谁批准？", "\u{202e}it", &"it ".repeat(4_000), &"x".repeat(4_096)] {
            let _ = after("How many vacation days?", "Leave", odd);
            let _ = after(odd, odd, "and it?");
        }
    }
}
