//! The extraction child for tests: what the hidden argument `extract-worker` of the product does, with limits as JSON in the first
//! argument.

fn main() -> std::io::Result<()> {
    let limits = std::env::args().nth(1).and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    pinakes_extract::run_worker(&limits)
}
