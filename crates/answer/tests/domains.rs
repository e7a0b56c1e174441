//! What one reader's question leaves behind is found by readers of the same rights only (RELIABILITY A6, the deterministic part): what a
//! stranger's prompt shares with it costs the stranger as much as if it had never been read.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use pinakes_answer::{Generator, Options};
use pinakes_chat::{Chat, Conversation, GgufVocabulary, Message, Role, Template, Tokenizer};
use pinakes_config::{Config, LoadOptions as Wanted};
use pinakes_engine::engine::{EngineStats, Local, LocalOptions};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, LoadOptions, Model};
use pinakes_types::{Label, Principal, Scope};

/// 256 bytes and the control tokens of the template.
fn tokenizer() -> Tokenizer {
    let printable = |byte: u32| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let mut others = 256..;
    let mut symbol = |byte: u32| if printable(byte) { byte } else { others.next().unwrap() };
    let mut tokens: Vec<String> = (0..256).map(|byte| char::from_u32(symbol(byte)).unwrap().to_string()).collect();
    tokens.extend(["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map(str::to_owned));
    let mut token_types = vec![1; 256];
    token_types.extend([3; 3]);
    let (model, pre, eos) = ("gpt2".into(), "qwen35".into(), Some(258));
    Tokenizer::from_entries(GgufVocabulary { model, pre, eos, tokens, token_types, ..GgufVocabulary::default() }).unwrap()
}

struct Asked {
    generator: Generator,
    stats: Arc<dyn Fn() -> EngineStats + Send + Sync>,
}

impl Asked {
    fn new() -> Self {
        let model = Model::random("tiny", Quantization::Q8_0, 1, &LoadOptions::default()).unwrap();
        let engine = Arc::new(Local::start(CpuBackend::new(model), LocalOptions::default()).unwrap());
        let settings = Config::load(Wanted { data_dir: Some("no-such-folder".into()), ..Wanted::default() }).unwrap().generator;
        let counted = Arc::clone(&engine);
        let stats: Arc<dyn Fn() -> EngineStats + Send + Sync> = Arc::new(move || counted.stats());
        let chat = Arc::new(Chat::new(tokenizer(), Template::chatml()));
        Self { generator: Generator::new(engine, chat, "tiny", settings, [7; 32], Arc::clone(&stats)).unwrap(), stats }
    }

    /// Asks with a document; how many tokens of the prompt there were, and how many were found.
    async fn ask(&self, labels: &[&str], question: &str) -> (u64, u64) {
        let labels = labels.iter().map(|label| Label((*label).to_owned()));
        let scope = Scope::check(&Principal::person("somebody", labels)).unwrap();
        let document = "The vault is opened with the number that the moon had when the harbour froze. ".repeat(6);
        let messages =
            vec![Message::new(Role::System, "Answer from the sources."), Message::in_parts(Role::User, vec![document, question.into()])];
        let conversation = Conversation { messages, ..Conversation::default() };
        let mut writing = self.generator.begin(&scope, conversation, Options { tokens_max: Some(2), ..Options::default() }).unwrap();
        while writing.next().await.unwrap().is_some() {}
        let usage = writing.usage();
        (usage.prompt_tokens, usage.cached_tokens)
    }

    async fn cached(&self, labels: &[&str], question: &str) -> u64 {
        self.ask(labels, question).await.1
    }
}

#[tokio::test]
async fn no_domain_finds_what_another_left_and_no_epoch_what_the_one_before_did() {
    let asked = Asked::new();
    asked.generator.rotate_epoch(1);
    let (prompt, nothing) = asked.ask(&["finance"], "Which?").await;
    assert_eq!(nothing, 0);
    let known = asked.cached(&["finance"], "When?").await;
    assert!(known > 400 && known < prompt, "{known} of {prompt}");
    // All that anybody else finds is the instructions, whatever they hold: other labels, fewer or more.
    let public = asked.cached(&["hr"], "Which?").await;
    assert!(public > 0 && public < 100, "{public} of {prompt}");
    for labels in [&["finance", "hr"][..], &[], &["financ", "e"], &["e", "financ"][..1]] {
        assert_eq!(asked.cached(labels, "Which?").await, public, "{labels:?}");
    }
    // Questions that begin alike may share a letter or two more.
    let found = |cached: u64| (known..known + 10).contains(&cached);
    assert!(found(asked.cached(&["finance"], "Why?").await), "and those of the same rights still do");

    // The same epoch again changes nothing, another one everything.
    asked.generator.rotate_epoch(1);
    assert!(found(asked.cached(&["finance"], "Who?").await));
    let held = (asked.stats)().cache;
    asked.generator.rotate_epoch(2);
    let before = asked.cached(&["nobody"], "?").await;
    assert_eq!(before, public, "the instructions are everybody's, and stay");
    let after = (asked.stats)().cache;
    assert!(after.bytes < held.bytes && after.snapshots <= 3, "memory is given back: {after:?} of {held:?}");
    assert_eq!(asked.cached(&["finance"], "Which?").await, public);
    assert!(found(asked.cached(&["finance"], "When?").await));
}
