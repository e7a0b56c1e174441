//! Whatever a model prefers and however tokens fall: what stands between the marks stands in a source, and there is always a next token.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::{GgufVocabulary, Template, Tokenizer};

/// Tokens beside the 256 bytes, in the byte alphabet below: parts of words, half characters, and marks with what stands beside them.
const MERGED: [&str; 24] = [
    " the", "the", " an", "day", "days", " days", "25", ".”", "”.", "“", "”", " “", "“The", "\"", ",\"", "é", "休", " 假", "—", "er", "in",
    " in", "”, “", "s”",
];
/// Halves of characters: of the marks, of a dash, of an ideograph.
const HALVES: [&[u8]; 4] = [b"\xe2\x80", b" \xe2", b"\xe4\xbc", b".\xe2\x80"];
const THINK: u32 = 256;
const END_THINK: u32 = 257;
const END: u32 = 258;

fn chat() -> Arc<Chat> {
    static CHAT: OnceLock<Arc<Chat>> = OnceLock::new();
    let make = || {
        let spelled = |bytes: &[u8]| bytes.iter().map(|byte| crate::tokenizer::symbol_of(*byte)).collect::<String>();
        let mut tokens: Vec<String> = (0..=255u8).map(|byte| spelled(&[byte])).collect();
        tokens.extend(["<think>", "</think>", "<|im_end|>"].map(str::to_owned));
        tokens.extend(MERGED.map(|text| spelled(text.as_bytes())));
        tokens.extend(HALVES.map(spelled));
        let mut token_types = vec![1; tokens.len()];
        token_types[256..259].copy_from_slice(&[4, 4, 3]);
        let entries = GgufVocabulary { model: "gpt2".into(), pre: "qwen35".into(), tokens, token_types, ..GgufVocabulary::default() };
        Arc::new(Chat::new(Tokenizer::from_entries(entries).unwrap(), Template::chatml()))
    };
    Arc::clone(CHAT.get_or_init(make))
}

fn quoting(texts: &[&str]) -> Quoting {
    let chat = chat();
    let sources = texts.iter().map(|text| Arc::new(QuotableText::new(text, chat.tokenizer())));
    Quoting::new(Arc::clone(&chat), (1..).zip(sources).collect())
}

/// Allowed ids after `generated`.
fn allowed(quoting: &mut Quoting, generated: &[u32]) -> Vec<u32> {
    let mut logits = vec![0.0; quoting.chat.tokenizer().len()];
    quoting.mask(generated, &mut logits);
    (0..).zip(logits).filter(|(_, logit)| *logit == 0.0).map(|(id, _)| id).collect()
}

/// A model's answer: it wants `“` first and then whatever `choose` says of what is allowed.
fn answer(quoting: &mut Quoting, start: &str, length: usize, mut choose: impl FnMut(&[u32]) -> u32) -> String {
    let mut generated: Vec<u32> = start.bytes().map(u32::from).collect();
    for _ in 0..length {
        let next = allowed(quoting, &generated);
        assert!(!next.is_empty(), "stuck after {:?}", quoting.chat.tokenizer().decode(&generated));
        generated.push(choose(&next));
    }
    quoting.chat.tokenizer().decode(&generated)
}

/// Holds every quotation of an answer to the sources.
fn check(answer: &str, sources: &[&str]) {
    let chat = chat();
    let texts: Vec<QuotableText> = sources.iter().map(|text| QuotableText::new(text, chat.tokenizer())).collect();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for range in quotations(answer) {
        let quotation = &answer[range];
        assert!(sources.iter().any(|source| flat(source).contains(quotation)), "{quotation:?} stands nowhere");
        let found: Vec<(usize, Range<usize>)> =
            texts.iter().enumerate().flat_map(|(place, text)| text.find(quotation).into_iter().map(move |range| (place, range))).collect();
        assert!(!found.is_empty(), "{quotation:?} is not found");
        assert!(found.into_iter().all(|(place, range)| flat(&sources[place][range]) == quotation));
    }
    for mark in ["\"", "«"] {
        let outside: String = answer.split(CLOSE).map(|part| part.split(OPEN).next().unwrap_or_default()).collect();
        assert!(!outside.contains(mark), "{answer}");
    }
}

fn ids(text: &str) -> Vec<u32> {
    text.bytes().map(u32::from).collect()
}

fn token(text: &str) -> u32 {
    259 + MERGED.iter().position(|merged| *merged == text).unwrap() as u32
}

