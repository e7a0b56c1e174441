//! What reuse, batching and drafts are worth on random weights: `reuse [size] [quant] [threads] [tokens]`.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::time::{Duration, Instant};

use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, Event, Local, LocalOptions, Request, Running, Usage};
use pinakes_engine::sampler::LogitMask;
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, LoadOptions, Model, Random};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let size = arguments.next().unwrap_or_else(|| "0.8b".into());
    let quant = Quantization::named(&arguments.next().unwrap_or_else(|| "q4_k_m".into())).expect("a quantisation");
    let mut number = |otherwise: usize| arguments.next().map_or(otherwise, |text| text.parse().expect("a number"));
    let (threads, length) = (number(2), number(8192));
    let options = LoadOptions { threads, kv: KvKind::Q8, ..LoadOptions::default() };
    let engine_of = |speculate| {
        let model = Model::random(&size, quant, 1, &options).expect("a size that is known");
        Local::start(CpuBackend::new(model), LocalOptions { speculate, ..LocalOptions::default() }).expect("a thread")
    };
    let engine = &engine_of(true);
    reuse(engine, length);
    together(engine);
    gaps(engine, length);
    // Two of one age: what the first has seen by now is no matter of drafts.
    drafts(&engine_of(true), &engine_of(false));
    println!("{:?}", engine.stats());
}

fn text(seed: u64, count: usize) -> Vec<u32> {
    let mut random = Random::new(seed);
    (0..count).map(|_| (random.bits() % 300) as u32).collect()
}

/// Times of tokens since submission, and the figures.
fn finish(mut running: Running, start: Instant) -> (Vec<Duration>, Usage) {
    let mut times = Vec::new();
    loop {
        match running.next_blocking().expect("an end") {
            Event::Token { .. } => times.push(start.elapsed()),
            Event::Finished { usage, .. } => return (times, usage),
            Event::Failed(failure) => panic!("{failure}"),
            Event::Prefilled { .. } => {}
        }
    }
}

fn ask(engine: &Local, request: Request) -> (Vec<Duration>, Usage) {
    let start = Instant::now();
    finish(engine.submit(request).expect("a place"), start)
}

/// The first token of a question on a document: cold, warm, and after a change in the middle.
fn reuse(engine: &Local, length: usize) {
    let mut document = text(1, length);
    let mut first = |what: &str, seed: u64, changed: Option<usize>| {
        if let Some(at) = changed {
            document[at] += 1;
        }
        let prompt = [document.as_slice(), &text(seed, 32)].concat();
        let cache = CacheRequest { domain: Domain([1; 32]), public_tokens: 0, boundaries: vec![length], keep_answer: false };
        let (times, usage) = ask(engine, Request { cache: Some(cache), ..Request::greedy(prompt, 1) });
        println!(
            "{what}: first token after {:.3} s, {} of {} tokens reused",
            times[0].as_secs_f64(),
            usage.cached_tokens,
            usage.prompt_tokens
        );
    };
    first("cold", 10, None);
    for seed in 11..14 {
        first("warm", seed, None);
    }
    first("after a change in the middle", 14, Some(length / 2 + length / 12));
    first("after another in the same place", 15, Some(length / 2 + length / 12));
}

/// Tokens per second of one answer and of eight at once.
fn together(engine: &Local) {
    for count in [1, 8] {
        let start = Instant::now();
        let running: Vec<Running> = (0..count).map(|n| engine.submit(Request::greedy(text(n, 16), 48)).expect("a place")).collect();
        let first = Instant::now();
        let tokens: usize = running.into_iter().map(|running| finish(running, start).0.len()).sum();
        println!("{count} at once: {:.1} tokens/s", tokens as f64 / first.elapsed().as_secs_f64());
    }
}

/// The gaps between an answer's tokens while a document is read.
fn gaps(engine: &Local, length: usize) {
    let start = Instant::now();
    let stream = engine.submit(Request::greedy(text(3, 16), 60)).expect("a place");
    let reading = engine.submit(Request { client: 1, ..Request::greedy(text(4, length), 1) }).expect("a place");
    let times = finish(stream, start).0;
    drop(reading);
    let mut gaps: Vec<Duration> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort();
    let at = |share: f64| gaps[((gaps.len() - 1) as f64 * share) as usize].as_millis();
    println!("gaps while a document is read: median {} ms, p90 {} ms, longest {} ms", at(0.5), at(0.9), at(1.0));
}

/// Says what stands in a text, as an answer that quotes does; random weights would not.
struct Quoting(Vec<u32>);

impl LogitMask for Quoting {
    fn apply(&mut self, generated: &[u32], logits: &mut [f32]) {
        logits[self.0[generated.len() % self.0.len()] as usize] += 1e3;
    }
}

/// Tokens per second with drafts and without, of an answer that quotes, of one that does not, and of one that keeps beginning to.
fn drafts(with: &Local, without: &Local) {
    let prompt = text(5, 600);
    let begins: Vec<u32> = prompt[100..400].iter().enumerate().map(|(at, id)| if at % 5 == 4 { id + 300 } else { *id }).collect();
    for (what, said) in [("quotes", prompt[100..400].to_vec()), ("quotes nothing", text(6, 300)), ("begins to quote", begins)] {
        let rate = |engine: &Local| {
            let request = Request { mask: Some(Box::new(Quoting(said.clone()))), ..Request::greedy(prompt.clone(), 200) };
            let (times, usage) = ask(engine, request);
            ((times.len() - 1) as f64 / (times[times.len() - 1] - times[0]).as_secs_f64(), usage)
        };
        // In turns, as the machine's other work comes and goes.
        let rounds: Vec<_> = (0..ROUNDS).map(|_| (rate(with), rate(without).0)).collect();
        let (fast, plain) = (median(rounds.iter().map(|round| round.0.0)), median(rounds.iter().map(|round| round.1)));
        let ratio = median(rounds.iter().map(|round| round.0.0 / round.1));
        let used = rounds[0].0.1;
        let (accepted, drafted) = (used.accepted_tokens, used.drafted_tokens);
        println!(
            "an answer that {what}: {fast:.1} tokens/s, {plain:.1} without drafts: {ratio:.2} times ({accepted} of {drafted} drafted)"
        );
    }
}

/// Rounds of each comparison.
const ROUNDS: usize = 7;

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
