//! A prefix is computed once: the same answers with reuse and without it, however the tree is cut up, and nothing across domains.

use std::sync::atomic::Ordering;

use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, FinishReason, Local, LocalOptions, Priority, Request};
use pinakes_engine::sampler::Sampling;
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, Model};

use crate::support::{options, random_tokens};
use crate::toy::{Toy, VOCABULARY, ask, finish, until};

fn cache(domain: u8, public_tokens: usize, boundaries: &[usize]) -> CacheRequest {
    CacheRequest { domain: Domain([domain; 32]), public_tokens, boundaries: boundaries.to_vec(), keep_answer: false }
}

/// A request whose answer shows every logit: sampled, with all the probabilities that are reported.
fn request(prompt: &[u32], output: usize, cache: Option<CacheRequest>) -> Request {
    let sampling = Sampling { temperature: 1.0, seed: 7, ..Sampling::default() };
    Request { sampling, cache, ..Request::greedy(prompt.to_vec(), output) }
}

fn without_cache() -> LocalOptions {
    LocalOptions { cache_bytes: 0, speculate: false, ..LocalOptions::default() }
}

#[test]
fn a_document_is_read_once_and_every_question_after_is_short() {
    let (toy, watch) = Toy::new();
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let document = random_tokens(1, 3000, VOCABULARY);
    let question = |n| [document.as_slice(), &random_tokens(n, 20, VOCABULARY)].concat();
    let cold = ask(&engine, request(&question(10), 1, Some(cache(1, 100, &[100, 3000]))));
    assert_eq!((cold.cached(), watch.computed()), (0, 3020));
    let warm = ask(&engine, request(&question(11), 1, Some(cache(1, 100, &[100, 3000]))));
    assert_eq!((warm.cached(), watch.computed()), (3000, 20));
    // The very same prompt again: all but the question, as nothing was kept within it.
    let again = ask(&engine, request(&question(11), 1, Some(cache(1, 100, &[100, 3000]))));
    assert_eq!((again.cached(), again.tokens), (3000, warm.tokens));
    watch.computed();
    // Another domain shares the preamble only; a request that takes no part shares nothing.
    let stranger = ask(&engine, request(&question(11), 1, Some(cache(2, 100, &[100, 3000]))));
    assert_eq!((stranger.cached(), watch.computed()), (100, 2920));
    assert_eq!(ask(&engine, request(&question(11), 1, None)).cached(), 0);
    until("figures", || engine.stats().cache.hits == 3);
    let stats = engine.stats().cache;
    assert_eq!((stats.misses, stats.ended_no_entry, stats.ended_domain, stats.ended_complete), (1, 3, 1, 0), "{stats:?}");
    assert_eq!(stats.tokens_reused, 3000 + 3000 + 100);
    assert_eq!(stats.snapshots, 3);
}

#[test]
fn a_fork_is_kept_for_those_who_part_there_next() {
    let (toy, watch) = Toy::new();
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let document = random_tokens(1, 9000, VOCABULARY);
    let ask = |edited: usize| {
        let mut prompt = document.clone();
        prompt[6000] = (prompt[6000] + edited as u32) % VOCABULARY as u32;
        let answer = ask(&engine, request(&prompt, 1, Some(cache(1, 0, &[9000]))));
        (answer.cached(), watch.computed())
    };
    assert_eq!(ask(0), (0, 9000));
    // Kept at 4,096 on the way; then at the fork itself.
    assert_eq!(ask(1), (4096, 9000 - 4096));
    assert_eq!(ask(2), (6000, 3000));
    assert_eq!(ask(0), (6000, 3000), "all but the last token was kept, yet only after it");
}

