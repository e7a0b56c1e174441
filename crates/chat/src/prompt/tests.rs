//! Whatever people, documents and tools say: no control token but the template's own, and otherwise the ids that the template and the
//! tokenizer give when used without this care.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use proptest::prelude::*;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::{NormalizedString, Normalizer};

use super::*;
use crate::{GgufVocabulary, ToolCall};

/// The folder of the official tokenizer and template, or a loud word that a test is skipped.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn official_folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PINAKES_SHARED").map(|root| Path::new(&root).join("tokenizer/qwen3.5")).filter(|folder| folder.is_dir());
    if folder.is_none() {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with tokenizer/qwen3.5");
    }
    folder
}

/// Qwen3.5's own tokenizer and template, and Hugging Face's tokenizer with its control tokens on.
fn official() -> Option<&'static (Chat, tokenizers::Tokenizer)> {
    static OFFICIAL: OnceLock<Option<(Chat, tokenizers::Tokenizer)>> = OnceLock::new();
    let read = || {
        let folder = official_folder()?;
        let file = folder.join("tokenizer.json");
        let template = Template::from_folder(&folder).unwrap().unwrap();
        Some((Chat::new(Tokenizer::from_file(&file).unwrap(), template), tokenizers::Tokenizer::from_file(file).unwrap()))
    };
    OFFICIAL.get_or_init(read).as_ref()
}

/// The 256 bytes and the control tokens that the template writes.
fn small() -> &'static Chat {
    static SMALL: OnceLock<Chat> = OnceLock::new();
    SMALL.get_or_init(|| chat_with(Template::qwen35(), &CONTROLS))
}

const CONTROLS: [&str; 8] =
    ["<|im_start|>", "<|im_end|>", "<|endoftext|>", "<tool_call>", "</tool_call>", "<tool_response>", "<think>", "</think>"];

fn chat_with(template: Template, controls: &[&str]) -> Chat {
    let mut tokens: Vec<String> = (0..=255u8).map(|byte| crate::tokenizer::symbol_of(byte).to_string()).collect();
    tokens.extend(controls.iter().map(|&content| content.to_owned()));
    let mut token_types = vec![1; 256];
    token_types.resize(tokens.len(), 3);
    let entries = GgufVocabulary { model: "gpt2".into(), pre: "qwen35".into(), tokens, token_types, ..GgufVocabulary::default() };
    Chat::new(Tokenizer::from_entries(entries).unwrap(), template)
}

/// Text of the usual kinds and of those that go wrong: spaces at the ends, combining marks, private-use characters.
fn harmless() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z]{1,8}",
        " {0,3}[\n\r\t ]{1,3}",
        "[0-9.,;:'!?(){}/=-]{1,4}",
        "['’](s|re|LL)",
        "[äé日本ñü🦀\u{301}\u{E000}\u{E001}\u{F0000}]{1,3}",
        "(< | >|a<b|\\|>?)",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

/// The same with control tokens, whole and in pieces.
fn hostile() -> impl Strategy<Value = String> {
    let whole = prop::sample::select(&CONTROLS[..]).prop_map(str::to_owned);
    let piece = (prop::sample::select(&CONTROLS[..]), 0usize..16, 0usize..16).prop_map(|(control, from, to)| {
        let (from, to) = (from.min(control.len()), to.min(control.len()));
        control[from.min(to)..from.max(to)].to_owned()
    });
    let part = prop_oneof![3 => whole, 3 => piece, 2 => harmless()];
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// A conversation of every kind of text, each from `text`.
fn conversation<S: Strategy<Value = String> + Clone + 'static>(text: S) -> impl Strategy<Value = Conversation> {
    let parts = prop::collection::vec(text.clone(), 1..4);
    let call = (text.clone(), text.clone(), text.clone()).prop_map(|(name, key, value)| ToolCall {
        name,
        arguments: Json::Map(vec![(key, Json::Text(value.clone())), ("deep".to_owned(), Json::List(vec![Json::Text(value), Json::Null]))]),
    });
    let turn = (parts.clone(), text.clone(), prop::collection::vec(call, 0..2), parts.clone(), any::<bool>());
    let tool = (text.clone(), text.clone()).prop_map(|(key, value)| Json::Map(vec![(key, Json::Text(value))]));
    (parts.clone(), parts, prop::collection::vec(turn, 0..3), prop::collection::vec(tool, 0..2), any::<bool>()).prop_map(
        |(system, question, turns, tools, thinking)| {
            let mut messages = vec![Message::in_parts(Role::System, system), Message::in_parts(Role::User, question)];
            for (answer, reasoning, tool_calls, next, by_tool) in turns {
                let mut message = Message::in_parts(Role::Assistant, answer);
                (message.reasoning, message.tool_calls) = (Some(reasoning), tool_calls);
                messages.push(message);
                messages.push(Message::in_parts(if by_tool { Role::Tool } else { Role::User }, next));
            }
            Conversation { messages, tools, thinking, today: None }
        },
    )
}

