//! `pinakes bench reuse`: what a document costs the first time, and what a question on it costs from then on.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pinakes_api::{ApiError, Code};
use pinakes_config::Config;
use pinakes_engine::CpuBackend;
use pinakes_engine::cache::disk::{DiskOptions, DiskTier, Fingerprint};
use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, Event, Local, LocalOptions, Request, Usage};
use serde::Serialize;

use super::percentiles::spread;
use crate::args::{BenchReuse, Global};
use crate::system::peak_memory_bytes;
use crate::{End, generator, output};

/// How long writing behind is waited for before the restart.
const WRITING_TIME_MAX: Duration = Duration::from_secs(600);
/// Between two lines about how reading goes.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);

#[derive(Debug, Default, Serialize)]
struct Report {
    model: String,
    documents: usize,
    tokens: usize,
    questions: usize,
    /// Medians over documents and questions, in seconds, from submission to the first token.
    first_token_seconds_cold: f64,
    first_token_seconds_warm: f64,
    /// A question on a document whose second half is another; `null` with `--no-fork`.
    first_token_seconds_fork: Option<f64>,
    /// The first question on each document after the engine was opened anew; `null` without `--restart`.
    first_token_seconds_restart: Option<f64>,
    /// Of a warm question's prompt, and of a forked one's.
    cached_tokens: f64,
    cached_tokens_fork: Option<f64>,
    /// The same of the first question after the restart.
    cached_tokens_restart: Option<f64>,
    /// Questions after the first on their document for which more was read than their own words, and the tokens of documents that were.
    read_again: usize,
    tokens_read_again: usize,
    /// Tokens of documents read a second, the first time.
    prefill_tokens_per_second: f64,
    memory_bytes: u64,
    /// Of all files; with `--restart`, when the engine was opened anew.
    disk_bytes: u64,
    peak_rss_bytes: u64,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, wanted: BenchReuse) -> Result<End, ApiError> {
    let measured = generator::Measured::new(config, &wanted.on)?;
    let limits = generator::limits(&config.generator);
    let disk_bytes_max = config.generator.cache_disk_bytes_max;
    let quiet = global.quiet;
    let bench = move || Bench { wanted, measured, limits, disk_bytes_max, quiet }.run();
    let report = tokio::task::spawn_blocking(bench).await.map_err(ApiError::internal)??;
    if global.json {
        output::json(&report);
        return Ok(End::Done);
    }
    let Report { model, documents, tokens, .. } = &report;
    let ms = |seconds: f64| format!("{:.0} ms", seconds * 1_000.0);
    output::line(&format!("{model}, {documents} documents of {tokens} tokens; to the first token:"));
    output::line(&format!("  cold     {}", ms(report.first_token_seconds_cold)));
    output::line(&format!("  warm     {}  ({} tokens reused)", ms(report.first_token_seconds_warm), report.cached_tokens));
    if let (Some(seconds), Some(cached)) = (report.first_token_seconds_fork, report.cached_tokens_fork) {
        output::line(&format!("  forked   {}  ({cached} tokens reused)", ms(seconds)));
    }
    if let (Some(seconds), Some(cached)) = (report.first_token_seconds_restart, report.cached_tokens_restart) {
        output::line(&format!("  restart  {}  ({cached} tokens reused)", ms(seconds)));
    }
    let Report { read_again, tokens_read_again, prefill_tokens_per_second: rate, .. } = &report;
    output::line(&format!(
        "documents read at {rate:.0} tokens a second; {read_again} questions read {tokens_read_again} tokens of them again"
    ));
    let mib = |bytes: u64| bytes >> 20;
    let (memory, disk, peak) = (mib(report.memory_bytes), mib(report.disk_bytes), mib(report.peak_rss_bytes));
    output::line(&format!("snapshots: {memory} MiB in memory, {disk} MiB on the disk; peak memory {peak} MiB"));
    Ok(End::Done)
}

struct Bench {
    wanted: BenchReuse,
    measured: generator::Measured,
    limits: LocalOptions,
    disk_bytes_max: u64,
    quiet: bool,
}

