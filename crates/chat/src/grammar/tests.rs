//! Any model, even one that picks at random, writes what the schema allows, and schemas that cannot be held to are refused.

use std::sync::OnceLock;

use serde_json::json;

use super::*;
use crate::{GgufVocabulary, Template};

const END: u32 = 258;

/// The 256 bytes, two tokens of reasoning, an end, and some tokens of JSON.
fn chat() -> Arc<Chat> {
    static CHAT: OnceLock<Arc<Chat>> = OnceLock::new();
    let make = || {
        let spelled = |bytes: &[u8]| bytes.iter().map(|byte| crate::tokenizer::symbol_of(*byte)).collect::<String>();
        let mut tokens: Vec<String> = (0..=255u8).map(|byte| spelled(&[byte])).collect();
        tokens.extend(["<think>", "</think>", "<|im_end|>"].map(str::to_owned));
        tokens.extend(["{\"", "\": ", "\", \"", "true", "name", "}}", "12", " \"", "é", "null"].map(|text| spelled(text.as_bytes())));
        let mut token_types = vec![1; tokens.len()];
        token_types[256..259].copy_from_slice(&[4, 4, 3]);
        let entries =
            GgufVocabulary { model: "gpt2".into(), pre: "qwen35".into(), tokens, token_types, eos: Some(END), ..GgufVocabulary::default() };
        Arc::new(Chat::new(Tokenizer::from_entries(entries).unwrap(), Template::chatml()))
    };
    Arc::clone(CHAT.get_or_init(make))
}

/// What a model writes that takes any allowed token, until it ends or is cut off.
fn written(grammar: &mut Grammar, seed: u64, tokens_max: usize) -> (String, bool) {
    let chat = chat();
    let (mut generated, mut state) = (Vec::new(), seed);
    for _ in 0..tokens_max {
        let mut logits = vec![0.0; chat.tokenizer().len()];
        grammar.mask(&generated, &mut logits);
        let next: Vec<u32> = (0..).zip(&logits).filter(|(_, logit)| **logit == 0.0).map(|(id, _)| id).collect();
        assert!(!next.is_empty(), "stuck after {}", chat.tokenizer().decode(&generated));
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let id = next[(state >> 33) as usize % next.len()];
        if id == END {
            return (chat.tokenizer().decode(&generated), true);
        }
        generated.push(id);
    }
    (chat.tokenizer().decode(&generated), false)
}

#[test]
fn any_choice_is_valid_and_what_is_cut_off_is_made_whole() {
    let invoice = json!({
        "type": "object",
        "properties": {
            "number": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$"},
            "total": {"type": "number", "minimum": 100, "maximum": 999},
            "paid": {"type": "boolean"},
            "lines": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["what"], "additionalProperties": false,
                "properties": {"what": {"enum": ["hours", "goods"]}, "note": {"type": ["string", "null"]}}}}
        },
        "required": ["number", "total", "lines"],
        "additionalProperties": false
    });
    let mut grammar = Grammar::new(chat(), &invoice).unwrap();
    let mut cut = 0;
    for seed in 0..60 {
        let (text, ended) = written(&mut grammar, seed, 4 + 3 * seed as usize);
        let whole = grammar.completed(&text).unwrap();
        assert_eq!((whole.text.starts_with(&text), whole.added > 0), (true, !ended && whole.text.len() > text.len()), "{text}");
        cut += usize::from(whole.added > 0);
        let value: Value = serde_json::from_str(&whole.text).unwrap_or_else(|error| panic!("{error}: {}", whole.text));
        assert!(value["number"].as_str().is_some_and(|number| number.len() == 7), "{value}");
        assert!(value["total"].as_f64().is_some_and(|total| (100.0..=999.0).contains(&total)), "{value}");
        assert!(value["lines"].as_array().is_some_and(|lines| !lines.is_empty()), "{value}");
    }
    assert!(cut > 10, "{cut}");
}

#[test]
fn half_a_character_at_the_end_is_left_out() {
    let grammar = Grammar::new(chat(), &json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "^[a-z]*$"}}, "required": ["a"], "additionalProperties": false})).unwrap();
    let whole = grammar.completed("{\"a\": \"xy\u{FFFD}").unwrap();
    assert_eq!((whole.text.as_str(), whole.added), (r#"{"a": "xy"}"#, 2));
    assert_eq!(grammar.completed(r#"{"a": "xy"}"#).unwrap().added, 0);
}

#[test]
fn what_is_taken_back_and_what_is_thought_count_for_nothing() {
    let schema = json!({"const": 7});
    let mut grammar = Grammar::new(chat(), &schema).map(|grammar| grammar.beginning_in_reasoning(true)).unwrap();
    let allowed = |grammar: &mut Grammar, generated: &[u32]| {
        let mut logits = vec![0.0; chat().tokenizer().len()];
        grammar.mask(generated, &mut logits);
        (0..).zip(logits).filter(|(_, logit)| *logit == 0.0).map(|(id, _)| id).collect::<Vec<u32>>()
    };
    assert_eq!(allowed(&mut grammar, &[100, 101]).len(), chat().tokenizer().len());
    assert_eq!(allowed(&mut grammar, &[100, 257]), [u32::from(b'7')]);
    assert_eq!(allowed(&mut grammar, &[100, 257, u32::from(b'7')]), [END]);
    assert_eq!(allowed(&mut grammar, &[257]), [u32::from(b'7')]);
}

#[test]
fn schemas_that_cannot_be_promised_are_refused_with_what_is_wrong() {
    let deep = (0..40).fold(json!({}), |inner, _| json!({"properties": {"a": inner}}));
    for (schema, word) in [
        (json!([]), "object"),
        (json!(false), "false"),
        (json!({"type": "strin"}), "strin"),
        (json!({"type": "array", "uniqueItems": true}), "uniqueItems"),
        (json!({"oneOf": [{"type": "string"}, {"maxLength": 3}]}), "oneOf"),
        (json!({"$ref": "https://example.org/schema"}), "example.org"),
        (json!({"$ref": "#/$defs/none"}), "none"),
        (json!({"type": "string", "pattern": "("}), ""),
        (json!({"type": "string", "format": "nonsense"}), "nonsense"),
        (json!({"type": "integer", "minimum": 3, "maximum": 2}), ""),
        (json!({"x-guidance": {"lenient": true}}), "x-guidance"),
        (json!({"description": "x".repeat(70_000)}), "bytes"),
        (deep, "nesting"),
    ] {
        let refused = Grammar::new(chat(), &schema).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains(word), "{word}: {refused}");
        assert!(refused.len() < 400, "{refused}");
    }
}