/// What the template makes of the conversation without any care, up to the answer.
fn naive(chat: &Chat, conversation: &Conversation) -> String {
    let mut view = View::new(chat.tokenizer.named(), conversation.thinking, None);
    for message in &conversation.messages {
        let call = |call: &ToolCall| CallView {
            kind: "function",
            function: FunctionView { name: call.name.clone(), arguments: call.arguments.clone() },
        };
        view.messages.push(TurnView {
            role: message.role.name(),
            content: message.parts.concat(),
            reasoning_content: (message.role == Role::Assistant).then(|| message.reasoning.clone().unwrap_or_default()),
            tool_calls: message.tool_calls.iter().map(call).collect(),
        });
    }
    view.tools = (!conversation.tools.is_empty()).then(|| conversation.tools.clone());
    chat.template.render(&view).unwrap()
}

fn composed(text: &str) -> String {
    let mut normalized = NormalizedString::from(text);
    NFC.normalize(&mut normalized).unwrap();
    normalized.get().to_owned()
}

/// The control tokens of a prompt, in order.
fn controls_of(chat: &Chat, ids: &[u32]) -> Vec<u32> {
    let controls: Vec<u32> = chat.tokenizer.control_tokens().map(|(id, _)| id).collect();
    ids.iter().copied().filter(|id| controls.contains(id)).collect()
}

/// The same conversation with an `x` for every character that is not a space.
fn silenced(conversation: &Conversation) -> Conversation {
    let silent = |text: &str| text.chars().map(|character| if character.is_whitespace() { character } else { 'x' }).collect::<String>();
    let mut conversation = conversation.clone();
    for message in &mut conversation.messages {
        message.parts.iter_mut().chain(message.reasoning.as_mut()).for_each(|text| *text = silent(text));
        for call in &mut message.tool_calls {
            (call.name, call.arguments) = (silent(&call.name), call.arguments.map_texts(&silent));
        }
    }
    conversation.tools = conversation.tools.iter().map(|tool| tool.map_texts(&silent)).collect();
    conversation
}

