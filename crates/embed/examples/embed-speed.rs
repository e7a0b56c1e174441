//! `embed-speed FOLDER [CHUNKS] [ROUNDS]`: chunks embedded a second on all cores, chunks of 230 tokens, and the latency of a question.
//!
//! Prints one JSON object with medians over the rounds. `--texts FILE` takes the texts from a JSON array instead, so that another
//! program can be timed on the same ones.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program: its output is its purpose, a failure ends it")]

use std::path::Path;
use std::time::Instant;

use pinakes_embed::Embedder;

const TOKENS: usize = 230;

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let texts_file = arguments.iter().position(|a| a == "--texts").map(|at| {
        arguments.remove(at);
        arguments.remove(at)
    });
    let folder = arguments.first().expect("usage: embed-speed FOLDER [CHUNKS] [ROUNDS] [--texts FILE]");
    let number = |at: usize, default: usize| arguments.get(at).map_or(default, |text| text.parse().expect("a number"));
    let (chunks, rounds) = (number(1, 128), number(2, 5));

    let started = Instant::now();
    let embedder = Embedder::load(Path::new(folder)).unwrap();
    let load_seconds = started.elapsed().as_secs_f64();
    let texts = match texts_file {
        Some(file) => serde_json::from_slice(&fs_err::read(file).unwrap()).unwrap(),
        None => synthetic(&embedder, chunks),
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tokens: usize = texts.iter().map(|text| embedder.count_tokens(text) + 2).sum();

    embedder.embed(&texts[..texts.len().min(8)]).unwrap();
    let seconds = median((0..rounds).map(|_| timed(|| drop(embedder.embed(&texts).unwrap()))).collect());
    let question = "How many days of annual leave does the policy allow?";
    let query_seconds = median((0..rounds * 20).map(|_| timed(|| drop(embedder.embed_query(question).unwrap()))).collect());
    let count_seconds =
        median((0..rounds).map(|_| timed(|| assert!(texts.iter().map(|t| embedder.count_tokens(t)).sum::<usize>() > 0))).collect());
    println!(
        "{}",
        serde_json::json!({
            "chunks": texts.len(),
            "tokens_per_chunk": tokens as f64 / texts.len() as f64,
            "rounds": rounds,
            "chunks_per_second": texts.len() as f64 / seconds,
            "tokens_per_second": tokens as f64 / seconds,
            "query_ms": query_seconds * 1e3,
            "tokenize_ms_per_chunk": count_seconds * 1e3 / texts.len() as f64,
            "load_seconds": load_seconds,
            "threads": rayon::current_num_threads(),
        })
    );
}

fn timed(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Texts of [`TOKENS`] tokens with special tokens, of common words in a fixed pseudo-random order.
fn synthetic(embedder: &Embedder, count: usize) -> Vec<String> {
    let words: Vec<&str> = "the annual leave policy allows every employee twenty five days and managers approve requests within three \
        working days unless a project deadline or customer incident makes that impossible in which case another date is agreed on"
        .split_whitespace()
        .collect();
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        words[(state >> 33) as usize % words.len()]
    };
    (0..count)
        .map(|_| {
            let mut text = String::new();
            while embedder.count_tokens(&text) + 2 < TOKENS {
                text.push_str(next());
                text.push(' ');
            }
            text
        })
        .collect()
}
