//! The engine thread: many at once, cancelled, slow, broken and refused ones, and the doubles.

use std::time::{Duration, Instant};

use pinakes_engine::engine::{
    Backend, Chunk, Echo, Engine, Event, Failure, FinishReason, Local, LocalOptions, Panic, Refused, Request, Running, SequenceCost, Slow,
    Usage,
};
use pinakes_engine::sampler::{LogitMask, ReasoningBudget, SampleError, Sampling};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, Model, Sequence};

use crate::support::{greedy, options, random_tokens};

const VOCABULARY: usize = 320;
/// Tokens that bring [`Faulty`] down.
const PANIC: u32 = 13;
const NAN: u32 = 14;

fn model() -> Model {
    Model::random("tiny", Quantization::Q8_0, 1, &options(KvKind::F16)).unwrap()
}

/// A model in which two tokens of a prompt show what a defect would.
struct Faulty(CpuBackend);

impl Backend for Faulty {
    type Sequence = Sequence;

    fn begin(&self) -> Sequence {
        self.0.begin()
    }

    fn step(&mut self, batch: &mut [Chunk<'_, Sequence>], logits: &mut Vec<f32>) {
        let prompted = |id| batch.iter().any(|chunk| chunk.tokens.len() > 1 && chunk.tokens.contains(&id));
        assert!(!prompted(PANIC), "as asked");
        let broken = prompted(NAN);
        self.0.step(batch, logits);
        if broken {
            logits.fill(f32::NAN);
        }
    }

    fn mark(&self, sequence: &mut Sequence) {
        self.0.mark(sequence);
    }

    fn rewind(&mut self, sequence: &mut Sequence, kept: usize) {
        self.0.rewind(sequence, kept);
    }

    fn sequence_cost(&self) -> SequenceCost {
        self.0.sequence_cost()
    }

    fn vocabulary(&self) -> usize {
        self.0.vocabulary()
    }

    fn context_max(&self) -> usize {
        self.0.context_max()
    }
}

fn engine(options: LocalOptions) -> Local {
    Local::start(Faulty(CpuBackend::new(model())), options).unwrap()
}

/// A prompt without the tokens that break things.
fn prompt(seed: u64, length: usize) -> Vec<u32> {
    random_tokens(seed, length, VOCABULARY - 20).into_iter().map(|id| id + 20).collect()
}

struct Answer {
    tokens: Vec<u32>,
    end: Result<(FinishReason, Usage), Failure>,
    events: Vec<Event>,
}

fn finish(mut running: Running) -> Answer {
    let mut events = Vec::new();
    while let Some(event) = running.next_blocking() {
        events.push(event);
    }
    let end = match events.last().expect("an end") {
        Event::Finished { reason, usage } => Ok((*reason, *usage)),
        Event::Failed(failure) => Err(*failure),
        other => panic!("ends with {other:?}"),
    };
    let tokens = events.iter().filter_map(|event| if let Event::Token { id, .. } = event { Some(*id) } else { None }).collect();
    Answer { tokens, end, events }
}

#[test]
fn an_answer_streams_with_its_figures() {
    let engine = engine(LocalOptions::default());
    let prompt = prompt(1, 700);
    let running = engine.submit(Request { logprobs: Some(3), ..Request::greedy(prompt.clone(), 10) }).unwrap();
    let answer = finish(running);
    assert_eq!(answer.tokens, greedy(&model(), &prompt, 10));
    let (reason, usage) = answer.end.unwrap();
    assert_eq!((reason, usage.prompt_tokens, usage.completion_tokens), (FinishReason::Length, 700, 10));
    assert!(matches!(answer.events[0], Event::Prefilled { done: 512, total: 700 }), "{:?}", answer.events[0]);
    for event in &answer.events {
        let Event::Token { id, logprob, top } = event else { continue };
        assert_eq!((top.len(), top[0].id), (3, *id));
        assert!((top[0].logprob - logprob.unwrap()).abs() < 1e-5 && top[0].logprob < 0.0 && top[1].logprob <= top[0].logprob);
    }
}

#[test]
fn many_at_once_get_what_each_gets_alone() {
    let engine = engine(LocalOptions { running_max: 5, ..LocalOptions::default() });
    let request = |n: u64| {
        let sampling = Sampling { temperature: 0.8, top_k: 20, seed: n, ..Sampling::default() };
        Request { sampling, ..Request::greedy(prompt(n, 1 + 37 * n as usize), 6 + n as usize) }
    };
    let together: Vec<Running> = (0..9).map(|n| engine.submit(request(n)).unwrap()).collect();
    let together: Vec<Vec<u32>> = together.into_iter().map(|running| finish(running).tokens).collect();
    for (n, tokens) in (0..).zip(together) {
        assert_eq!(tokens.len(), 6 + n as usize);
        assert_eq!(finish(engine.submit(request(n)).unwrap()).tokens, tokens, "request {n}");
    }
}

#[test]
fn answers_end_as_they_are_told_to() {
    let engine = engine(LocalOptions::default());
    let free = finish(engine.submit(Request::greedy(prompt(2, 5), 20)).unwrap()).tokens;
    let stop = free[7];
    let first = free.iter().position(|id| *id == stop).unwrap();
    let answer = finish(engine.submit(Request { stop_tokens: vec![stop], ..Request::greedy(prompt(2, 5), 20) }).unwrap());
    assert_eq!(answer.tokens, free[..first]);
    assert_eq!(answer.end.unwrap().0, FinishReason::Stop(stop));

    struct Cycle;
    impl LogitMask for Cycle {
        fn apply(&mut self, generated: &[u32], logits: &mut [f32]) {
            logits[30 + generated.len() % 3] = 1e9;
        }
    }
    let mask = || Some(Box::new(Cycle) as Box<dyn LogitMask>);
    let answer = finish(engine.submit(Request { mask: mask(), stop_loops: true, ..Request::greedy(vec![20], 1000) }).unwrap());
    assert_eq!((answer.end.unwrap().0, answer.tokens.len()), (FinishReason::Loop, 192));

    let reasoning = Some(ReasoningBudget { tokens_max: 4, close: 41, forced: vec![40, 41] });
    let answer = finish(engine.submit(Request { mask: mask(), reasoning, ..Request::greedy(vec![20], 8) }).unwrap());
    assert_eq!(answer.tokens, [30, 31, 32, 30, 40, 41, 30, 31]);
    assert_eq!(answer.end.unwrap().1.reasoning_tokens, 5);
    // Padding is never said, even when a mask asks for it.
    let padded = Request { mask: mask(), valid_tokens: Some(30), ..Request::greedy(vec![20], 5) };
    assert!(finish(engine.submit(padded).unwrap()).tokens.iter().all(|id| (30..33).contains(id)), "a mask may, the model may not");
    let padded = Request { valid_tokens: Some(30), ..Request::greedy(prompt(8, 9), 30) };
    assert!(finish(engine.submit(padded).unwrap()).tokens.iter().all(|id| *id < 30));
}

#[test]
fn a_defect_is_one_steps_alone() {
    let engine = engine(LocalOptions::default());
    let answer = finish(engine.submit(Request::greedy(vec![20, PANIC], 5)).unwrap());
    assert_eq!(answer.end.unwrap_err(), Failure::Panicked);
    let answer = finish(engine.submit(Request::greedy(vec![20, NAN], 5)).unwrap());
    assert_eq!(answer.end.unwrap_err(), Failure::Sampling(SampleError::NotANumber));

    struct Broken;
    impl LogitMask for Broken {
        fn apply(&mut self, _: &[u32], _: &mut [f32]) {
            panic!("as asked");
        }
    }
    let broken = Request { mask: Some(Box::new(Broken)), ..Request::greedy(prompt(3, 9), 5) };
    let (broken, other) = (engine.submit(broken).unwrap(), engine.submit(Request::greedy(prompt(3, 9), 30)).unwrap());
    assert_eq!(finish(broken).end.unwrap_err(), Failure::Panicked);
    assert_eq!(finish(other).tokens, greedy(&model(), &prompt(3, 9), 30));
}

#[test]
fn who_leaves_makes_room_and_who_waits_gets_it() {
    let cost = model().sequence_cost();
    let memory_bytes = cost.bytes(2000);
    let engine = engine(LocalOptions { memory_bytes, ..LocalOptions::default() });
    // The first takes all there is, and would go on for long.
    let mut first = engine.submit(Request::greedy(prompt(4, 10), 1990)).unwrap();
    assert!(matches!(first.next_blocking(), Some(Event::Prefilled { .. })));
    let second = engine.submit(Request::greedy(prompt(5, 10), 3)).unwrap();
    drop(first);
    assert_eq!(finish(second).tokens.len(), 3);
    // One who left while waiting is not waited for either.
    let first = engine.submit(Request::greedy(prompt(4, 10), 50)).unwrap();
    for _ in 0..1000 {
        drop(engine.submit(Request::greedy(prompt(5, 10), 3)));
    }
    assert_eq!(finish(first).tokens.len(), 50);
    assert_eq!(finish(engine.submit(Request::greedy(prompt(5, 10), 3)).unwrap()).tokens.len(), 3);
}

#[test]
fn a_receiver_that_does_not_read_holds_up_nobody() {
    let engine = engine(LocalOptions { events_max: 2, ..LocalOptions::default() });
    let idle = engine.submit(Request::greedy(prompt(6, 10), 40)).unwrap();
    let other = finish(engine.submit(Request::greedy(prompt(7, 10), 60)).unwrap());
    assert_eq!(other.tokens.len(), 60);
    // It missed nothing but the progress of its prompt.
    assert_eq!(finish(idle).tokens, greedy(&model(), &prompt(6, 10), 40));
}

#[test]
fn a_receiver_that_never_reads_loses_its_place() {
    let memory_bytes = model().sequence_cost().bytes(60);
    let stall_time_max = Duration::from_millis(50);
    let engine = engine(LocalOptions { events_max: 2, memory_bytes, stall_time_max, ..LocalOptions::default() });
    let idle = engine.submit(Request::greedy(prompt(6, 10), 40)).unwrap();
    assert_eq!(finish(engine.submit(Request::greedy(prompt(7, 10), 40)).unwrap()).tokens.len(), 40);
    drop(idle);
}

#[test]
fn what_cannot_be_answered_is_refused_at_once() {
    let engine = engine(LocalOptions { memory_bytes: model().sequence_cost().bytes(640), queue_max: 2, ..LocalOptions::default() });
    let refused = |request| engine.submit(request).unwrap_err();
    assert_eq!(refused(Request::greedy(vec![], 5)), Refused::Empty);
    assert_eq!(refused(Request::greedy(vec![320], 5)), Refused::UnknownToken { id: 320, vocabulary: 320 });
    assert_eq!(refused(Request::greedy(vec![1; 262_144], 5)), Refused::TooLong { prompt: 262_144, context: 262_144 });
    assert!(matches!(refused(Request::greedy(vec![1], 0)), Refused::Sampling(_)));
    let hot = Sampling { temperature: -1.0, ..Sampling::default() };
    assert!(refused(Request { sampling: hot, ..Request::greedy(vec![1], 1) }).to_string().contains("temperature"));
    let message = refused(Request::greedy(vec![20; 600], 100)).to_string();
    assert!(message.contains("600 tokens of prompt and 100 of answer take"), "{message}");

    // The first takes all the memory, two wait, the next is one too many.
    let mut first = engine.submit(Request::greedy(vec![20; 40], 600)).unwrap();
    assert!(first.next_blocking().is_some());
    let waiting: Vec<Running> = (0..2).map(|_| engine.submit(Request::greedy(vec![20; 40], 600)).unwrap()).collect();
    assert!(matches!(refused(Request::greedy(vec![20; 40], 600)), Refused::Busy { waiting: 2, .. }));
    // Closing tells everybody.
    drop(engine);
    for running in waiting.into_iter().chain([first]) {
        assert_eq!(finish(running).end.unwrap_err(), Failure::Closed);
    }
}

#[test]
fn doubles_behave_as_they_are_called() {
    let echo = Echo { vocabulary: 100, context_max: 50 };
    let ask =
        |engine: &dyn Engine| finish(engine.submit(Request { stop_tokens: vec![9], ..Request::greedy(vec![1, 2, 3, 9, 4], 20) }).unwrap());
    let answer = ask(&echo);
    assert_eq!((answer.tokens, answer.end.unwrap().0), (vec![1, 2, 3], FinishReason::Stop(9)));
    let before = Instant::now();
    assert_eq!(ask(&Slow { echo: echo.clone(), token_time: Duration::from_millis(20) }).tokens, [1, 2, 3]);
    assert!(before.elapsed() >= Duration::from_millis(60));
    let answer = ask(&Panic { echo: echo.clone(), after_tokens: 2 });
    assert_eq!((answer.tokens, answer.end.unwrap_err()), (vec![1, 2], Failure::Panicked));
    assert!(matches!(echo.submit(Request::greedy(vec![100], 1)), Err(Refused::UnknownToken { .. })));
}