#[test]
fn reuse_changes_no_answer() {
    let model = || Model::random("tiny", Quantization::Q8_0, 1, &options(KvKind::Q8)).unwrap();
    let with = Local::start(CpuBackend::new(model()), LocalOptions { verify_reuse_rate: 1.0, ..LocalOptions::default() }).unwrap();
    let without = Local::start(CpuBackend::new(model()), without_cache()).unwrap();
    let document = random_tokens(1, 500, 320);
    let mut history = document.clone();
    for turn in 0..6 {
        // A conversation, with edits in the middle of the document every other turn.
        history.extend(random_tokens(20 + turn, 13, 320));
        let mut prompt = history.clone();
        prompt[100 + 30 * (turn / 2) as usize] = 5;
        let reused = CacheRequest { keep_answer: true, ..cache(1, 70, &[70, 200, 333, 500, prompt.len()]) };
        let request = |cache| Request { logprobs: Some(20), ..request(&prompt, 12, cache) };
        let (a, b) = (with.submit(request(Some(reused))).unwrap(), without.submit(request(None)).unwrap());
        let (a, b) = (events(a), events(b));
        assert_eq!(a.0, b.0, "turn {turn}");
        assert!(turn == 0 || a.1 >= 70, "turn {turn}: {} reused", a.1);
        history.extend(a.0.iter().map(|(id, _)| *id));
    }
    until("checks", || engine_idle(&with) && with.stats().cache.checks >= 1);
    assert_eq!(with.stats().cache.check_mismatches, 0);
    assert!(with.stats().cache.hits >= 5);
}

fn engine_idle(engine: &Local) -> bool {
    engine.stats().running == 0
}

/// Tokens with their probabilities to the bit, and how many tokens were reused.
fn events(mut running: pinakes_engine::engine::Running) -> (Vec<(u32, Vec<u32>)>, usize) {
    use pinakes_engine::engine::Event;
    let mut tokens = Vec::new();
    loop {
        match running.next_blocking().unwrap() {
            Event::Token { id, top, .. } => tokens.push((id, top.iter().map(|top| top.logprob.to_bits()).collect())),
            Event::Finished { usage, .. } => return (tokens, usage.cached_tokens),
            Event::Failed(failure) => panic!("{failure}"),
            Event::Prefilled { .. } => {}
        }
    }
}

#[test]
fn any_mix_of_requests_gets_what_each_gets_alone() {
    let (toy, watch) = Toy::new();
    // Room for some snapshots only, so that they come and go.
    let engine = Local::start(toy, LocalOptions { cache_bytes: 600_000, verify_reuse_rate: 0.5, ..LocalOptions::default() }).unwrap();
    let alone = Local::start(Toy { watch: Default::default(), cycle: 0 }, without_cache()).unwrap();
    let documents: Vec<Vec<u32>> = (0..6).map(|n| random_tokens(n, 300 + 170 * n as usize, VOCABULARY)).collect();
    let mut random = pinakes_engine::Random::new(5);
    for _ in 0..40 {
        let requests: Vec<(Vec<u32>, CacheRequest, u64)> = (0..8)
            .map(|client| {
                let mut pick = || random.bits() as usize;
                let (first, second, cut) = (pick() % 6, pick() % 6, pick() % 300);
                let mut prompt = [documents[first].as_slice(), &documents[second]].concat();
                prompt.extend(random_tokens(pick() as u64, 1 + pick() % 30, VOCABULARY));
                if pick().is_multiple_of(4) {
                    prompt[cut] = pick() as u32 % 64;
                }
                let boundaries = [documents[first].len(), documents[first].len() + documents[second].len()];
                (prompt, cache((pick() % 2) as u8 + 1, 150, &boundaries), client)
            })
            .collect();
        let ask = |(prompt, cache, client): &(Vec<u32>, CacheRequest, u64)| {
            engine.submit(Request { client: *client, ..request(prompt, 9, Some(cache.clone())) }).unwrap()
        };
        let running: Vec<_> = requests.iter().map(ask).collect();
        for (running, (prompt, ..)) in running.into_iter().zip(&requests) {
            assert_eq!(finish(running).tokens, crate::toy::ask(&alone, request(prompt, 9, None)).tokens);
        }
    }
    let stats = engine.stats().cache;
    assert!(stats.hits > 50 && stats.evicted > 20 && stats.bytes <= 600_000 && stats.check_mismatches == 0, "{stats:?}");
    drop(watch);
}