#[test]
fn inside_only_what_follows_and_outside_anything_but_marks() {
    let mut quoting = quoting(&["At most 25.5 days.\n\nThe rest lapses.", "Twenty days"]);
    let outside = allowed(&mut quoting, &ids("So "));
    assert!(outside.contains(&u32::from(b'x')) && outside.contains(&token("“")) && outside.contains(&END));
    for mark in ["\"", "”", "“The", "”, “", ",\""] {
        assert!(!outside.contains(&token(mark)), "{mark}");
    }
    let quote = |text: &str| ids(&format!("So [9] “{text}"));
    let mut after = |text: &str| allowed(&mut quoting, &quote(text));
    assert_eq!(after("At most 2"), [u32::from(b'5')]);
    // Words and numbers stay whole: 25 is not 25.5, and "day" is none of its words.
    assert_eq!(after("At most 25"), [u32::from(b'.')]);
    assert!(!after("At most 25.5 da").contains(&token("”")));
    assert!(after("At most 25.5 days").contains(&token("”")));
    assert!(after("At most 25.5 days").contains(&token(".”")));
    assert!(after("At most 25.5 days").contains(&u32::from(b'.')));
    // A paragraph's end is the quotation's.
    let end = after("At most 25.5 days.");
    assert!(end.contains(&token("”")) && !end.contains(&u32::from(b' ')) && !end.contains(&END), "{end:?}");
    assert!(after("T").contains(&u32::from(b'w')) && after("T").contains(&u32::from(b'h')));
    // A number in front names the source.
    let named = allowed(&mut quoting, &ids("See [1] “T"));
    assert!(named.contains(&u32::from(b'h')) && !named.contains(&u32::from(b'w')));
}

#[test]
fn what_is_taken_back_is_forgotten() {
    let mut quoting = quoting(&["The days are long"]);
    let first = allowed(&mut quoting, &ids("“The days"));
    allowed(&mut quoting, &ids("“The days are"));
    allowed(&mut quoting, &ids("no quotation"));
    assert_eq!(allowed(&mut quoting, &ids("“The days")), first);
}

#[test]
fn reasoning_is_free_and_sources_may_be_empty() {
    let chat = chat();
    let source = Arc::new(QuotableText::new("The days", chat.tokenizer()));
    let mut quoting = Quoting::new(Arc::clone(&chat), vec![(1, source)]).beginning_in_reasoning(true);
    assert_eq!(allowed(&mut quoting, &[token("\"")]).len(), chat.tokenizer().len());
    assert!(!allowed(&mut quoting, &[token("\""), END_THINK]).contains(&token("\"")));
    // Reasoning opens where an answer begins, and nowhere else.
    let mut quoting = self::quoting(&["The days"]);
    assert!(allowed(&mut quoting, &[u32::from(b'\n'), THINK]).contains(&token("\"")));
    assert!(!allowed(&mut quoting, &[u32::from(b'a')]).contains(&THINK));
    assert!(!allowed(&mut quoting, &[THINK, END_THINK]).contains(&THINK));
    for empty in ["", " \n\n ", "“”", "\u{0}"] {
        let mut quoting = self::quoting(&[empty]);
        assert!(!allowed(&mut quoting, &[]).iter().any(|id| [token("“"), token(" “")].contains(id)), "{empty:?}");
    }
}

#[test]
fn an_answer_can_be_one_quotation() {
    let chat = chat();
    let source = Arc::new(QuotableText::new("The days are long.", chat.tokenizer()));
    let mut quoting = Quoting::one(Arc::clone(&chat), vec![(1, source)]);
    assert!(!allowed(&mut quoting, &[]).contains(&token("“")) && allowed(&mut quoting, &[]).contains(&u32::from(b'T')));
    let whole = ids("The days are long.");
    assert!(!allowed(&mut quoting, &whole).contains(&END));
    let closed: Vec<u32> = whole.into_iter().chain([token("”")]).collect();
    assert_eq!(allowed(&mut quoting, &closed), [END]);
}

#[test]
fn endless_quotations_are_closed() {
    let words = "word ".repeat(3_000);
    let letters = "w".repeat(9_000);
    for source in [&words, &letters] {
        let mut quoting = quoting(&[source]);
        let text = answer(&mut quoting, "“", 4_000, |next| *next.iter().find(|id| **id < 128).unwrap_or(&next[0]));
        assert!(quotations(&text).first().is_some_and(|range| range.len() < 2_300), "{}", text.len());
        assert!(source.contains(&text[quotations(&text)[0].clone()]));
    }
}

#[test]
fn quotations_are_closed_pairs() {
    let text = "a “b” c “” d “e";
    assert_eq!(quotations(text).into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["b", ""]);
    assert!(quotations("”x“").is_empty());
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        Just("the days in 25.5 ".to_owned()),
        Just("休假二十五天。".to_owned()),
        Just("“he said” \"x\" ".to_owned()),
        Just("cafe\u{301} — né ".to_owned()),
        Just("👩\u{200D}🚀 \u{0} ".to_owned()),
        Just("\n\n".to_owned()),
        Just(" \t\n".to_owned()),
        "[a-c]{1,3}[ .]",
        "\\PC{1,4}",
    ];
    proptest::collection::vec(proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quotations_stand_in_a_source(sources in texts(), picks in proptest::collection::vec(any::<u32>(), 120), start in "(a |\\[[0-4]\\]:? )") {
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let mut quoting = quoting(&sources);
        let mut picks = picks.into_iter();
        let text = answer(&mut quoting, &start, 120, |next| {
            let pick = picks.next().unwrap();
            // A model that likes to quote, to close, and half characters.
            let liked: Vec<u32> = next.iter().copied().filter(|id| *id > 258).collect();
            let from = if pick % 4 > 0 && !liked.is_empty() { &liked } else { next };
            from[(pick / 4) as usize % from.len()]
        });
        check(&text, &sources);
    }
}
