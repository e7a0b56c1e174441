//! Trained weights: SmolLM2's greedy answers are llama.cpp's.

use std::path::PathBuf;

use pinakes_engine::KvKind;
use serde_json::Value;

use crate::support::{greedy, open};

/// Beyond the first step at which the two likeliest tokens are this close, rounding decides.
const MARGIN: f64 = 0.2;

#[test]
fn smollm2_says_what_it_says_under_llama_cpp() {
    let shared = std::env::var_os("PINAKES_SHARED").map(|root| PathBuf::from(root).join("fixtures/smollm2/reference.json"));
    let Some(reference) = shared.filter(|path| path.is_file()) else {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with fixtures/smollm2");
        return;
    };
    let Some(path) = pinakes_models::ensure_smollm2(&PathBuf::from(env!("CARGO_TARGET_TMPDIR"))) else { return };
    let model = open(&path, KvKind::F16);
    let reference: Value = serde_json::from_slice(&fs_err::read(reference).unwrap()).unwrap();
    let numbers = |value: &Value| value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect::<Vec<_>>();
    let mut equal = 0;
    let prompts = reference["prompts"].as_array().unwrap();
    for prompt in prompts {
        let margins = prompt["margins"].as_array().unwrap();
        let sure = margins.iter().position(|margin| margin.as_f64().unwrap() < MARGIN).unwrap_or(margins.len());
        let theirs = &numbers(&prompt["generated_ids"])[..sure];
        let ours = greedy(&model, &numbers(&prompt["prompt_ids"]), sure);
        if ours == theirs {
            equal += 1;
        } else {
            let at = ours.iter().zip(theirs).position(|(a, b)| a != b);
            eprintln!("{}: differs at token {at:?} of {sure}", prompt["user"]);
        }
    }
    eprintln!("{equal} of {} answers are llama.cpp's", prompts.len());
    assert!(equal >= 18, "{equal} of {}", prompts.len());
}