#[test]
fn who_asks_about_what_another_is_reading_waits_for_it() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(20, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let document = random_tokens(1, 3000, VOCABULARY);
    let ask = |n: u64, domain| {
        let prompt = [document.as_slice(), &random_tokens(n, 10, VOCABULARY)].concat();
        engine.submit(Request { client: n, ..request(&prompt, 1, Some(cache(domain, 0, &[3000]))) }).unwrap()
    };
    let running: Vec<_> = (0..8).map(|n| ask(n, 1)).collect();
    let cached: Vec<usize> = running.into_iter().map(|running| finish(running).cached()).collect();
    assert_eq!(cached, [0, 3000, 3000, 3000, 3000, 3000, 3000, 3000]);
    assert_eq!(watch.computed(), 3000 + 8 * 10);
    // Nobody waits for, or gains by, what another domain reads.
    let running: Vec<_> = [2, 3].map(|domain| ask(1, domain)).into_iter().collect();
    assert!(running.into_iter().all(|running| finish(running).cached() == 0));
    assert_eq!(watch.computed(), 2 * 3010);
}

#[test]
fn who_waited_for_one_who_left_waits_for_the_next() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(20, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let document = random_tokens(1, 3000, VOCABULARY);
    let prompt = |n| [document.as_slice(), &random_tokens(n, 10, VOCABULARY)].concat();
    let ask = |n: u64| engine.submit(request(&prompt(n), 1, Some(cache(1, 0, &[3000])))).unwrap();
    let first = ask(0);
    until("reading", || !watch.steps.lock().unwrap().is_empty());
    let others: Vec<_> = (1..5).map(ask).collect();
    until("everybody", || engine.stats().running == 5);
    drop(first);
    let cached: Vec<usize> = others.into_iter().map(|running| finish(running).cached()).collect();
    assert_eq!(cached, [0, 3000, 3000, 3000]);
    assert!(watch.computed() < 2 * 3010);
}

#[test]
fn a_domain_whose_epoch_is_over_is_gone() {
    let engine = Local::start(Toy::new().0, LocalOptions::default()).unwrap();
    let prompt = random_tokens(1, 1000, VOCABULARY);
    let cached = |domain| ask(&engine, request(&prompt, 1, Some(cache(domain, 100, &[100, 900])))).cached();
    assert_eq!([cached(1), cached(1), cached(2), cached(2)], [0, 900, 100, 900]);
    engine.forget_domain(Domain([1; 32]));
    assert_eq!([cached(1), cached(2)], [100, 900]);
    engine.forget_domain(Domain([1; 32]));
    engine.forget_domain(Domain([2; 32]));
    engine.forget_domain(Domain::PUBLIC);
    until("nothing", || {
        // Figures are published once a turn; an order alone is a turn.
        engine.stats().cache.bytes == 0
    });
}

#[test]
fn nothing_but_the_preamble_becomes_public() {
    let engine = Local::start(Toy::new().0, LocalOptions::default()).unwrap();
    let prompt = random_tokens(1, 200, VOCABULARY);
    assert!(engine.submit(request(&prompt, 1, Some(CacheRequest { domain: Domain::PUBLIC, ..cache(1, 0, &[]) }))).is_err());
    // However much a request says is public, its answer is not.
    let careless = |domain| CacheRequest { keep_answer: true, ..cache(domain, 10_000, &[200]) };
    let answer = ask(&engine, request(&prompt, 100, Some(careless(1)))).tokens;
    let goes_on = [prompt, answer, vec![1, 2]].concat();
    assert_eq!(ask(&engine, request(&goes_on, 1, Some(careless(2)))).cached(), 200);
    assert_eq!(ask(&engine, request(&goes_on, 1, Some(careless(1)))).cached(), 299);
}

#[test]
fn what_is_read_ahead_is_there_when_it_is_asked_for() {
    let (toy, watch) = Toy::new();
    let engine = Local::start(toy, LocalOptions::default()).unwrap();
    let document = random_tokens(1, 1000, VOCABULARY);
    let ended = ask(&engine, Request::read_ahead(document.clone(), cache(1, 0, &[1000])));
    assert_eq!((ended.end.unwrap().0, ended.tokens.len(), watch.computed()), (FinishReason::Read, 0, 1000));
    let prompt = [document.as_slice(), &[1, 2, 3]].concat();
    assert_eq!(ask(&engine, request(&prompt, 1, Some(cache(1, 0, &[1000])))).cached(), 1000);
    // Read ahead again, it takes nothing at all.
    watch.computed();
    let again = ask(&engine, Request::read_ahead(document, cache(1, 0, &[1000])));
    assert_eq!((again.end.unwrap().0, again.cached(), watch.computed()), (FinishReason::Read, 1000, 0));
}

