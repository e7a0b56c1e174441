//! SmolLM2's vocabulary and template as its GGUF file carries them, against llama.cpp's token ids of twenty prompts.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use pinakes_chat::{Chat, Conversation, Json, Message, Role, Template, Tokenizer};

#[test]
fn prompts_are_those_of_llama_cpp() {
    let (Some(fixtures), Some(models)) = (support::shared("fixtures/smollm2"), support::models("smollm2-135m")) else { return };
    let files = fs_err::read_dir(models).unwrap().map(|entry| entry.unwrap().path());
    let file = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "gguf")).unwrap();
    let gguf = pinakes_models::gguf::check(&file).unwrap();
    let tokenizer = Tokenizer::from_gguf(&gguf.metadata).unwrap();
    assert_eq!((tokenizer.len(), tokenizer.end_tokens(), tokenizer.leading()), (49_152, vec![0, 2], None));
    let chat = Chat::new(tokenizer, Template::from_gguf(&gguf.metadata).unwrap().unwrap());
    let reference: Json = fs_err::read_to_string(fixtures.join("reference.json")).unwrap().parse().unwrap();
    let prompts = support::entries(&reference, "prompts");
    assert_eq!(prompts.len(), 20);
    for case in prompts {
        let question = Message::new(Role::User, support::text(case, "user"));
        let ids = chat.prompt(&Conversation { messages: vec![question], ..Conversation::default() }).unwrap().ids;
        let ids: Vec<Json> = ids.into_iter().map(|id| Json::Number(id.into())).collect();
        assert_eq!(ids, support::entries(case, "prompt_ids"), "{}", support::text(case, "user"));
        let written = support::entries(case, "generated_ids").iter().map(|id| match id {
            Json::Number(id) => id.as_u64().unwrap() as u32,
            _ => panic!("not an id"),
        });
        let text = chat.tokenizer().decode(&written.collect::<Vec<_>>());
        assert_eq!(text.trim_end_matches("<|im_end|>"), support::text(case, "text"));
    }
    // The vocabulary has no token for these bytes.
    assert_eq!(chat.tokenizer().decode(&chat.tokenizer().encode("a\u{4}b\u{40000}c").unwrap()), "a\u{FFFD}b\u{FFFD}c");
}
