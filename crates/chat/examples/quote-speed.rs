//! What holding a text to something costs: the time to prepare sources, vocabulary and schema, and of one mask at every step.
//!
//! `quote-speed MODEL TEXT…`: MODEL is a Hugging Face folder or a GGUF file, TEXT are files of text; each is a source.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for whoever runs it")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_chat::{Chat, Grammar, OPEN, QuotableText, Quoting};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let chat = Arc::new(Chat::open(Path::new(&arguments.next().expect("a model"))).unwrap());
    let texts: Vec<String> = arguments.map(|file| fs_err::read_to_string(file).unwrap()).collect();
    quotations(&chat, &texts);
    grammar(&chat);
}

fn quotations(chat: &Arc<Chat>, texts: &[String]) {
    let tokens: usize = texts.iter().map(|text| chat.tokenizer().encode(text).unwrap().len()).sum();
    println!("{} sources, {} bytes, {tokens} tokens, a vocabulary of {}", texts.len(), texts.concat().len(), chat.tokenizer().len());
    let started = Instant::now();
    let sources = texts.iter().map(|text| Arc::new(QuotableText::new(text, chat.tokenizer())));
    let sources: Vec<(u32, Arc<QuotableText>)> = (1..).zip(sources).collect();
    println!("sources prepared in {:?}", started.elapsed());
    let started = Instant::now();
    let mut quoting = Quoting::new(Arc::clone(chat), sources);
    quoting.mask(&[], &mut vec![0.0; chat.tokenizer().len()]);
    println!("vocabulary prepared in {:?}", started.elapsed());

    let mut times: [Vec<Duration>; 3] = Default::default();
    for seed in 0..40 {
        let mut generated = chat.tokenizer().encode(&format!("It says {OPEN}")).unwrap();
        for step in 0..40 {
            let took = next(chat, &mut generated, seed * 64 + step, |generated, logits| quoting.mask(generated, logits));
            times[(step as usize).min(2)].push(took);
        }
    }
    let [first, second, later] = times;
    tell("the first token of a quotation", first);
    tell("the second", second);
    tell("each later one, and outside", later);
}

fn grammar(chat: &Arc<Chat>) {
    let schema = serde_json::json!({"type": "object", "required": ["name", "total"], "properties": {
        "name": {"type": "string"}, "total": {"type": "number"}, "lines": {"type": "array", "items": {"type": "string"}}}});
    for which in ["first schema, with the vocabulary", "second"] {
        let started = Instant::now();
        Grammar::new(Arc::clone(chat), &schema).unwrap();
        println!("{which}: prepared in {:?}", started.elapsed());
    }
    let mut grammar = Grammar::new(Arc::clone(chat), &schema).unwrap();
    let mut generated = Vec::new();
    let times = (0..200).map(|step| next(chat, &mut generated, step, |generated, logits| grammar.mask(generated, logits)));
    tell("a token of JSON", times.collect());
}

/// Lets a model that prefers anything choose the next token; how long the mask took.
fn next(chat: &Chat, generated: &mut Vec<u32>, seed: u64, mask: impl FnOnce(&[u32], &mut [f32])) -> Duration {
    let mut logits: Vec<f32> = (0..chat.tokenizer().len() as u64).map(|id| wild(id ^ (seed << 32))).collect();
    let started = Instant::now();
    mask(generated, &mut logits);
    let took = started.elapsed();
    generated.push((0..).zip(&logits).max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0);
    took
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let mean = times.iter().sum::<Duration>() / times.len() as u32;
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    println!("{what}: mean {mean:?}, p50 {:?}, p99 {:?}", at(50), at(99));
}

/// A number in [0, 1) that follows from the seed alone.
fn wild(seed: u64) -> f32 {
    let mixed = (seed ^ (seed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 40) as f32 / (1u64 << 24) as f32
}