#[test]
fn reading_ahead_gives_its_place_to_people_and_loses_nothing() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(50, Ordering::Release);
    // One place only.
    let engine = Local::start(toy, LocalOptions { running_max: 1, speculate: false, ..LocalOptions::default() }).unwrap();
    let document = random_tokens(1, 20_000, VOCABULARY);
    let ahead = engine.submit(Request::read_ahead(document.clone(), cache(1, 0, &[20_000]))).unwrap();
    until("reading", || !watch.steps.lock().unwrap().is_empty());
    let person = ask(&engine, request(&[1, 2, 3], 2, None));
    assert_eq!(person.tokens.len(), 2);
    assert_eq!(finish(ahead).end.unwrap().0, FinishReason::Read);
    let steps = watch.steps.lock().unwrap().clone();
    let between = steps.iter().position(|step| step.as_slice() == [3]).unwrap();
    assert!(between < steps.len() - 2, "the person came in step {between} of {}", steps.len());
    assert_eq!(engine.stats().parked, 1);
    let computed = watch.computed();
    assert!((20_003..20_010).contains(&computed), "{computed}");
    // An answer at low priority is the same after it was interrupted, and is not asked for again.
    let whole = ask(&engine, request(&document[..500], 40, None)).tokens;
    let background = Request { priority: Priority::Background, ..request(&document[..500], 40, Some(cache(2, 0, &[500]))) };
    watch.token_micros.store(1000, Ordering::Release);
    let mut running = engine.submit(background).unwrap();
    let mut first = Vec::new();
    while first.len() < 5 {
        if let pinakes_engine::engine::Event::Token { id, .. } = running.next_blocking().unwrap() {
            first.push(id);
        }
    }
    assert_eq!(ask(&engine, request(&[1, 2, 3], 2, None)).tokens, person.tokens);
    first.extend(finish(running).tokens);
    assert_eq!((first, engine.stats().parked), (whole, 2));
}

#[test]
fn a_thousand_that_leave_take_nothing_with_them() {
    let (toy, watch) = Toy::new();
    let engine = Local::start(toy, LocalOptions { cache_bytes: 0, queue_max: 2000, ..LocalOptions::default() }).unwrap();
    let baseline = std::sync::Arc::strong_count(&watch.alive);
    let running: Vec<_> = (0..1000).map(|n| engine.submit(request(&random_tokens(n, 400, VOCABULARY), 500, None)).unwrap()).collect();
    until("some work", || watch.steps.lock().unwrap().len() > 20);
    drop(running);
    until("rest", || engine_idle(&engine) && engine.stats().waiting == 0);
    until("baseline", || std::sync::Arc::strong_count(&watch.alive) == baseline);
    let stats = engine.stats();
    assert_eq!((stats.reserved_bytes, stats.cache.bytes, stats.cache.snapshots), (0, 0, 0));
    assert_eq!(ask(&engine, request(&[1], 3, None)).tokens.len(), 3);
}

#[test]
fn a_defect_in_reuse_raises_the_alarm() {
    let (toy, watch) = Toy::new();
    let engine = Local::start(toy, LocalOptions { verify_reuse_rate: 1.0, ..LocalOptions::default() }).unwrap();
    let prompt = random_tokens(1, 200, VOCABULARY);
    let ask = || ask(&engine, request(&prompt, 2, Some(cache(1, 0, &[100]))));
    ask();
    assert_eq!(ask().cached(), 100);
    until("a check", || engine.stats().cache.checks == 1);
    assert_eq!(engine.stats().cache.check_mismatches, 0);
    watch.drift.store(1, Ordering::Release);
    assert_eq!(ask().cached(), 100);
    until("another", || engine.stats().cache.checks == 2);
    assert_eq!(engine.stats().cache.check_mismatches, 1);
}
