//! `pinakes bench load`: many at once, as they would meet the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use pinakes_api::{ApiError, Code};
use pinakes_config::Config;
use pinakes_engine::CpuBackend;
use pinakes_engine::engine::{Engine, Event, Local, LocalOptions, Request};
use serde::Serialize;

use super::percentiles::{Spread, spread};
use crate::args::{BenchLoad, Global};
use crate::{End, generator, output};

#[derive(Debug, Serialize)]
struct Report {
    model: String,
    clients: usize,
    /// Of all answers together, from the first token to the last.
    tokens_per_second: f64,
    first_token_seconds: Spread,
    /// Between two tokens of one answer.
    token_gap_seconds: Spread,
    /// Tokens of `--reading`'s document that were read until the last answer ended. All of it, and the longer gaps are of a part of
    /// the time only: ask for longer answers.
    tokens_read_meanwhile: Option<usize>,
    errors: usize,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, wanted: BenchLoad) -> Result<End, ApiError> {
    let measured = generator::Measured::new(config, &wanted.on)?;
    let limits = generator::limits(&config.generator);
    let report = tokio::task::spawn_blocking(move || measure(&wanted, &measured, limits)).await;
    let report = report.map_err(ApiError::internal)??;
    if global.json {
        output::json(&report);
    } else {
        let Report { model, clients, tokens_per_second, first_token_seconds: first, token_gap_seconds: gap, errors, .. } = &report;
        output::line(&format!("{model}, {clients} at once: {tokens_per_second:.1} tokens a second, {errors} errors"));
        output::line(&format!(
            "  first token p50 {:.3} s, p99 {:.3} s; between tokens p50 {:.3} s, p99 {:.3} s",
            first.p50, first.p99, gap.p50, gap.p99
        ));
        if let Some(tokens) = report.tokens_read_meanwhile {
            output::line(&format!("  {tokens} tokens of a document read meanwhile"));
        }
    }
    Ok(End::Done)
}

/// When each token of one answer came.
type Times = Result<(Instant, Vec<Instant>), ()>;

fn measure(wanted: &BenchLoad, measured: &generator::Measured, limits: LocalOptions) -> Result<Report, ApiError> {
    let (model, weights) = measured.load()?;
    let engine = Local::start(CpuBackend::new(weights), LocalOptions { running_max: wanted.clients.max(1) + 1, ..limits })
        .map_err(|error| ApiError::new(Code::IoFailed, error.to_string()))?;
    let vocabulary = engine.describe().vocabulary;
    let prompt = |client: usize, length: usize| -> Vec<u32> {
        (0..length).map(|place| ((place * 7_919 + client * 104_729 + 17) % vocabulary) as u32).collect()
    };
    let read = AtomicUsize::new(0);
    let answers: Vec<Times> = std::thread::scope(|threads| {
        let ended = Arc::new(AtomicBool::new(false));
        if let Some(tokens) = wanted.reading {
            let request = Request { client: u64::MAX, ..Request::greedy(prompt(wanted.clients, tokens), 1) };
            let (engine, read, ended) = (&engine, &read, Arc::clone(&ended));
            threads.spawn(move || read_beside(engine, request, read, &ended));
        }
        let clients: Vec<_> = (0..wanted.clients)
            .map(|client| {
                let (engine, prompt) = (&engine, prompt(client, wanted.prompt));
                threads.spawn(move || answer(engine, Request { client: client as u64, ..Request::greedy(prompt, wanted.generate) }))
            })
            .collect();
        let answers = clients.into_iter().map(|client| client.join().unwrap_or(Err(()))).collect();
        ended.store(true, Ordering::Release);
        answers
    });
    let errors = answers.iter().filter(|answer| answer.is_err()).count();
    let whole: Vec<(Instant, Vec<Instant>)> = answers.into_iter().flatten().collect();
    let first = whole.iter().filter_map(|(asked, times)| Some((*times.first()? - *asked).as_secs_f64())).collect();
    let gaps = whole.iter().flat_map(|(_, times)| times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64())).collect();
    let times = || whole.iter().flat_map(|(_, times)| times);
    let seconds = times().max().zip(times().min()).map_or(0.0, |(last, first)| (*last - *first).as_secs_f64());
    let tokens_per_second = if seconds > 0.0 { (times().count() as f64 / seconds * 10.0).round() / 10.0 } else { 0.0 };
    Ok(Report {
        model,
        clients: wanted.clients,
        tokens_per_second,
        first_token_seconds: spread(first),
        token_gap_seconds: spread(gaps),
        tokens_read_meanwhile: wanted.reading.map(|_| read.load(Ordering::Acquire)),
        errors,
    })
}

/// Reads a document until it is read or `ended`; `read` says how far it is.
fn read_beside(engine: &Local, request: Request, read: &AtomicUsize, ended: &AtomicBool) {
    let Ok(mut running) = engine.submit(request) else { return };
    while let Some(event) = running.next_blocking() {
        if ended.load(Ordering::Acquire) {
            return;
        }
        if let Event::Prefilled { done, .. } = event {
            read.store(done, Ordering::Release);
        }
    }
}

fn answer(engine: &Local, request: Request) -> Times {
    let asked = Instant::now();
    let mut running = engine.submit(request).map_err(drop)?;
    let mut times = Vec::new();
    loop {
        match running.next_blocking() {
            Some(Event::Token { .. }) => times.push(Instant::now()),
            Some(Event::Prefilled { .. }) => {}
            Some(Event::Finished { .. }) => return Ok((asked, times)),
            Some(Event::Failed(_)) | None => return Err(()),
        }
    }
}
