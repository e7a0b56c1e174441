use super::*;
use crate::{Conversation, Message, Role};

/// A GGUF file of a 256-byte vocabulary with two control tokens and no tensor.
fn gguf(folder: &Path, template: Option<&str>) -> PathBuf {
    let mut tokens: Vec<String> = (0..=255u8).map(|byte| crate::tokenizer::symbol_of(byte).to_string()).collect();
    tokens.extend(["<|im_start|>", "<|im_end|>"].map(str::to_owned));
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let entry = |key: &str, kind: u32, value: Vec<u8>| [text(key), kind.to_le_bytes().to_vec(), value].concat();
    let list = |kind: u32, count: usize, items: Vec<u8>| [&kind.to_le_bytes()[..], &(count as u64).to_le_bytes(), &items].concat();
    let mut entries = vec![
        entry("general.architecture", 8, text("qwen35")),
        entry("tokenizer.ggml.model", 8, text("gpt2")),
        entry("tokenizer.ggml.pre", 8, text("qwen35")),
        entry("tokenizer.ggml.tokens", 9, list(8, tokens.len(), tokens.iter().flat_map(|token| text(token)).collect())),
        entry("tokenizer.ggml.merges", 9, list(8, 0, Vec::new())),
        entry(
            "tokenizer.ggml.token_type",
            9,
            list(5, 258, (0..258i32).flat_map(|id| (1 + i32::from(id > 255) * 2).to_le_bytes()).collect()),
        ),
    ];
    entries.extend(template.map(|source| entry("tokenizer.chat_template", 8, text(source))));
    let mut bytes = [b"GGUF".to_vec(), 3u32.to_le_bytes().to_vec(), 0u64.to_le_bytes().to_vec()].concat();
    bytes.extend((entries.len() as u64).to_le_bytes());
    bytes.extend(entries.concat());
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    let path = folder.join("model.gguf");
    fs_err::write(&path, bytes).unwrap();
    path
}

fn prompt(chat: &Chat) -> String {
    let conversation = Conversation { messages: vec![Message::new(Role::User, "Hi")], ..Conversation::default() };
    chat.tokenizer().decode(&chat.prompt(&conversation).unwrap().ids)
}

#[test]
fn a_file_beside_goes_before_what_the_model_carries_and_that_before_the_built_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = gguf(folder.path(), None);
    assert_eq!(prompt(&Chat::open(&path).unwrap()), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
    gguf(folder.path(), Some("own: {{ messages[0].content }}"));
    assert_eq!(prompt(&Chat::open(&path).unwrap()), "own: Hi");
    fs_err::write(folder.path().join("chat_template.jinja"), "beside: {{ messages[0].content }}").unwrap();
    assert_eq!(prompt(&Chat::open(&path).unwrap()), "beside: Hi");
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = gguf(folder.path(), None);
    let vocab: serde_json::Map<String, serde_json::Value> =
        (0..=255u8).map(|byte| (crate::tokenizer::symbol_of(byte).to_string(), byte.into())).collect();
    let beside = |id: u32, content: &str| {
        let json = serde_json::json!({
            "added_tokens": [{ "id": id, "content": content, "special": true }],
            "pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false },
            "model": { "type": "BPE", "vocab": vocab, "merges": [] }
        });
        fs_err::write(folder.path().join("tokenizer.json"), json.to_string()).unwrap();
    };
    beside(256, "<|im_start|>");
    assert_eq!(Chat::open(&path).unwrap().tokenizer().len(), 257);
    for (id, content, expected) in [(257, "<|im_start|>", "<|im_start|>"), (5_000, "<|im_start|>", "5001"), (256, "<|x|>", "<|x|>")] {
        beside(id, content);
        let refused = Chat::open(&path).unwrap_err().to_string();
        assert!(refused.contains(expected) && refused.contains("model.gguf"), "{refused}");
    }
}

#[test]
fn what_is_absent_is_named() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Chat::open(folder.path()).unwrap_err().to_string().contains("tokenizer.json"));
    assert!(matches!(Chat::open(&folder.path().join("no.gguf")), Err(OpenError::Gguf(_))));
}
