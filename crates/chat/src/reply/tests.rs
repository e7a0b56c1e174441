use std::sync::OnceLock;

use proptest::prelude::*;

use super::*;
use crate::{GgufVocabulary, Template, Tokenizer};

const THINK: u32 = 256;
const END_THINK: u32 = 257;
const TOOL: u32 = 258;
const END: u32 = 259;
/// Merges in the byte alphabet; the last two make a whole character and half of one.
const MERGES: [&str; 5] = ["S T", "O P", "ST OP", "Ã ©", "ð Ł"];

/// A vocabulary of the 256 bytes, four control tokens and what [`MERGES`] make.
fn chat() -> Arc<Chat> {
    static CHAT: OnceLock<Arc<Chat>> = OnceLock::new();
    Arc::clone(CHAT.get_or_init(|| Arc::new(read())))
}

fn read() -> Chat {
    let mut tokens: Vec<String> = (0..=255u8).map(|byte| crate::tokenizer::symbol_of(byte).to_string()).collect();
    tokens.extend(["<think>", "</think>", "<tool_call>", "<|im_end|>"].map(str::to_owned));
    tokens.extend(MERGES.map(|merge| merge.replace(' ', "")));
    let mut token_types = vec![1; tokens.len()];
    token_types[256..260].copy_from_slice(&[4, 4, 4, 3]);
    let merges = MERGES.map(str::to_owned).to_vec();
    let entries = GgufVocabulary { model: "gpt2".into(), pre: "qwen35".into(), tokens, merges, token_types, ..GgufVocabulary::default() };
    Chat::new(Tokenizer::from_entries(entries).unwrap(), Template::chatml())
}

/// Everything an answer shows; texts are given byte by byte.
fn shown(in_reasoning: bool, stops: &[&str], pieces: &[Result<&str, u32>]) -> Delta {
    let ids = |piece: &Result<&str, u32>| match *piece {
        Ok(text) => text.bytes().map(u32::from).collect(),
        Err(control) => vec![control],
    };
    shown_of(&chat(), in_reasoning, stops, &pieces.iter().flat_map(ids).collect::<Vec<u32>>())
}

fn shown_of(chat: &Arc<Chat>, in_reasoning: bool, stops: &[&str], ids: &[u32]) -> Delta {
    let mut reply = Reply::new(Arc::clone(chat), in_reasoning, stops.iter().map(|&stop| stop.to_owned()).collect()).unwrap();
    let mut whole = Delta::default();
    let mut add = |delta: Delta| {
        whole.reasoning.push_str(&delta.reasoning);
        whole.text.push_str(&delta.text);
    };
    ids.iter().for_each(|&id| add(reply.push(id)));
    add(reply.finish());
    whole
}

fn delta(reasoning: &str, text: &str) -> Delta {
    Delta { reasoning: reasoning.to_owned(), text: text.to_owned() }
}

#[test]
fn reasoning_stands_apart_from_the_answer() {
    let pieces = [Ok("It is\n 🦀.\n"), Err(END_THINK), Ok("\n\n Yes.\n"), Err(END)];
    assert_eq!(shown(true, &[], &pieces), delta("It is\n 🦀.", " Yes.\n"));
    let opened = [Ok("\n"), Err(THINK), Ok("\nHm."), Err(END_THINK), Ok("\n\nYes.")];
    assert_eq!(shown(false, &[], &opened), delta("Hm.", "Yes."));
    assert_eq!(shown(true, &[], &[Ok("\nonly thought \n")]), delta("only thought", ""));
}

#[test]
fn only_the_control_token_ends_the_reasoning() {
    let quoted = [Ok("He wrote </think> there."), Err(END_THINK), Ok("Yes.")];
    assert_eq!(shown(true, &[], &quoted), delta("He wrote </think> there.", "Yes."));
    assert_eq!(shown(false, &[], &[Ok("A "), Err(THINK), Ok("b"), Err(END_THINK)]), delta("", "A <think>b</think>"));
}

#[test]
fn a_text_without_reasoning_is_shown_as_it_is() {
    assert_eq!(shown(false, &[], &[Ok("\n a\n\n")]), delta("", "\n a\n\n"));
    assert_eq!(shown(false, &[], &[Ok(" \n")]), delta("", " \n"));
    assert_eq!(shown(false, &[], &[Err(TOOL), Ok("x"), Err(END)]), delta("", "<tool_call>x"));
}

#[test]
fn a_stop_string_ends_the_text_but_not_the_reasoning() {
    let pieces = [Ok("a STOP b"), Err(END_THINK), Ok("c ST"), Ok("OP d")];
    assert_eq!(shown(true, &["STOP"], &pieces), delta("a STOP b", "c "));
    let mut reply = Reply::new(chat(), false, vec!["b".into()]).unwrap();
    assert_eq!(reply.push(u32::from(b'a')), delta("", "a"));
    assert_eq!((reply.push(u32::from(b'b')), reply.stopped_by()), (delta("", ""), Some("b")));
    assert_eq!((reply.push(u32::from(b'c')), reply.finish()), (delta("", ""), delta("", "")));
}

#[test]
fn half_a_character_is_never_shown() {
    let mut reply = Reply::new(chat(), false, vec![]).unwrap();
    let steps: Vec<String> = "é🦀".bytes().map(|byte| reply.push(u32::from(byte)).text).collect();
    assert_eq!(steps, ["", "é", "", "", "", "🦀"]);
    assert!(reply.push(0xF0).is_empty());
    assert_eq!((reply.push(END).text, reply.push(9_999).text), ("\u{FFFD}".to_owned(), String::new()));
}

proptest! {
    #[test]
    fn the_same_text_in_other_tokens_shows_the_same(
        reasoning in "[a \n é🦀STOP]{0,12}",
        text in "[a\n é🦀STOP]{0,24}",
        in_reasoning: bool,
    ) {
        let chat = chat();
        let bytes = |text: &str| text.bytes().map(u32::from).collect::<Vec<u32>>();
        let tokens = |text: &str| chat.tokenizer().encode(text).unwrap();
        let joined = |write: &dyn Fn(&str) -> Vec<u32>| [write(&reasoning), vec![END_THINK], write(&text), vec![END]].concat();
        let shown = |ids: &[u32]| shown_of(&chat, in_reasoning, &["STOP", "\n\n", "OPa"], ids);
        prop_assert_eq!(shown(&joined(&bytes)), shown(&joined(&tokens)));
        if in_reasoning {
            let whole = shown(&joined(&bytes));
            prop_assert_eq!(whole.reasoning, reasoning.trim());
            prop_assert!(!whole.text.contains("STOP") && text.trim_start_matches('\n').starts_with(&whole.text));
        }
    }
}
