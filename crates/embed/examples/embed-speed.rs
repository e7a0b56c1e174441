//! `embed-speed FOLDER`: chunks embedded a second on all cores, chunks of 230 tokens, and the latency of a question.
//!
//! Prints one JSON object with medians over the rounds. `cpu_seconds_per_chunk` is what a chunk costs whatever else the machine does.
//! With `--texts FILE` (a JSON array) and `--vectors FILE` another program can be timed on the same texts and its vectors compared;
//! `--fetch DIR` in place of the folder fetches all-MiniLM-L6-v2 there and prints where it is.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring program: its output is its purpose, a failure ends it")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use pinakes_embed::Embedder;

const TOKENS: usize = 230;

struct Options {
    folder: PathBuf,
    chunks: usize,
    rounds: usize,
    texts: Option<PathBuf>,
    vectors: Option<PathBuf>,
    fetch: bool,
}

impl Options {
    fn parse() -> Self {
        let usage = "usage: embed-speed (FOLDER | --fetch DIR) [--chunks N] [--rounds N] [--texts FILE] [--vectors FILE]";
        let mut options = Self { folder: PathBuf::new(), chunks: 64, rounds: 5, texts: None, vectors: None, fetch: false };
        let mut arguments = std::env::args().skip(1);
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect(usage);
            match argument.as_str() {
                "--chunks" => options.chunks = value().parse().expect(usage),
                "--rounds" => options.rounds = value().parse().expect(usage),
                "--texts" => options.texts = Some(value().into()),
                "--vectors" => options.vectors = Some(value().into()),
                "--fetch" => (options.fetch, options.folder) = (true, value().into()),
                _ => options.folder = argument.into(),
            }
        }
        options
    }
}

fn main() {
    let options = Options::parse();
    if options.fetch {
        return println!("{}", pinakes_models::ensure_minilm(&options.folder).unwrap().display());
    }
    let started = Instant::now();
    let embedder = Embedder::load(Path::new(&options.folder)).unwrap();
    let load_seconds = started.elapsed().as_secs_f64();
    let texts = match &options.texts {
        Some(file) => serde_json::from_slice(&fs_err::read(file).unwrap()).unwrap(),
        None => synthetic(&embedder, options.chunks),
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tokens: usize = texts.iter().map(|text| embedder.count_tokens(text) + 2).sum();

    let vectors = embedder.embed(&texts[..texts.len().min(8)]).unwrap();
    assert_eq!(vectors[0].len(), embedder.model().dimensions);
    let cpu_before = cpu_seconds();
    let seconds = median(options.rounds, || drop(embedder.embed(&texts).unwrap()));
    let cpu_seconds_per_chunk = (cpu_seconds() - cpu_before) / (options.rounds * texts.len()) as f64;
    let question = "How many days of annual leave does the policy allow?";
    let query_seconds = median(options.rounds * 10, || drop(embedder.embed_query(question).unwrap()));
    let count_seconds = median(options.rounds, || assert!(texts.iter().all(|text| embedder.count_tokens(text) < 1000)));
    if let Some(file) = &options.vectors {
        fs_err::write(file, serde_json::to_string(&embedder.embed(&texts).unwrap()).unwrap()).unwrap();
    }
    println!(
        "{}",
        serde_json::json!({
            "chunks": texts.len(),
            "tokens_per_chunk": tokens as f64 / texts.len() as f64,
            "rounds": options.rounds,
            "threads": rayon::current_num_threads(),
            "chunks_per_second": texts.len() as f64 / seconds,
            "tokens_per_second": tokens as f64 / seconds,
            "cpu_seconds_per_chunk": cpu_seconds_per_chunk,
            "query_ms": query_seconds * 1e3,
            "tokenize_ms_per_chunk": count_seconds * 1e3 / texts.len() as f64,
            "load_seconds": load_seconds,
        })
    );
}

/// CPU seconds of all threads of this process so far; zero where the system does not say as Linux does.
fn cpu_seconds() -> f64 {
    /// The unit of `/proc`, the same on every Linux.
    const TICKS_PER_SECOND: f64 = 100.0;
    let stat = fs_err::read_to_string("/proc/self/stat").unwrap_or_default();
    // After the program's name, which may hold anything but ends at the last parenthesis: user and system time are the 12th and 13th.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS_PER_SECOND
}

/// Median seconds of some runs.
fn median(runs: usize, mut work: impl FnMut()) -> f64 {
    let mut seconds: Vec<f64> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

/// Texts of [`TOKENS`] tokens with special tokens, of common words (one token each) in a fixed pseudo-random order.
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
    let texts: Vec<String> = (0..count).map(|_| (0..TOKENS - 2).map(|_| format!("{} ", next())).collect()).collect();
    assert!(texts.iter().all(|text| embedder.count_tokens(text) + 2 == TOKENS));
    texts
}
