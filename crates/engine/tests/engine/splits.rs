//! The same tokens give the same bits: in any chunks, beside any others, on any number of threads, from any snapshot.

use std::path::PathBuf;

use pinakes_engine::engine::{Chunk, LogitRows};
use pinakes_engine::weights::Quantization;
use pinakes_engine::{KvKind, LoadOptions, Model, Random, Scratch};

use crate::support::{fixture, open, options, random_tokens, read};

/// Every kind of model we have: folders, files, and what needs neither.
fn models(kv: KvKind) -> Vec<(String, Model)> {
    let files = ["dense-tied/model-Q8_0.gguf", "dense-untied/model-Q4_K_M.gguf", "dense-untied", "moe", "moe/model-Q8_0.gguf"];
    let path = |file: &str| -> Option<PathBuf> {
        let (folder, rest) = file.split_once('/').unwrap_or((file, ""));
        fixture(folder).map(|folder| if rest.is_empty() { folder } else { folder.join(rest) })
    };
    let mut models: Vec<(String, Model)> = files.iter().filter_map(|file| Some((file.to_string(), open(&path(file)?, kv)))).collect();
    models.push(("random".into(), Model::random("tiny", Quantization::Q8_0, 1, &options(kv)).unwrap()));
    models
}

#[test]
fn any_split_gives_the_same_bits() {
    for kv in [KvKind::F16, KvKind::Q8] {
        for (name, model) in models(kv) {
            let tokens = random_tokens(5, 150, model.config().vocabulary);
            let whole = read(&model, &mut model.begin(), &tokens, &[]);
            let mut random = Random::new(11);
            let mut splits: Vec<Vec<usize>> = vec![vec![1; 150], vec![64; 2], vec![63, 1, 2, 64], vec![128], vec![149]];
            splits.extend((0..4).map(|_| (0..8).map(|_| (random.bits() % 70) as usize + 1).collect()));
            for split in splits {
                let pieces = read(&model, &mut model.begin(), &tokens, &split);
                let same = pieces.iter().zip(&whole).position(|(a, b)| a.to_bits() != b.to_bits());
                assert_eq!(same.map(|at| at / model.config().vocabulary), None, "{name} {kv:?}, row, for {split:?}");
            }
        }
    }
}

#[test]
fn neighbours_in_a_batch_change_nothing() {
    for (name, model) in models(KvKind::F16) {
        let vocabulary = model.config().vocabulary;
        let texts: Vec<Vec<u32>> = [70, 1, 130, 33].iter().map(|n| random_tokens(*n as u64, *n, vocabulary)).collect();
        let alone: Vec<Vec<f32>> = texts.iter().map(|text| read(&model, &mut model.begin(), text, &[])).collect();
        let mut sequences: Vec<_> = texts.iter().map(|_| model.begin()).collect();
        let mut batch: Vec<Chunk<'_, _>> =
            sequences.iter_mut().zip(&texts).map(|(sequence, text)| Chunk { sequence, tokens: text, logits: LogitRows::All }).collect();
        let mut scratch = Scratch::default();
        let together = model.forward(&mut batch, &mut scratch).to_vec();
        assert!(together == alone.concat(), "{name}");
        // A second step with one decoding token each, and only the last rows asked for.
        let next = [[3_u32], [4], [5], [6]];
        let mut batch: Vec<Chunk<'_, _>> =
            sequences.iter_mut().zip(&next).map(|(sequence, tokens)| Chunk { sequence, tokens, logits: LogitRows::Last }).collect();
        let together = model.forward(&mut batch, &mut scratch).to_vec();
        for ((text, next), row) in texts.iter().zip(next).zip(together.chunks_exact(vocabulary)) {
            let whole = read(&model, &mut model.begin(), &[text.as_slice(), &next].concat(), &[]);
            assert!(row == &whole[text.len() * vocabulary..], "{name}, {} tokens", text.len());
        }
    }
}

#[test]
fn a_snapshot_goes_on_as_if_nothing_else_had_been_read() {
    for (name, model) in models(KvKind::F16) {
        let vocabulary = model.config().vocabulary;
        let (prefix, one, other) = (random_tokens(1, 100, vocabulary), random_tokens(2, 90, vocabulary), random_tokens(3, 40, vocabulary));
        let mut sequence = model.begin();
        read(&model, &mut sequence, &prefix, &[]);
        let snapshot = sequence.clone();
        // The first goes on over the shared page before the other does.
        let first = read(&model, &mut sequence, &one, &[]);
        let second = read(&model, &mut snapshot.clone(), &other, &[7]);
        let again = read(&model, &mut snapshot.clone(), &one, &[31]);
        assert!(first == again, "{name}: after another branch");
        let fresh = read(&model, &mut model.begin(), &[prefix.as_slice(), &other].concat(), &[]);
        assert!(second == fresh[100 * vocabulary..], "{name}: the other branch");
        assert_eq!(snapshot.length(), 100);
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let run = |threads| {
        let options = LoadOptions { threads, ..options(KvKind::F16) };
        let model = Model::random("tiny", Quantization::Q4KM, 7, &options).unwrap();
        read(&model, &mut model.begin(), &random_tokens(9, 150, 320), &[100, 1, 1])
    };
    let one = run(1);
    assert!(one == run(2) && one == run(3));
}
