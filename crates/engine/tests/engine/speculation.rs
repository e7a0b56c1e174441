//! Drafts copied from what was read before change no answer, are right where answers repeat, and are given up where they are not.

use std::sync::atomic::Ordering;

use pinakes_engine::engine::{Engine, Event, Local, LocalOptions, Request, Usage};
use pinakes_engine::sampler::{LogitMask, ReasoningBudget, Sampling};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, Model};

use crate::support::{fixture, open, options, random_tokens, read};
use crate::toy::{Toy, VOCABULARY};

/// All that is said, to the bit.
fn said(engine: &Local, request: Request) -> (Vec<(u32, Option<u32>)>, Usage) {
    let mut running = engine.submit(request).unwrap();
    let mut tokens = Vec::new();
    loop {
        match running.next_blocking().unwrap() {
            Event::Token { id, logprob, .. } => tokens.push((id, logprob.map(f32::to_bits))),
            Event::Finished { usage, .. } => return (tokens, usage),
            Event::Failed(failure) => panic!("{failure}"),
            Event::Prefilled { .. } => {}
        }
    }
}

fn with(speculate: bool) -> LocalOptions {
    LocalOptions { speculate, ..LocalOptions::default() }
}

/// Random weights repeat nothing of themselves; this makes them, most of the time.
struct Quoting(Vec<u32>);

impl LogitMask for Quoting {
    fn apply(&mut self, generated: &[u32], logits: &mut [f32]) {
        let spread = logits.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        logits[self.0[generated.len() % self.0.len()] as usize] += 1.6 * spread;
    }
}

/// Greedy and sampled ones, with everything that remembers what was said.
fn requests(vocabulary: usize) -> Vec<Request> {
    let phrase = random_tokens(3, 12, vocabulary);
    let prompt: Vec<u32> = phrase.iter().cycle().take(100).copied().collect();
    let samplings = [
        Sampling::default(),
        Sampling { temperature: 0.3, seed: 4, ..Sampling::default() },
        Sampling { temperature: 1.0, top_k: 2, seed: 5, ..Sampling::default() },
        Sampling { repetition: 1.1, frequency: 0.1, ..Sampling::default() },
    ];
    let mask = || Some(Box::new(Quoting(phrase.clone())) as Box<dyn LogitMask>);
    let request = |sampling| Request { sampling, mask: mask(), logprobs: Some(0), ..Request::greedy(prompt.clone(), 150) };
    let mut requests: Vec<Request> = samplings.into_iter().map(request).collect();
    requests.push(Request {
        reasoning: Some(ReasoningBudget { tokens_max: 20, close: 1, forced: vec![2, 1] }),
        ..request(Sampling::default())
    });
    requests.push(Request { stop_loops: true, mask: mask(), ..Request::greedy(prompt.clone(), 400) });
    requests
}

#[test]
fn going_back_leaves_what_reading_no_more_leaves() {
    for kv in [KvKind::F16, KvKind::Q8] {
        let mut models = vec![Model::random("tiny", Quantization::Q8_0, 1, &options(kv)).unwrap()];
        models.extend(fixture("dense-untied").map(|folder| open(&folder, kv)));
        for model in models {
            let tokens = random_tokens(9, 200, 300);
            // Before, across and behind the end of a page, and through none or all of what was read since.
            for (start, more, kept) in [(50, 17, 0), (50, 17, 1), (50, 17, 5), (60, 12, 4), (60, 12, 7), (127, 3, 1), (64, 9, 9)] {
                let mut sequence = model.begin();
                read(&model, &mut sequence, &tokens[..start], &[]);
                let before = sequence.clone();
                sequence.mark();
                read(&model, &mut sequence, &tokens[start..start + more], &[]);
                model.rewind(&mut sequence, kept);
                assert_eq!(sequence.length(), start + kept);
                let rest = [7, 8, 9];
                let whole = [&tokens[..start + kept], &rest].concat();
                let (went_on, fresh) = (read(&model, &mut sequence, &rest, &[]), read(&model, &mut model.begin(), &whole, &[]));
                let bits = |logits: &[f32]| logits.iter().map(|logit| logit.to_bits()).collect::<Vec<_>>();
                assert_eq!(bits(&went_on), bits(&fresh[fresh.len() - went_on.len()..]), "{start} {more} {kept}");
                // Who shares its memory notices nothing.
                let other = read(&model, &mut before.clone(), &rest, &[]);
                let fresh = read(&model, &mut model.begin(), &[&tokens[..start], &rest].concat(), &[]);
                assert_eq!(bits(&other), bits(&fresh[fresh.len() - other.len()..]));
            }
        }
    }
}

#[test]
fn drafts_change_nothing() {
    let model = || CpuBackend::new(Model::random("tiny", Quantization::Q8_0, 1, &options(KvKind::F16)).unwrap());
    let (fast, plain) = (Local::start(model(), with(true)).unwrap(), Local::start(model(), with(false)).unwrap());
    let (mut accepted, mut rejected) = (0, 0);
    for (index, (a, b)) in requests(320).into_iter().zip(requests(320)).enumerate() {
        let ((a, usage), (b, _)) = (said(&fast, a), said(&plain, b));
        assert_eq!(a, b, "request {index}");
        accepted += usage.accepted_tokens;
        rejected += usage.drafted_tokens - usage.accepted_tokens;
    }
    assert!(accepted > 300 && rejected > 30, "{accepted} accepted, {rejected} rejected");
    assert_eq!(plain.stats().drafted_tokens, 0);
}

#[test]
fn answers_that_repeat_take_fewer_steps_and_others_hardly_more() {
    for (cycle, repeats) in [(40, true), (0, false)] {
        let steps = |speculate| {
            let (toy, watch) = Toy::new();
            // As with a real model, a step costs much more than a row of it; whether drafts pay is measured.
            watch.step_micros.store(200, Ordering::Release);
            let engine = Local::start(Toy { cycle, ..toy }, with(speculate)).unwrap();
            let (tokens, usage) = said(&engine, Request::greedy(random_tokens(1, 300, VOCABULARY), 1000));
            let steps = watch.steps.lock().unwrap().len();
            (tokens, usage, steps)
        };
        let ((fast, usage, with), (plain, _, without)) = (steps(true), steps(false));
        assert_eq!(fast, plain);
        eprintln!("cycle {cycle}: {with} steps for {without}, {} of {} drafted", usage.accepted_tokens, usage.drafted_tokens);
        if repeats {
            // Half is usual; a machine that is busy otherwise makes some drafts look dear.
            assert!(5 * with < 4 * without, "{with} {without} {usage:?}");
        } else {
            assert!(with <= without + 5 && usage.drafted_tokens < 100, "{with} {without} {usage:?}");
        }
    }
}
