//! How long the vector leg takes over seven thousand chunks of 384 numbers: in memory, and in Lance itself.

use std::time::Instant;

use pinakes_index::{IndexSettings, IndexedChunk, Query};

use crate::common::{Store, chunk, everything, near};

const ROWS: u64 = 7_000;
const WIDE: usize = 384;

fn vector(seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 2000) as f32 / 1000.0 - 1.0
    };
    (0..WIDE).map(|_| next()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn seven_thousand_chunks_take_a_few_milliseconds() {
    if std::env::var_os("PINAKES_TEST").is_none_or(|value| value != "full") {
        eprintln!("SKIPPED: latency is measured with PINAKES_TEST=full");
        return;
    }
    let corpus: Vec<IndexedChunk> =
        (0..ROWS).map(|row| IndexedChunk { vector: vector(row + 1), ..chunk(row / 5 + 1, row % 5, "words") }).collect();
    let mut medians = Vec::new();
    for resident_vector_bytes_max in [64 << 20, 0] {
        let store = Store::with(IndexSettings { resident_vector_bytes_max, ..IndexSettings::new(WIDE) }, &corpus).await;
        let mut millis = Vec::new();
        for seed in 0..50 {
            let query = Query { vector: Some(vector(10_000 + seed)), depth: 100, ..near(0) };
            let began = Instant::now();
            assert_eq!(store.index.search(&everything(), &query).await.unwrap().len(), 100);
            millis.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        millis.sort_by(f64::total_cmp);
        medians.push(millis[millis.len() / 2]);
    }
    eprintln!("{ROWS} chunks, p50: {:.2} ms in memory, {:.2} ms in Lance", medians[0], medians[1]);
    assert!(cfg!(debug_assertions) || medians[0] <= 5.0, "{medians:?}");
}
