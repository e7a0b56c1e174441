//! Many people at once: turns, short gaps between tokens, deadlines, and being told when to come again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pinakes_engine::engine::{Engine, Event, Failure, Local, LocalOptions, Refused, Request};

use crate::support::random_tokens;
use crate::toy::{Toy, VOCABULARY, ask, finish, until};

fn request(seed: u64, prompt: usize, output: usize) -> Request {
    Request { client: seed, ..Request::greedy(random_tokens(seed, prompt, VOCABULARY), output) }
}

/// The step in which a chunk of that length was read.
fn step_of(steps: &[Vec<usize>], length: usize) -> usize {
    steps.iter().position(|step| step.contains(&length)).expect("it was read in one piece")
}

#[test]
fn a_stream_goes_on_while_a_long_prompt_is_read() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(500, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    let mut stream = engine.submit(request(1, 10, 2000)).unwrap();
    while !matches!(stream.next_blocking().unwrap(), Event::Token { .. }) {}
    let reading = engine.submit(request(2, 6000, 1)).unwrap();
    assert_eq!(finish(reading).tokens.len(), 1);
    drop(stream);
    // 100 ms are aimed at, which is 200 tokens, or fewer where sleeping takes longer than asked for. The first chunks are of a fixed size.
    let steps = watch.steps.lock().unwrap().clone();
    let beside_the_stream: Vec<usize> = steps.iter().filter(|step| step.len() == 2).map(|step| step.iter().sum()).collect();
    assert!(beside_the_stream.len() > 10, "{steps:?}");
    assert!(beside_the_stream.iter().skip(4).all(|tokens| *tokens <= 256), "{beside_the_stream:?}");
}

#[test]
fn people_take_turns_whatever_they_ask_for() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(20, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { speculate: false, ..LocalOptions::default() }).unwrap();
    // One person has five long documents to read, another comes with a question.
    let long: Vec<_> = (0..5).map(|n| engine.submit(Request { client: 1, ..request(n, 4000, 1) }).unwrap()).collect();
    until("reading", || watch.steps.lock().unwrap().len() > 2);
    finish(engine.submit(request(9, 30, 1)).unwrap());
    assert!(long.into_iter().all(|running| finish(running).tokens.len() == 1));
    let steps = watch.steps.lock().unwrap().clone();
    let short = step_of(&steps, 30);
    assert!(short < steps.len() / 2, "read in step {short} of {}", steps.len());
    // Short prompts are read together.
    watch.computed();
    let many: Vec<_> = (20..26).map(|n| engine.submit(request(n, 40, 1)).unwrap()).collect();
    many.into_iter().for_each(|running| drop(finish(running)));
    let steps = watch.steps.lock().unwrap().len();
    assert!(steps <= 3, "{steps}");
}

#[test]
fn who_has_no_place_yet_waits_less_than_who_has_many() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(200, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { running_max: 2, speculate: false, ..LocalOptions::default() }).unwrap();
    let greedy: Vec<_> = (0..12).map(|_| engine.submit(request(1, 50, 50)).unwrap()).collect();
    finish(engine.submit(request(2, 51, 5)).unwrap());
    greedy.into_iter().for_each(|running| drop(finish(running)));
    let steps = watch.steps.lock().unwrap().clone();
    let other = step_of(&steps, 51);
    assert!(other < steps.len() / 2, "read in step {other} of {}", steps.len());
}

#[test]
fn time_that_is_up_is_up() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(2000, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { running_max: 1, ..LocalOptions::default() }).unwrap();
    let limited = |time| Request { time_max: Some(Duration::from_millis(time)), ..request(1, 10, 5000) };
    let (first, waiting) = (engine.submit(limited(1000)).unwrap(), engine.submit(limited(50)).unwrap());
    assert_eq!(finish(waiting).end.unwrap_err(), Failure::Deadline);
    let ended = finish(first);
    assert!(ended.end.unwrap_err() == Failure::Deadline && !ended.tokens.is_empty());
    assert_eq!(ask(&engine, request(3, 3, 2)).tokens.len(), 2);
}

#[test]
fn who_is_refused_is_told_when_to_come_again() {
    let (toy, watch) = Toy::new();
    watch.token_micros.store(1000, Ordering::Release);
    let engine = Local::start(toy, LocalOptions { running_max: 1, queue_max: 3, ..LocalOptions::default() }).unwrap();
    let mut held = vec![engine.submit(request(1, 1, 500)).unwrap()];
    until("a place", || engine.stats().running == 1);
    held.extend((0..3).map(|_| engine.submit(request(1, 1, 500)).unwrap()));
    let Refused::Busy { waiting: 3, retry_after } = engine.submit(request(1, 1, 1)).unwrap_err() else { panic!("a full queue") };
    assert!(retry_after >= Duration::from_secs(1));
}
