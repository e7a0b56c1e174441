//! Vocabularies as files carry them: what is read from them, and what is refused.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use std::path::Path;

use pinakes_chat::{GgufVocabulary, Piece, Tokenizer, TokenizerError};
use pinakes_models::gguf::{Metadata, Value};

/// A tokenizer.json with the small vocabulary: 256 bytes, three merges, two control tokens.
fn file(folder: &Path, change: impl Fn(&mut serde_json::Value)) -> std::path::PathBuf {
    let small = support::small();
    let vocab: serde_json::Map<String, serde_json::Value> =
        small.tokens[..259].iter().enumerate().map(|(id, token)| (token.clone(), id.into())).collect();
    let mut json = serde_json::json!({
        "added_tokens": [
            { "id": 259, "content": "<|end|>", "special": true, "lstrip": false, "rstrip": false, "single_word": false, "normalized": false },
            { "id": 260, "content": "<think>", "special": false }
        ],
        "normalizer": null,
        "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true },
        "model": { "type": "BPE", "vocab": vocab, "merges": ["t h", "th e", "Ġ the"] }
    });
    change(&mut json);
    let path = folder.join("tokenizer.json");
    fs_err::write(&path, json.to_string()).unwrap();
    path
}

#[test]
fn a_file_and_a_gguf_of_one_vocabulary_agree() {
    let folder = tempfile::tempdir().unwrap();
    let from_file = Tokenizer::from_file(&file(folder.path(), |_| {})).unwrap();
    let from_gguf = Tokenizer::from_entries(support::small()).unwrap();
    let text = "Over the hills, <think>the end<|end|> é🦀";
    assert_eq!(from_file.encode(text).unwrap(), from_gguf.encode(text).unwrap());
    assert_eq!(from_file.decode(&from_file.encode(text).unwrap()), text);
    let (end, think) = (from_file.control("<|end|>").unwrap(), from_file.control("<think>").unwrap());
    assert_eq!((end, think, from_file.len()), (259, 260, 261));
    let pieces = [Piece::Control(think), Piece::Text("Over t"), Piece::Text("he hills"), Piece::Control(end)];
    let whole = [&[think], from_file.encode("Over the hills").unwrap().as_slice(), &[end]].concat();
    assert_eq!(from_file.encode_prompt(&pieces).unwrap(), whole);
    assert!(!from_file.is_empty() && from_file.invalid_ids(264).first() == Some(&(261..264)));
}

#[test]
fn the_configuration_adds_control_tokens_and_names_the_ends() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), |_| {});
    let config = folder.path().join("tokenizer_config.json");
    let write = |text: &str| fs_err::write(&config, text).unwrap();
    write(
        r#"{"added_tokens_decoder":{"259":{"content":"<|end|>","special":true},"263":{"content":"<|audio|>","special":true}},
            "eos_token":{"content":"<|end|>"},"bos_token":"<|audio|>","pad_token":null,"add_bos_token":true}"#,
    );
    let tokenizer = Tokenizer::from_file(&path).unwrap();
    assert_eq!((tokenizer.end_tokens(), tokenizer.leading(), tokenizer.len()), (vec![259], Some(263), 264));
    assert_eq!(tokenizer.invalid_ids(270), vec![261..263, 264..270]);
    write(r#"{"added_tokens_decoder":{"259":{"content":"<|other|>"}}}"#);
    let refused = Tokenizer::from_file(&path).unwrap_err().to_string();
    assert!(refused.contains("259") && refused.contains("tokenizer.json"), "{refused}");
}

#[test]
fn unusable_files_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    type Change = fn(&mut serde_json::Value);
    let cases: [(Change, &str); 8] = [
        (|json| json["model"]["type"] = "Unigram".into(), "byte-level BPE"),
        (|json| json["model"]["byte_fallback"] = true.into(), "byte-level BPE"),
        (|json| json["pre_tokenizer"] = serde_json::Value::Null, "pre_tokenizer"),
        (|json| json["model"]["merges"] = serde_json::json!(["th"]), "two tokens"),
        (|json| json["model"]["merges"] = serde_json::json!([["q", "zz"]]), "vocabulary"),
        (|json| json["model"]["vocab"]["zz"] = 4_000_000_000u32.into(), "tokens"),
        (|json| json["added_tokens"][0]["rstrip"] = true.into(), "<|end|>"),
        (|json| drop(json["model"]["vocab"].as_object_mut().unwrap().remove("a")), "0x61"),
    ];
    for (change, expected) in cases {
        let refused = Tokenizer::from_file(&file(folder.path(), change)).unwrap_err().to_string();
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
    let broken = folder.path().join("broken.json");
    fs_err::write(&broken, "{\"model\":").unwrap();
    assert!(Tokenizer::from_file(&broken).unwrap_err().to_string().contains("broken.json"));
    assert!(Tokenizer::from_file(&folder.path().join("none.json")).unwrap_err().to_string().contains("none.json"));
}

#[test]
fn unusable_entries_are_refused_by_name() {
    type Change = fn(&mut GgufVocabulary);
    let cases: [(Change, &str); 7] = [
        (|entries| entries.model = "llama".into(), "llama"),
        (|entries| entries.pre = "gemma9".into(), "gemma9"),
        (|entries| entries.token_types.truncate(9), "token types"),
        (|entries| entries.token_types[7] = 99, "99"),
        (|entries| entries.merges.push("nothing".into()), "nothing"),
        (|entries| entries.merges.push("zz y".into()), "zz y"),
        (|entries| entries.tokens.iter().position(|token| token == "a").map(|place| entries.token_types[place] = 5).unwrap(), "0x61"),
    ];
    for (change, expected) in cases {
        let mut entries = support::small();
        change(&mut entries);
        let refused = Tokenizer::from_entries(entries).unwrap_err().to_string();
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
    let missing = Tokenizer::from_gguf(&Metadata::default()).unwrap_err();
    assert!(matches!(&missing, TokenizerError::BadVocabulary(reason) if reason.contains("tokenizer.ggml.model")), "{missing}");
    let wrong: Metadata = [("tokenizer.ggml.model".to_owned(), Value::Bool(true))].into_iter().collect();
    assert!(Tokenizer::from_gguf(&wrong).unwrap_err().to_string().contains("tokenizer.ggml.model"));
}

#[test]
fn the_fixtures_stand_in_vocabulary_is_read() {
    let Some(folder) = support::shared("fixtures/qwen35/dense-tied") else { return };
    let gguf = pinakes_models::gguf::check(&folder.join("model-Q8_0.gguf")).unwrap();
    let tokenizer = Tokenizer::from_gguf(&gguf.metadata).unwrap();
    tokenizer.check_rows(320).unwrap();
    assert_eq!((tokenizer.len(), tokenizer.end_tokens(), tokenizer.invalid_ids(320)), (320, vec![319], vec![]));
    assert_eq!(tokenizer.decode(&tokenizer.encode("in the <|x319|>").unwrap()), "in the <|x319|>");
}
