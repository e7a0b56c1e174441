//! A model that is nothing but what it remembers: each row of logits is a hash of all tokens so far. Fast enough for thousands of
//! requests, and any mix-up of sequences shows at once. It counts what lives and what is computed.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pinakes_engine::engine::{Backend, Chunk, Engine, Event, Failure, FinishReason, Running, SequenceCost, Snapshot, Usage};

pub(crate) const VOCABULARY: usize = 64;
const PAGE: usize = 64;

/// What tests look at from outside.
#[derive(Default)]
pub(crate) struct Watch {
    /// Lengths of the chunks of each step.
    pub(crate) steps: Mutex<Vec<Vec<usize>>>,
    /// Sequences that live are clones of this.
    pub(crate) alive: Arc<()>,
    /// What each token of a chunk takes.
    pub(crate) token_micros: AtomicUsize,
    /// What a step takes whatever is in it.
    pub(crate) step_micros: AtomicUsize,
    /// Added to the state of every sequence that begins from now on: a defect.
    pub(crate) drift: AtomicUsize,
    /// Whether asking a sequence for its pages, as the tree does, panics: a defect in keeping.
    pub(crate) broken: Arc<AtomicBool>,
}

impl Watch {
    /// Tokens that were computed since the last call.
    pub(crate) fn computed(&self) -> usize {
        self.steps.lock().unwrap().drain(..).flatten().sum()
    }
}

#[derive(Clone)]
pub(crate) struct ToySequence {
    state: u64,
    pages: Vec<Arc<()>>,
    length: usize,
    /// Itself when it was marked, and what it read since.
    marked: Option<(Box<Self>, Vec<u32>)>,
    broken: Arc<AtomicBool>,
    _alive: Arc<()>,
}

impl ToySequence {
    fn read(&mut self, tokens: &[u32], mut each: impl FnMut(usize, u64)) {
        self.pages.truncate(self.length / PAGE);
        self.length += tokens.len();
        self.pages.resize_with(self.length.div_ceil(PAGE), Arc::default);
        for (index, token) in tokens.iter().enumerate() {
            self.state = mix(self.state.wrapping_mul(31).wrapping_add(u64::from(*token)));
            each(index, self.state);
        }
    }
}

impl Snapshot for ToySequence {
    fn pages(&self) -> Vec<usize> {
        assert!(!self.broken.load(Ordering::Acquire), "as asked");
        self.pages.iter().map(|page| Arc::as_ptr(page) as usize).collect()
    }
}

pub(crate) struct Toy {
    pub(crate) watch: Arc<Watch>,
    /// What follows depends on the last token alone, but for one state in so many: answers that repeat themselves. 0: on all tokens.
    pub(crate) cycle: u64,
}

impl Toy {
    pub(crate) fn new() -> (Self, Arc<Watch>) {
        let watch = Arc::new(Watch::default());
        (Self { watch: Arc::clone(&watch), cycle: 0 }, watch)
    }
}

fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^ (x >> 29)
}

impl Backend for Toy {
    type Sequence = ToySequence;

    fn begin(&self) -> ToySequence {
        let drift = self.watch.drift.load(Ordering::Acquire) as u64;
        ToySequence {
            state: 1 + drift,
            pages: Vec::new(),
            length: 0,
            marked: None,
            broken: self.watch.broken.clone(),
            _alive: self.watch.alive.clone(),
        }
    }

    fn step(&mut self, batch: &mut [Chunk<'_, ToySequence>], logits: &mut Vec<f32>) {
        logits.clear();
        let lengths: Vec<usize> = batch.iter().map(|chunk| chunk.tokens.len()).collect();
        let micros = self.watch.step_micros.load(Ordering::Acquire)
            + self.watch.token_micros.load(Ordering::Acquire) * lengths.iter().sum::<usize>();
        std::thread::sleep(Duration::from_micros(micros as u64));
        self.watch.steps.lock().unwrap().push(lengths);
        for chunk in batch {
            let skip = chunk.tokens.len() - chunk.logits.count(chunk.tokens.len());
            if let Some((_, since)) = &mut chunk.sequence.marked {
                since.extend_from_slice(chunk.tokens);
            }
            chunk.sequence.read(chunk.tokens, |index, state| {
                if index >= skip {
                    let cycles = self.cycle > 0 && !state.is_multiple_of(self.cycle);
                    let seed = if cycles { u64::from(chunk.tokens[index]) + 7 } else { state };
                    logits.extend((0..VOCABULARY as u64).map(|id| (mix(seed.wrapping_add(mix(id))) % 1000) as f32 / 100.0));
                }
            });
        }
    }

    fn mark(&self, sequence: &mut ToySequence) {
        sequence.marked = Some((Box::new(sequence.clone()), Vec::new()));
    }

    fn rewind(&mut self, sequence: &mut ToySequence, kept: usize) {
        let (before, since) = sequence.marked.take().expect("a draft is marked first");
        *sequence = *before;
        sequence.read(&since[..kept], |_, _| {});
    }

    fn sequence_cost(&self) -> SequenceCost {
        SequenceCost { fixed_bytes: 10_000, page_tokens: PAGE, page_bytes: 1_000 }
    }

    fn vocabulary(&self) -> usize {
        VOCABULARY
    }

    fn context_max(&self) -> usize {
        100_000
    }
}

/// How a request ended.
pub(crate) struct Ended {
    pub(crate) tokens: Vec<u32>,
    pub(crate) end: Result<(FinishReason, Usage), Failure>,
}

impl Ended {
    pub(crate) fn cached(&self) -> usize {
        self.end.unwrap().1.cached_tokens
    }
}

/// Reads an answer to its end.
pub(crate) fn finish(mut running: Running) -> Ended {
    let mut tokens = Vec::new();
    loop {
        match running.next_blocking().expect("an end") {
            Event::Token { id, .. } => tokens.push(id),
            Event::Prefilled { .. } => {}
            Event::Finished { reason, usage } => return Ended { tokens, end: Ok((reason, usage)) },
            Event::Failed(failure) => return Ended { tokens, end: Err(failure) },
        }
    }
}

/// Waits until `condition` holds, for ten seconds at most.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("{what} does not come to be");
}

/// As [`finish`], from submission on.
pub(crate) fn ask(engine: &dyn Engine, request: pinakes_engine::engine::Request) -> Ended {
    finish(engine.submit(request).unwrap())
}
