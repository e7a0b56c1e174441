//! Tokens per second of a model file or of random weights: `speed MODEL|random:0.8b:q4_k_m [threads] [prompt] [generate] [depth] [streams] [f16|q8|f32]`;
//! streams are answers that are generated side by side, all after the same prompt; the last says how keys and values are kept.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;
use std::time::Instant;

use pinakes_engine::engine::{Chunk, LogitRows};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{KvKind, LoadOptions, Model, Scratch, Sequence};

/// Tokens of one step.
const CHUNK: usize = 512;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().expect("a model");
    let mut number = |otherwise: usize| arguments.next().map_or(otherwise, |text| text.parse().expect("a number"));
    let (threads, prompt, generate, depth, streams) = (number(2), number(512), number(32), number(0), number(1));
    let kv = match arguments.next().as_deref() {
        None => LoadOptions::default().kv,
        Some("f16") => KvKind::F16,
        Some("q8") => KvKind::Q8,
        Some("f32") => KvKind::F32,
        Some(other) => panic!("keys and values are kept as f16, q8 or f32, not {other}"),
    };
    let options = LoadOptions { threads, kv, ..LoadOptions::default() };

    let start = Instant::now();
    let model = match what.strip_prefix("random:").and_then(|rest| rest.split_once(':')) {
        Some((size, quant)) => {
            Model::random(size, Quantization::named(quant).expect("a quantisation"), 1, &options).expect("a size that is known")
        }
        None => Model::open(Path::new(&what), &options).expect("a sound model"),
    };
    let loaded = start.elapsed().as_secs_f64();
    println!("loaded in {loaded:.2} s, {} MiB of weights, {} MiB resident", model.weights().bytes() >> 20, resident_mib());

    let (mut sequence, mut scratch) = (model.begin(), Scratch::default());
    read(&model, &mut sequence, &mut scratch, depth);
    let start = Instant::now();
    read(&model, &mut sequence, &mut scratch, prompt);
    println!("prefill of {prompt} at depth {depth}: {:.1} tokens/s", prompt as f64 / start.elapsed().as_secs_f64());
    let mut sequences = vec![sequence; streams];
    let start = Instant::now();
    for token in 0..generate as u32 {
        let tokens = [token % 300];
        let chunk = |sequence| Chunk { sequence, tokens: &tokens, logits: LogitRows::Last };
        model.forward(&mut sequences.iter_mut().map(chunk).collect::<Vec<_>>(), &mut scratch);
    }
    let speed = (generate * streams) as f64 / start.elapsed().as_secs_f64();
    println!("decode of {generate} after them, {streams} at once: {speed:.2} tokens/s");
    println!("{} MiB resident", resident_mib());
}

/// Reads `count` tokens in chunks, with logits of the very last.
fn read(model: &Model, sequence: &mut Sequence, scratch: &mut Scratch, count: usize) {
    let tokens: Vec<u32> = (0..count as u32).map(|token| token.wrapping_mul(7919) % 300).collect();
    let chunks = tokens.chunks(CHUNK).count();
    for (index, tokens) in tokens.chunks(CHUNK).enumerate() {
        let logits = if index + 1 == chunks { LogitRows::Last } else { LogitRows::None };
        model.forward(&mut [Chunk { sequence: &mut *sequence, tokens, logits }], scratch);
    }
}

/// What the system counts as this process's memory; 0 where it does not say.
fn resident_mib() -> usize {
    let status = fs_err::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok()).unwrap_or(0) >> 10
}
