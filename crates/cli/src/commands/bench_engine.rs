//! `pinakes bench engine`: how fast a model reads and writes here, on its own weights or on random ones of the same shape.

mod kernels;

use std::sync::Arc;
use std::time::Instant;

use pinakes_api::{ApiError, Code};
use pinakes_config::Config;
use pinakes_engine::engine::{Backend, Chunk, LogitRows};
use pinakes_engine::{CpuBackend, Isa, force_isa};
use serde::Serialize;

use crate::args::{BenchEngine, Global};
use crate::system::{memory_bytes, peak_memory_bytes};
use crate::{End, generator, output};

#[derive(Debug, Serialize)]
struct Report {
    model: String,
    threads: usize,
    /// The instructions used.
    isa: String,
    /// Tokens a second, reading `prompt` tokens after `depth`.
    prefill_tok_s: f64,
    /// Tokens a second, writing one after another after `depth` and the prompt.
    decode_tok_s: f64,
    prompt: usize,
    generated: usize,
    depth: usize,
    load_seconds: f64,
    /// Seconds from the call to the first token after the prompt, loading included.
    first_token_seconds: f64,
    weights_bytes: u64,
    /// Of the process, with weights, state and scratch.
    rss_bytes: u64,
    peak_rss_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernels: Option<kernels::Kernels>,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, wanted: BenchEngine) -> Result<End, ApiError> {
    if let Some(name) = &wanted.isa {
        let isa = Isa::named(name).ok_or_else(|| {
            let words = format!("{name:?} names no instructions; there are scalar, avx2, avxvnni and avx512");
            ApiError::new(Code::BadRequest, words)
        })?;
        force_isa(Some(isa));
    }
    let measured = generator::Measured::new(config, &wanted.on)?;
    let report = tokio::task::spawn_blocking(move || measure(&wanted, &measured)).await.map_err(ApiError::internal)??;
    if global.json {
        output::json(&report);
    } else {
        let Report { model, threads, isa, prefill_tok_s, decode_tok_s, prompt, generated, depth, load_seconds, weights_bytes, .. } =
            &report;
        output::line(&format!("{model}, {threads} threads, {isa}, at depth {depth}:"));
        output::line(&format!("  reads {prefill_tok_s:.1} tokens a second ({prompt} tokens)"));
        output::line(&format!("  writes {decode_tok_s:.1} tokens a second ({generated} tokens)"));
        output::line(&format!(
            "  loaded in {load_seconds:.2} s, first token {:.2} s after the call; weights {} MiB, process {} MiB, at most {} MiB",
            report.first_token_seconds,
            weights_bytes >> 20,
            report.rss_bytes >> 20,
            report.peak_rss_bytes >> 20
        ));
        report.kernels.iter().flat_map(kernels::Kernels::lines).for_each(|line| output::line(&line));
    }
    Ok(End::Done)
}

fn measure(wanted: &BenchEngine, measured: &generator::Measured) -> Result<Report, ApiError> {
    let started = Instant::now();
    let (name, model) = measured.load()?;
    let weights_bytes = model.weights().bytes() as u64;
    let load_seconds = started.elapsed().as_secs_f64();
    let mut backend = CpuBackend::new(model);
    let needed = wanted.depth + wanted.prompt + wanted.generate;
    if needed > backend.context_max() {
        return Err(ApiError::new(
            Code::DoesNotFit,
            format!("{needed} tokens do not fit the model's context of {}", backend.context_max()),
        ));
    }
    let mut sequence = backend.begin();
    let mut logits = Vec::new();
    let vocabulary = backend.vocabulary() as u32;
    // Any ids do: the time does not depend on them.
    let tokens: Vec<u32> = (0..(wanted.depth + wanted.prompt) as u32).map(|n| n.wrapping_mul(2_654_435_761) % vocabulary).collect();
    let (before, prompt) = tokens.split_at(wanted.depth);
    generator::read(&mut backend, &mut sequence, before, &mut logits);
    let profiled = wanted.kernels.then(|| kernels::Reading::start(&backend));
    let reading = Instant::now();
    generator::read(&mut backend, &mut sequence, prompt, &mut logits);
    let prefill_seconds = reading.elapsed().as_secs_f64();
    let first_token_seconds = started.elapsed().as_secs_f64();
    let profiled = profiled.map(|profile| profile.turn(&backend));
    let writing = Instant::now();
    for id in (0..vocabulary).cycle().take(wanted.generate) {
        backend.step(&mut [Chunk { sequence: &mut sequence, tokens: &[id], logits: LogitRows::Last }], &mut logits);
    }
    let decode_seconds = writing.elapsed().as_secs_f64();
    let (rss_bytes, peak_rss_bytes) = (memory_bytes().unwrap_or(0), peak_memory_bytes().unwrap_or(0));
    let kernels = profiled.map(|profile| profile.end(&backend, [prefill_seconds, decode_seconds]));
    let rate = |tokens: usize, seconds: f64| if tokens == 0 { 0.0 } else { (10.0 * tokens as f64 / seconds).round() / 10.0 };
    Ok(Report {
        model: name,
        threads: measured.options.threads,
        isa: format!("{:?}", Isa::current()).to_ascii_lowercase(),
        prefill_tok_s: rate(wanted.prompt, prefill_seconds),
        decode_tok_s: rate(wanted.generate, decode_seconds),
        prompt: wanted.prompt,
        generated: wanted.generate,
        depth: wanted.depth,
        load_seconds,
        first_token_seconds,
        weights_bytes,
        rss_bytes,
        peak_rss_bytes,
        kernels,
    })
}
