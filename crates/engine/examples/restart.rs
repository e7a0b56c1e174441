//! What a document costs when it is read, and when it comes from the disk: `restart MODEL|random:0.8b:q4_k_m FOLDER [threads] [document]
//! [question] [sealed: 0 or 1]`. Run twice with one folder: the second run is another process that finds what the first has left.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::path::Path;
use std::time::Instant;

use pinakes_engine::cache::disk::{DiskOptions, DiskTier, Fingerprint, Key};
use pinakes_engine::cache::{Domain, Prefix, Tier};
use pinakes_engine::engine::{Chunk, LogitRows};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{LoadOptions, Model, Scratch, Sequence};

/// Tokens of one step.
const CHUNK: usize = 512;
/// Tokens between snapshots.
const EVERY: usize = 4096;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (what, folder) = (arguments.next().expect("a model"), arguments.next().expect("a folder"));
    let mut number = |otherwise: usize| arguments.next().map_or(otherwise, |text| text.parse().expect("a number"));
    let (threads, document, question, sealed) = (number(2), number(8192), number(32), number(0) == 1);
    let options = LoadOptions { threads, ..LoadOptions::default() };
    let model = match what.strip_prefix("random:").and_then(|rest| rest.split_once(':')) {
        Some((size, quant)) => {
            Model::random(size, Quantization::named(quant).expect("a quantisation"), 1, &options).expect("a size that is known")
        }
        None => Model::open(Path::new(&what), &options).expect("a sound model"),
    };
    let fingerprint = timed("fingerprint", || Fingerprint::of(&model, b""));
    let options = DiskOptions { key: sealed.then(|| Key::new([1; 32])), ..DiskOptions::plain(64 << 30) };
    let tier = timed("open", || DiskTier::open(Path::new(&folder), &model, fingerprint, options)).expect("a folder of its own");

    let tokens: Vec<u32> = (0..(document + question) as u32).map(|token| token.wrapping_mul(7919) % 300).collect();
    let prefix = |length: usize| Prefix { domain: Domain::PUBLIC, public_tokens: length, tokens: &tokens[..length] };
    let mut scratch = Scratch::default();
    let found = timed("fetch", || tier.fetch(prefix(document), document, None).wait());
    let from_disk = found.is_ok();
    let (start, mut sequence) = found.unwrap_or_else(|miss| {
        println!("nothing from the disk: {miss}");
        (0, model.begin())
    });
    println!("{start} of {document} tokens from the disk, {} MiB read", tier.stats().bytes_read >> 20);
    timed("document", || {
        for from in (start..document).step_by(CHUNK) {
            let end = document.min(from + CHUNK);
            read(&model, &mut sequence, &mut scratch, &tokens[from..end]);
            if end.is_multiple_of(EVERY) || end == document {
                tier.offer(prefix(end), &sequence);
            }
        }
    });
    timed("question", || read(&model, &mut sequence, &mut scratch, &tokens[document..]));
    if !from_disk {
        timed("written", || tier.flush());
        let again = timed("fetch what was just written", || tier.fetch(prefix(document), document, None).wait());
        assert_eq!(again.expect("it was written").0, document);
    }
    println!("{:?}", tier.stats());
}

fn read(model: &Model, sequence: &mut Sequence, scratch: &mut Scratch, tokens: &[u32]) {
    model.forward(&mut [Chunk { sequence, tokens, logits: LogitRows::Last }], scratch);
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = run();
    println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    result
}
