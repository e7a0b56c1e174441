//! `pinakes eval retrieval`: ranking quality on a collection in BEIR's layout (Thakur et al. 2021, arXiv:2104.08663), measured through
//! the whole product: the documents are written as files, read, cut, embedded and searched like any others.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, Code, SearchRequest};
use pinakes_config::Config;
use pinakes_ingest::{ReadSide, Writer};
use pinakes_types::Scope;
use serde::{Deserialize, Serialize};

use super::percentiles::{Spread, latency};
use super::search::{fusion, mode};
use crate::args::{self, Global};
use crate::progress::Shown;
use crate::system::SystemRandom;
use crate::system::new_id;
use crate::{End, output, wiring};

/// Documents a ranking is judged by.
const DEPTH: usize = 100;
/// Passages asked for, in pages of this many, until there are [`DEPTH`] documents.
const PAGE: usize = 100;
const PAGES_MAX: usize = 3;

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "_id")]
    id: serde_json::Value,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct Report {
    #[serde(rename = "ndcg@10")]
    ndcg_10: f64,
    #[serde(rename = "recall@10")]
    recall_10: f64,
    #[serde(rename = "recall@100")]
    recall_100: f64,
    #[serde(rename = "mrr@10")]
    mrr_10: f64,
    queries: usize,
    docs: usize,
    index_seconds: f64,
    latency_ms: Spread,
}

type Judgements = HashMap<String, HashMap<String, f64>>;

pub(crate) async fn run(
    config: &Arc<Config>,
    global: &Global,
    beir: &Path,
    wanted: args::Mode,
    joined: Option<args::Fusion>,
) -> Result<End, ApiError> {
    let corpus: Vec<Entry> = lines(&beir.join("corpus.jsonl"))?;
    let queries: Vec<Entry> = lines(&beir.join("queries.jsonl"))?;
    let judgements = read_judgements(&beir.join("qrels").join("test.tsv"))?;
    let folder = tempfile::tempdir().map_err(|error| ApiError::new(Code::CannotWrite, format!("no temporary folder: {error}")))?;
    let docs = folder.path().join("docs");
    write_corpus(&docs, &corpus)?;

    let mut own = Config::clone(config);
    own.store.data_dir = folder.path().join("store");
    let own = Arc::new(own);
    let embedder = wiring::embedder(config).await?;
    let store = wiring::store(&own, true).await?;
    let started = Instant::now();
    let writer = Writer::open(&store, Arc::clone(&embedder), wiring::extract_worker(config)?, "eval retrieval").await?;
    let shown = Shown::new(global);
    let job = writer.add(&[docs], new_id(), &shown).await;
    shown.clear();
    job?;
    drop(writer);
    let index_seconds = started.elapsed().as_secs_f64();

    let legs = Arc::new(ReadSide::open(&store).await?);
    let searcher = Searcher::new(store, legs, embedder, Arc::new(SystemRandom)).await?;
    let names: HashMap<String, String> = corpus.iter().enumerate().map(|(number, entry)| (file_name(number), id(entry))).collect();
    let request = SearchRequest { mode: mode(wanted), fusion: joined.map(fusion), limit: PAGE, ..SearchRequest::new("") };
    let (rankings, times) = ask_all(&searcher, &wiring::operator()?, &queries, &judgements, &names, &request).await?;
    let report =
        Report { docs: corpus.len(), index_seconds: round(index_seconds), latency_ms: latency(times), ..measure(&rankings, &judgements) };
    if global.json {
        output::json(&report);
    } else {
        let Report { ndcg_10, recall_10, recall_100, mrr_10, queries, docs, index_seconds, latency_ms } = report;
        output::line(&format!("nDCG@10 {ndcg_10:.4}  recall@10 {recall_10:.4}  recall@100 {recall_100:.4}  MRR@10 {mrr_10:.4}"));
        output::line(&format!(
            "{queries} queries over {docs} documents, indexed in {index_seconds} s; p50 {} ms, p99 {} ms",
            latency_ms.p50, latency_ms.p99
        ));
    }
    Ok(End::Done)
}

async fn ask_all(
    searcher: &Searcher,
    scope: &Scope,
    queries: &[Entry],
    judgements: &Judgements,
    names: &HashMap<String, String>,
    request: &SearchRequest,
) -> Result<(HashMap<String, Vec<String>>, Vec<f64>), ApiError> {
    let mut rankings = HashMap::new();
    let mut times = Vec::new();
    for query in queries.iter().filter(|query| judgements.contains_key(&id(query))) {
        let mut ranking: Vec<String> = Vec::new();
        for page in 0..PAGES_MAX {
            let request = SearchRequest { query: query.text.clone(), offset: page * PAGE, ..request.clone() };
            let started = Instant::now();
            let response = searcher.search(scope, &request).await?;
            if page == 0 {
                times.push(started.elapsed().as_secs_f64() * 1_000.0);
            }
            let found = response.hits.len();
            for hit in response.hits {
                let document = names.get(&hit.path).cloned().unwrap_or(hit.path);
                // A document stands where its best passage stands.
                if !ranking.contains(&document) {
                    ranking.push(document);
                }
            }
            if ranking.len() >= DEPTH || found < PAGE {
                break;
            }
        }
        ranking.truncate(DEPTH);
        rankings.insert(id(query), ranking);
    }
    Ok((rankings, times))
}