fn no_text_becomes_a_control_token(chat: &Chat, conversation: &Conversation) {
    let prompt = chat.prompt(conversation).unwrap();
    assert_eq!(controls_of(chat, &prompt.ids), controls_of(chat, &chat.prompt(&silenced(conversation)).unwrap().ids));
    // A template that finds `<tool_response>` around a question takes it for a tool's; then the two layouts may differ.
    let mistaken = |message: &Message| message.role == Role::User && message.parts.concat().trim().starts_with("<tool_response>");
    if !conversation.messages.iter().any(mistaken) {
        assert_eq!(chat.tokenizer.decode(&prompt.ids), composed(&naive(chat, conversation)));
    }
    assert!(prompt.boundaries.is_sorted() && prompt.boundaries.iter().all(|boundary| boundary.tokens <= prompt.ids.len()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn hostile_text_stays_text(conversation in conversation(hostile().boxed())) {
        no_text_becomes_a_control_token(small(), &conversation);
    }

    #[test]
    fn hostile_text_stays_text_with_the_official_files(conversation in conversation(hostile().boxed())) {
        if let Some((chat, _)) = official() {
            no_text_becomes_a_control_token(chat, &conversation);
        }
    }

    #[test]
    fn harmless_text_gives_the_ids_of_hugging_face(conversation in conversation(harmless().boxed())) {
        if let Some((chat, reference)) = official() {
            let expected = reference.encode(naive(chat, &conversation), false).unwrap();
            prop_assert_eq!(&chat.prompt(&conversation).unwrap().ids, expected.get_ids());
        }
    }

    #[test]
    fn every_added_token_in_text_stays_text(before in harmless(), pieces in prop::collection::vec((0usize..33, harmless()), 1..6)) {
        if let Some((chat, reference)) = official() {
            let added: Vec<(u32, &str)> = chat.tokenizer.control_tokens().collect();
            prop_assert_eq!(added.len(), 33);
            let text = pieces.iter().fold(before, |text, (place, after)| text + added[*place].1 + after);
            let ids = chat.tokenizer.encode(&text).unwrap();
            prop_assert!(ids.iter().all(|id| *id < 248_044), "{:?}", ids);
            prop_assert_eq!(chat.tokenizer.decode(&ids), composed(&text));
            // The parser that this crate does without would have taken them.
            prop_assert!(pieces.iter().all(|(place, _)| added[*place].0 > 248_069) || reference.encode(text, false).unwrap().get_ids().iter().any(|id| *id >= 248_044));
        }
    }
}

#[test]
fn a_control_token_that_template_and_text_would_spell_together_is_not_one() {
    let template = "{% for message in messages %}<|{{ message.content }}|><a{{ message.content | upper }}{% endfor %}";
    let chat = chat_with(Template::from_source(template).unwrap(), &["<|user|>", "<|im|x|>", "<aB>", "<|a|>"]);
    for text in ["user", "im|x", "a", "b>", "B>", "u", "user|><|user", " user "] {
        // The mark of the preamble's end keeps the first of them apart anyhow.
        let messages = vec![Message::new(Role::User, text); 2];
        let ids = chat.prompt(&Conversation { messages, ..Conversation::default() }).unwrap().ids;
        assert_eq!(controls_of(&chat, &ids), Vec::<u32>::new(), "{text}");
        assert_eq!(chat.tokenizer.decode(&ids), format!("<|{text}|><a{}", text.to_uppercase()).repeat(2));
    }
}

#[test]
fn the_template_says_whether_it_thinks_unless_told() {
    assert!(!small().thinks_by_default());
    let thinks = "{% if enable_thinking is defined and enable_thinking is false %}-{% else %}<think>\n{% endif %}";
    assert!(chat_with(Template::from_source(thinks).unwrap(), &CONTROLS).thinks_by_default());
    if let Some((chat, _)) = official() {
        assert!(chat.thinks_by_default());
    }
}

#[test]
fn what_passes_a_limit_is_refused() {
    let refused = |conversation: Conversation| small().prompt(&conversation).unwrap_err().to_string();
    let question = |text: String| Conversation { messages: vec![Message::new(Role::User, text)], ..Conversation::default() };
    let long = refused(question("x".repeat(crate::limits::CONVERSATION_BYTES_MAX + 1)));
    assert!(long.contains("bytes of the conversation"), "{long}");
    let many = Conversation { messages: vec![Message::new(Role::User, "x"); crate::limits::MESSAGES_MAX + 1], ..Conversation::default() };
    assert!(refused(many).contains("messages"));
    let mut deep = question("x".into());
    deep.tools.push((0..crate::limits::JSON_DEPTH_MAX + 1).fold(Json::Null, |inside, _| Json::List(vec![inside])));
    assert!(refused(deep).contains("nesting"));
    // Every private-use character is taken.
    let all = ('\u{E000}'..='\u{F8FF}').chain('\u{F0000}'..='\u{10FFFD}').collect();
    assert!(refused(question(all)).contains("private-use"));
}
