//! Qwen3.5's conversations, against what Python's Jinja and Hugging Face's tokenizer make of them (tests/data/qwen35_prompts.json).
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod support;

use pinakes_chat::{BoundaryKind, Chat, Conversation, Message, Role, Template, TemplateError, Tokenizer};
use pinakes_chat::{Json, PromptError};

fn small() -> Tokenizer {
    Tokenizer::from_entries(support::small()).unwrap()
}

fn official_template() -> Option<Template> {
    Template::from_folder(&support::shared("tokenizer/qwen3.5")?).unwrap()
}

/// Holds a template's layout of every reference conversation against Python's.
fn renders_as_python(chat: &Chat) {
    let reference = support::reference();
    for case in support::entries(&reference, "prompts") {
        let prompt = chat.prompt(&support::conversation(case)).unwrap();
        assert_eq!(chat.tokenizer().decode(&prompt.ids), support::text(case, "rendered"), "{}", support::text(case, "name"));
        assert_eq!(Some(&Json::Bool(prompt.in_reasoning)), case.get("thinking"));
    }
    for case in support::entries(&reference, "refused") {
        let refused = chat.prompt(&support::conversation(case)).unwrap_err();
        let PromptError::Template(TemplateError::Refused(message)) = &refused else { panic!("{refused}") };
        assert_eq!(message, support::text(case, "message"));
    }
}

#[test]
fn the_built_in_template_lays_out_as_the_official_one() {
    renders_as_python(&Chat::new(small(), Template::qwen35()));
}

#[test]
fn the_official_template_lays_out_as_in_python() {
    if let Some(template) = official_template() {
        renders_as_python(&Chat::new(small(), template));
    }
}

#[test]
fn the_official_tokenizer_gives_the_ids_of_hugging_face() {
    let (Some(folder), Some(template)) = (support::shared("tokenizer/qwen3.5"), official_template()) else { return };
    let tokenizer = Tokenizer::from_file(&folder.join("tokenizer.json")).unwrap();
    assert_eq!((tokenizer.len(), tokenizer.end_tokens()), (248_077, vec![248_044, 248_046]));
    assert_eq!(tokenizer.invalid_ids(248_320).first(), Some(&(248_077..248_320)));
    assert_eq!((tokenizer.control("<think>"), tokenizer.control("<|audio_start|>")), (Some(248_068), Some(248_070)));
    tokenizer.check_rows(248_320).unwrap();
    for rows in [151_936, 248_076, 262_144] {
        let refused = tokenizer.check_rows(rows).unwrap_err().to_string();
        assert!(refused.contains("248077") && refused.contains(&rows.to_string()), "{refused}");
    }
    let chat = Chat::new(tokenizer, template);
    for case in support::entries(&support::reference(), "prompts") {
        let expected: Vec<Json> = support::entries(case, "ids").to_vec();
        let ids: Vec<Json> = chat.prompt(&support::conversation(case)).unwrap().ids.into_iter().map(|id| Json::Number(id.into())).collect();
        assert_eq!(ids, expected, "{}", support::text(case, "name"));
    }
}

#[test]
fn the_template_may_come_from_the_configuration_or_be_absent() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Template::from_folder(folder.path()).unwrap().is_none());
    let config = folder.path().join("tokenizer_config.json");
    fs_err::write(
        &config,
        r#"{"chat_template":[{"name":"rag","template":"no"},{"name":"default","template":"{{ messages[0].content }}"}]}"#,
    )
    .unwrap();
    assert_eq!(Template::from_folder(folder.path()).unwrap().unwrap().source(), "{{ messages[0].content }}");
    fs_err::write(folder.path().join("chat_template.jinja"), "{% if").unwrap();
    let refused = Template::from_folder(folder.path()).unwrap_err();
    assert!(matches!(refused, TemplateError::Bad(_)), "{refused}");
}

#[test]
fn boundaries_stand_where_prompts_part() {
    parts_at_boundaries(&Chat::new(small(), Template::qwen35()));
    if let Some(folder) = support::shared("tokenizer/qwen3.5") {
        parts_at_boundaries(&Chat::open(&folder).unwrap());
    }
}

fn parts_at_boundaries(chat: &Chat) {
    let ask = |question: &str| Conversation {
        messages: vec![
            Message::new(Role::System, "Answer from the documents."),
            Message::in_parts(Role::User, vec!["\n[1] One.\n\n".into(), "[2] Two.\n\n".into(), question.into(), " \n".into()]),
        ],
        ..Conversation::default()
    };
    let prompt = chat.prompt(&ask("Why?")).unwrap();
    let before = |kind: BoundaryKind| -> Vec<String> {
        let wanted = prompt.boundaries.iter().filter(|boundary| boundary.kind == kind);
        wanted.map(|boundary| chat.tokenizer().decode(&prompt.ids[..boundary.tokens])).collect()
    };
    let preamble = "<|im_start|>system\nAnswer from the documents.<|im_end|>\n<|im_start|>user\n";
    assert_eq!(before(BoundaryKind::Preamble), [preamble]);
    assert_eq!(before(BoundaryKind::Part), [format!("{preamble}[1] One.\n\n"), format!("{preamble}[1] One.\n\n[2] Two.\n\n")]);
    assert_eq!(before(BoundaryKind::Turn), [format!("{preamble}[1] One.\n\n[2] Two.\n\nWhy?<|im_end|>\n")]);
    // Another question goes the same way up to the end of the second document; the next turn up to the end of this one.
    let other = chat.prompt(&ask("Who?")).unwrap();
    let parts = prompt.boundaries.iter().filter(|boundary| boundary.kind == BoundaryKind::Part);
    assert!(parts.clone().all(|part| other.ids[..part.tokens] == prompt.ids[..part.tokens]));
    let mut next = ask("Why?");
    next.messages.extend([Message::new(Role::Assistant, "Because."), Message::new(Role::User, "And?")]);
    let turn = prompt.boundaries.last().unwrap().tokens;
    assert_eq!(chat.prompt(&next).unwrap().ids[..turn], prompt.ids[..turn]);
}