/// nDCG with the gains as given, recall, and reciprocal rank, as trec_eval computes them, averaged over the judged queries.
fn measure(rankings: &HashMap<String, Vec<String>>, judgements: &Judgements) -> Report {
    let mut sums = [0.0; 4];
    for (query, ranking) in rankings {
        let gains = &judgements[query];
        let gain = |document: &String| gains.get(document).copied().unwrap_or(0.0);
        let discounted = |gains: &mut dyn Iterator<Item = f64>| {
            gains.take(10).enumerate().map(|(place, gain)| gain / (place as f64 + 2.0).log2()).sum::<f64>()
        };
        let mut ideal: Vec<f64> = gains.values().copied().filter(|gain| *gain > 0.0).collect();
        ideal.sort_by(|a, b| b.total_cmp(a));
        let relevant = ideal.len().max(1) as f64;
        let best = discounted(&mut ideal.into_iter());
        let found = |depth: usize| ranking.iter().take(depth).filter(|document| gain(document) > 0.0).count() as f64 / relevant;
        sums[0] += if best > 0.0 { discounted(&mut ranking.iter().map(gain)) / best } else { 0.0 };
        sums[1] += found(10);
        sums[2] += found(100);
        sums[3] += ranking.iter().take(10).position(|document| gain(document) > 0.0).map_or(0.0, |place| 1.0 / (place as f64 + 1.0));
    }
    let number = rankings.len().max(1) as f64;
    let [ndcg_10, recall_10, recall_100, mrr_10] = sums.map(|sum| (sum / number * 10_000.0).round() / 10_000.0);
    let latency_ms = Spread::default();
    Report { ndcg_10, recall_10, recall_100, mrr_10, queries: rankings.len(), docs: 0, index_seconds: 0.0, latency_ms }
}

fn write_corpus(folder: &Path, corpus: &[Entry]) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| ApiError::new(Code::CannotWrite, error.to_string());
    fs_err::create_dir_all(folder).map_err(failed)?;
    for (number, entry) in corpus.iter().enumerate() {
        let title = entry.title.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = if title.is_empty() { entry.text.clone() } else { format!("# {title}\n\n{}\n", entry.text) };
        fs_err::write(folder.join(file_name(number)), text).map_err(failed)?;
    }
    Ok(())
}

/// Ids of a collection may hold anything; numbers are safe names.
fn file_name(number: usize) -> String {
    format!("{number:07}.md")
}

fn id(entry: &Entry) -> String {
    entry.id.as_str().map_or_else(|| entry.id.to_string(), str::to_owned)
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn lines<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>, ApiError> {
    let text = fs_err::read_to_string(path).map_err(|error| ApiError::new(Code::DocumentUnreadable, error.to_string()))?;
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            serde_json::from_str(line)
                .map_err(|error| ApiError::new(Code::DocumentUnreadable, format!("{}:{}: {error}", path.display(), number + 1)))
        })
        .collect()
}

/// `query-id<TAB>corpus-id<TAB>score`, with a header line.
fn read_judgements(path: &Path) -> Result<Judgements, ApiError> {
    let text = fs_err::read_to_string(path).map_err(|error| ApiError::new(Code::DocumentUnreadable, error.to_string()))?;
    let mut judgements = Judgements::new();
    for (number, line) in text.lines().enumerate() {
        let mut fields = line.split('\t');
        let (Some(query), Some(document), Some(score)) = (fields.next(), fields.next(), fields.next()) else { continue };
        match score.trim().parse() {
            Ok(score) => {
                judgements.entry(query.to_owned()).or_default().insert(document.to_owned(), score);
            }
            Err(_) if number == 0 => {}
            Err(_) => {
                return Err(ApiError::new(Code::DocumentUnreadable, format!("{}:{}: {score} is no number", path.display(), number + 1)));
            }
        }
    }
    Ok(judgements)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_agree_with_hand_computation() {
        let judgements = Judgements::from([("q".into(), HashMap::from([("a".into(), 1.0), ("b".into(), 1.0), ("c".into(), 0.0)]))]);
        let ranking = ["x", "a", "c", "b"].map(str::to_owned).to_vec();
        let report = measure(&HashMap::from([("q".into(), ranking)]), &judgements);
        // DCG = 1/log2(3) + 1/log2(5); ideal = 1/log2(2) + 1/log2(3).
        let expected = (1.0 / 3f64.log2() + 1.0 / 5f64.log2()) / (1.0 + 1.0 / 3f64.log2());
        assert!((report.ndcg_10 - expected).abs() < 1e-4, "{}", report.ndcg_10);
        assert_eq!((report.recall_10, report.mrr_10, report.queries), (1.0, 0.5, 1));
    }
}
