//! Ranking of the lexical leg on SciFact (BEIR): plain BM25 over title and text is published at nDCG@10 = .679.

use std::{collections::HashMap, path::PathBuf};

use pinakes_index::{IndexSettings, IndexedChunk, Query};
use serde_json::Value;

use crate::common::{Store, chunk, everything, words};

/// The folder of the corpora, or `None` with a loud word when this run has none.
fn corpus() -> Option<PathBuf> {
    let full = std::env::var_os("PINAKES_TEST").is_some_and(|value| value == "full");
    let folder =
        std::env::var_os("PINAKES_SHARED").map(|folder| PathBuf::from(folder).join("data/scifact")).filter(|folder| folder.is_dir());
    if !full || folder.is_none() {
        eprintln!("SKIPPED: SciFact needs PINAKES_TEST=full and PINAKES_SHARED");
        return None;
    }
    folder
}

fn lines(file: PathBuf) -> Vec<Value> {
    fs_err::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_alone_rank_scifact_as_published() {
    let Some(folder) = corpus() else { return };
    let documents = lines(folder.join("corpus.jsonl"));
    let names: HashMap<u64, String> = (1..).zip(&documents).map(|(version, document)| (version, text(document, "_id"))).collect();
    let chunks: Vec<IndexedChunk> = (1..)
        .zip(&documents)
        .map(|(version, document)| IndexedChunk {
            title: text(document, "title"),
            path: String::new(),
            ..chunk(version, 0, &text(document, "text"))
        })
        .collect();
    let store = Store::with(IndexSettings::new(8), &chunks).await;

    let mut relevant: HashMap<String, HashMap<String, f64>> = HashMap::new();
    for line in fs_err::read_to_string(folder.join("qrels/test.tsv")).unwrap().lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        relevant.entry(fields[0].into()).or_default().insert(fields[1].into(), fields[2].parse().unwrap());
    }
    let mut sum = 0.0;
    let mut millis = Vec::new();
    for query in lines(folder.join("queries.jsonl")).iter().filter(|query| relevant.contains_key(&text(query, "_id"))) {
        let began = std::time::Instant::now();
        let found = store.index.search(&everything(), &Query { depth: 100, ..words(&text(query, "text")) }).await.unwrap();
        millis.push(began.elapsed().as_secs_f64() * 1000.0);
        let grades = &relevant[&text(query, "_id")];
        sum += ndcg_at_10(found.iter().map(|candidate| grades.get(&names[&candidate.id.version().0]).copied().unwrap_or(0.0)), grades);
    }
    millis.sort_by(f64::total_cmp);
    let ndcg = sum / relevant.len() as f64;
    eprintln!("SciFact, words only: nDCG@10 {ndcg:.4} over {} questions, p50 {:.2} ms", relevant.len(), millis[millis.len() / 2]);
    assert!(ndcg >= 0.67, "nDCG@10 {ndcg}");
}

fn ndcg_at_10(found: impl Iterator<Item = f64>, grades: &HashMap<String, f64>) -> f64 {
    let gain = |grades: &mut dyn Iterator<Item = f64>| -> f64 {
        grades.take(10).enumerate().map(|(place, grade)| grade / (place as f64 + 2.0).log2()).sum()
    };
    let mut ideal: Vec<f64> = grades.values().copied().collect();
    ideal.sort_by(|a, b| b.total_cmp(a));
    let mut found = found;
    gain(&mut found) / gain(&mut ideal.into_iter())
}
