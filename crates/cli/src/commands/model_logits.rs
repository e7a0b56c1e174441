//! `pinakes model logits`: what a model makes of some token ids, for comparing it with another implementation.

use std::path::Path;
use std::sync::Arc;

use pinakes_api::{ApiError, Code};
use pinakes_config::Config;
use pinakes_engine::engine::Backend;
use pinakes_engine::{CpuBackend, Model};
use serde_json::json;

use crate::args::Global;
use crate::{End, generator, output};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, model: &str, ids: Vec<u32>) -> Result<End, ApiError> {
    let path = generator::locate(config, model)?;
    let options = generator::options(&config.generator);
    let logits = tokio::task::spawn_blocking(move || last_logits(&path, &options, &ids)).await.map_err(ApiError::internal)??;
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(id, _)| id);
    if global.json {
        output::json(&json!({ "logits": logits, "argmax": best }));
    } else {
        output::line(&format!("{} logits; the largest is that of token {best}: {}", logits.len(), logits[best]));
    }
    Ok(End::Done)
}

fn last_logits(path: &Path, options: &pinakes_engine::LoadOptions, ids: &[u32]) -> Result<Vec<f32>, ApiError> {
    let mut backend = CpuBackend::new(Model::open(path, options).map_err(generator::refused)?);
    let (vocabulary, context) = (backend.vocabulary(), backend.context_max());
    if let Some(id) = ids.iter().find(|id| **id as usize >= vocabulary) {
        return Err(ApiError::new(Code::BadRequest, format!("token {id} is outside the model's vocabulary of {vocabulary}")));
    }
    if ids.len() > context {
        let words = format!("{} tokens do not fit the model's context of {context}", ids.len());
        return Err(ApiError::new(Code::DoesNotFit, words));
    }
    let mut sequence = backend.begin();
    let mut logits = Vec::new();
    generator::read(&mut backend, &mut sequence, ids, &mut logits);
    Ok(logits)
}
