//! An engine over a folder, ended and started again: the same answers, bit for bit, and the documents are not read a second time.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use pinakes_engine::cache::disk::{DiskOptions, DiskTier, Fingerprint};
use pinakes_engine::cache::{CacheRequest, Domain};
use pinakes_engine::engine::{Engine, Event, Local, LocalOptions, Request};
use pinakes_engine::sampler::Sampling;
use pinakes_engine::weights::Quantization;
use pinakes_engine::{CpuBackend, KvKind, Model};
use tempfile::TempDir;

use crate::support::{options, random_tokens};

pub(crate) const PUBLIC_TOKENS: usize = 70;
pub(crate) const DOCUMENT_TOKENS: usize = 900;

pub(crate) fn model(seed: u64) -> Model {
    Model::random("tiny", Quantization::Q8_0, seed, &options(KvKind::F16)).unwrap()
}

/// An engine; over a folder, if one is given.
pub(crate) fn engine(model: Model, folder: Option<&Path>, cache_bytes: u64) -> Local {
    let options = LocalOptions { cache_bytes, ..LocalOptions::default() };
    let tier = folder.map(|folder| DiskTier::open(folder, &model, Fingerprint::of(&model, b""), DiskOptions::plain(1 << 30)).unwrap());
    let backend = CpuBackend::new(model);
    match tier {
        Some(tier) => Local::start_with_tier(backend, options, Arc::new(tier)).unwrap(),
        None => Local::start(backend, options).unwrap(),
    }
}

/// Question number `question` on document number `document`, behind a preamble that is always the same.
fn prompt(document: u64, question: u64) -> Vec<u32> {
    [random_tokens(1, PUBLIC_TOKENS, 300), random_tokens(100 + document, DOCUMENT_TOKENS, 300), random_tokens(200 + question, 20, 300)]
        .concat()
}

/// The answer with all the probabilities that are reported, as bits, and how much of the prompt was not read again.
pub(crate) fn ask(engine: &Local, domain: u8, document: u64, question: u64) -> (Vec<(u32, u32)>, usize) {
    let boundaries = vec![PUBLIC_TOKENS, PUBLIC_TOKENS + DOCUMENT_TOKENS];
    let cache = CacheRequest { domain: Domain([domain; 32]), public_tokens: PUBLIC_TOKENS, boundaries, keep_answer: false };
    let sampling = Sampling { temperature: 1.0, seed: question, ..Sampling::default() };
    let request = Request { sampling, logprobs: Some(5), cache: Some(cache), ..Request::greedy(prompt(document, question), 6) };
    let mut running = engine.submit(request).unwrap();
    let mut bits = Vec::new();
    loop {
        match running.next_blocking().expect("an end") {
            Event::Token { top, .. } => bits.extend(top.iter().map(|one| (one.id, one.logprob.to_bits()))),
            Event::Finished { usage, .. } => return (bits, usage.cached_tokens),
            Event::Failed(failure) => panic!("{failure}"),
            Event::Prefilled { .. } => {}
        }
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let files = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "run")).collect()
}

/// What an engine that keeps nothing answers.
pub(crate) fn fresh(document: u64, question: u64) -> Vec<(u32, u32)> {
    ask(&engine(model(1), None, 0), 1, document, question).0
}

#[test]
fn after_a_restart_documents_are_not_read_again() {
    let folder = TempDir::new().unwrap();
    let whole = PUBLIC_TOKENS + DOCUMENT_TOKENS;
    {
        let first = engine(model(1), Some(folder.path()), 1 << 30);
        assert_eq!(ask(&first, 1, 1, 1), (fresh(1, 1), 0));
        assert_eq!(ask(&first, 1, 2, 1), (fresh(2, 1), PUBLIC_TOKENS));
        assert_eq!(ask(&first, 1, 1, 2), (fresh(1, 2), whole));
    }
    // With memory of its own, and with the disk alone.
    for (other, cache_bytes) in [(2, 1 << 30), (3, 0)] {
        let second = engine(model(1), Some(folder.path()), cache_bytes);
        let document = prompt(1, 1)[..whole].to_vec();
        let ahead = Request::read_ahead(
            document,
            CacheRequest { domain: Domain([1; 32]), public_tokens: PUBLIC_TOKENS, boundaries: vec![whole], keep_answer: false },
        );
        assert_eq!(crate::toy::ask(&second, ahead).cached(), whole, "what is on the disk is not read ahead again");
        assert_eq!(ask(&second, 1, 1, 3), (fresh(1, 3), whole), "{cache_bytes}");
        assert_eq!(ask(&second, 1, 2, 4), (fresh(2, 4), whole));
        assert_eq!(ask(&second, 1, 1, 5), (fresh(1, 5), whole));
        assert_eq!(ask(&second, other, 1, 3), (fresh(1, 3), PUBLIC_TOKENS), "another domain");
        let stats = second.stats();
        assert!(stats.cache.hits_disk >= 2, "{stats:?}");
    }
}

#[test]
fn whatever_happened_to_the_files_the_answers_are_the_same() {
    let folder = TempDir::new().unwrap();
    let warm = |folder: &Path| drop(ask(&engine(model(1), Some(folder), 1 << 30), 1, 1, 1));
    warm(folder.path());
    let flip = |at_end: bool| {
        for path in files(folder.path()) {
            let mut bytes = fs_err::read(&path).unwrap();
            let at = if at_end { bytes.len() - 5000 } else { 9000 };
            bytes[at] ^= 1;
            fs_err::write(&path, bytes).unwrap();
        }
    };
    for at_end in [true, false] {
        flip(at_end);
        let engine = engine(model(1), Some(folder.path()), 1 << 30);
        assert_eq!(ask(&engine, 1, 1, 2), (fresh(1, 2), 0));
        let stats = engine.stats();
        assert!(stats.tier.unwrap().damaged > 0 && stats.cache.ended_disk == 1, "{stats:?}");
    }
    // Deleted while it serves, folder and all.
    let serving = engine(model(1), Some(folder.path()), 0);
    assert_eq!(ask(&serving, 1, 1, 3), (fresh(1, 3), PUBLIC_TOKENS + DOCUMENT_TOKENS));
    fs_err::remove_dir_all(folder.path()).unwrap();
    assert_eq!(ask(&serving, 1, 1, 4), (fresh(1, 4), 0));
    drop(serving);
    // Another model over the same folder.
    warm(folder.path());
    let other = engine(model(2), Some(folder.path()), 1 << 30);
    let (answer, cached) = ask(&other, 1, 1, 2);
    assert!(cached == 0 && answer != fresh(1, 2));
    assert_eq!(other.stats().cache.ended_fingerprint, 1);
}