impl Bench {
    fn run(self) -> Result<Report, ApiError> {
        let BenchReuse { documents, tokens, questions, question_tokens, restart, no_fork, .. } = self.wanted;
        let folder = tempfile::tempdir().map_err(|error| ApiError::new(Code::CannotWrite, format!("no temporary folder: {error}")))?;
        let (model, engine) = self.engine(folder.path())?;
        let vocabulary = engine.describe().vocabulary as u32;
        let document = |seed: usize| text(seed, tokens, vocabulary);
        let question = |seed: usize| text(1_000_000 + seed, question_tokens, vocabulary);
        let (mut cold, mut warm, mut fork, mut again) = (vec![], vec![], vec![], vec![]);
        for number in 0..documents {
            cold.push(self.first(&engine, number, &document(number), &question(number))?);
        }
        for round in 1..=questions {
            for number in 0..documents {
                warm.push(ask(&engine, &document(number), &question(round * documents + number), &mut |_| {})?);
            }
        }
        for number in 0..if no_fork { 0 } else { documents } {
            let mut forked = document(number);
            forked.truncate(tokens / 2);
            forked.extend(text(2_000_000 + number, tokens - tokens / 2, vocabulary));
            fork.push(ask(&engine, &forked, &question(number), &mut |_| {})?);
        }
        let mut report = Report { model, documents, tokens, questions, ..Report::default() };
        report.memory_bytes = engine.stats().cache.bytes;
        report.disk_bytes = engine.stats().tier.map_or(0, |tier| tier.bytes);
        if restart {
            settle(&engine);
            drop(engine);
            let (_, engine) = self.engine(folder.path())?;
            for number in 0..documents {
                again.push(ask(&engine, &document(number), &question(number), &mut |_| {})?);
            }
            report.disk_bytes = engine.stats().tier.map_or(0, |tier| tier.bytes);
        }
        let seconds = |asked: &[Asked]| spread(asked.iter().map(|one| one.seconds).collect()).p50;
        let reused = |asked: &[Asked]| spread(asked.iter().map(|one| one.usage.cached_tokens as f64).collect()).p50;
        report.first_token_seconds_cold = seconds(&cold);
        report.first_token_seconds_warm = seconds(&warm);
        report.first_token_seconds_fork = (!no_fork).then(|| seconds(&fork));
        report.first_token_seconds_restart = restart.then(|| seconds(&again));
        report.cached_tokens = reused(&warm);
        report.cached_tokens_fork = (!no_fork).then(|| reused(&fork));
        report.cached_tokens_restart = restart.then(|| reused(&again));
        let missing = |one: &Asked| tokens.saturating_sub(one.usage.cached_tokens);
        report.read_again = warm.iter().filter(|one| missing(one) > 0).count();
        report.tokens_read_again = warm.iter().map(missing).sum();
        let read: Vec<f64> = cold.iter().map(|one| one.usage.prompt_tokens as f64 / one.seconds.max(1e-9)).collect();
        report.prefill_tokens_per_second = spread(read).p50;
        report.peak_rss_bytes = peak_memory_bytes().unwrap_or(0);
        Ok(report)
    }

    /// The first question on a document, with how it goes on standard error: a long one takes hours.
    fn first(&self, engine: &Local, number: usize, document: &[u32], question: &[u32]) -> Result<Asked, ApiError> {
        let (started, mut shown) = (Instant::now(), (Instant::now(), 0));
        let total = document.len() + question.len();
        let mut tell = |done: usize| {
            let (since, before) = shown;
            if !self.quiet && since.elapsed() >= PROGRESS_INTERVAL {
                let rate = |tokens: usize, since: Instant| tokens as f64 / since.elapsed().as_secs_f64();
                let (now, mean) = (rate(done - before, since), rate(done, started));
                eprintln!("document {}: {done} of {total} tokens, {now:.1} tokens/s now, {mean:.1} on average", number + 1);
                shown = (Instant::now(), done);
            }
        };
        ask(engine, document, question, &mut tell)
    }

    fn engine(&self, folder: &Path) -> Result<(String, Local), ApiError> {
        let Self { wanted, measured, limits, disk_bytes_max, .. } = self;
        let (name, model) = measured.load()?;
        let started = if wanted.restart {
            let tier = DiskTier::open(folder, &model, Fingerprint::of(&model, b""), DiskOptions::plain(*disk_bytes_max))
                .map_err(|error| ApiError::new(Code::CannotWrite, error.to_string()))?;
            Local::start_with_tier(CpuBackend::new(model), limits.clone(), Arc::new(tier))
        } else {
            Local::start(CpuBackend::new(model), limits.clone())
        };
        let engine = started.map_err(|error| ApiError::new(Code::IoFailed, error.to_string()))?;
        Ok((name, engine))
    }
}

struct Asked {
    seconds: f64,
    usage: Usage,
}

/// A document, then a question on it, as one reader would; `read` is told how many tokens were read so far.
fn ask(engine: &Local, document: &[u32], question: &[u32], read: &mut dyn FnMut(usize)) -> Result<Asked, ApiError> {
    let prompt = [document, question].concat();
    let cache = CacheRequest { domain: Domain([1; 32]), public_tokens: 0, boundaries: vec![document.len()], keep_answer: false };
    let started = Instant::now();
    let request = Request { cache: Some(cache), ..Request::greedy(prompt, 1) };
    let mut running = engine.submit(request).map_err(|error| ApiError::new(Code::Overloaded, error.to_string()))?;
    let mut seconds = 0.0;
    loop {
        match running.next_blocking() {
            Some(Event::Token { .. }) => seconds = started.elapsed().as_secs_f64(),
            Some(Event::Prefilled { done, .. }) => read(done),
            Some(Event::Finished { usage, .. }) => return Ok(Asked { seconds, usage }),
            Some(Event::Failed(failure)) => return Err(ApiError::internal(failure)),
            None => return Err(ApiError::new(Code::Internal, "the engine stopped")),
        }
    }
}

/// Waits until nothing more is being written.
fn settle(engine: &Local) {
    let started = Instant::now();
    let written = || engine.stats().tier.map_or(0, |tier| tier.bytes_waiting);
    while written() > 0 && started.elapsed() < WRITING_TIME_MAX {
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Token ids that look like no others'.
fn text(seed: usize, length: usize, vocabulary: u32) -> Vec<u32> {
    let mut state = seed as u64 ^ 0x9E37_79B9_7F4A_7C15;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % vocabulary
    };
    (0..length).map(|_| next()).collect()
}
