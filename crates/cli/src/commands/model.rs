//! `pinakes model …`

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressStyle};
use pinakes_api::{ApiError, Code};
use pinakes_config::{Config, format_bytes};
use pinakes_models::{ErrorKind, InstalledModel, ModelError, ModelKind, ModelStore, Progress, PullRequest, Source, Summary};
use serde_json::json;

use crate::args::{Global, Model};
use crate::output::is_watched;
use crate::{End, output, wiring};

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: Model) -> Result<End, ApiError> {
    let store = wiring::models(config);
    match command {
        Model::Pull { name, from, file } => pull(config, global, name, from, file).await,
        Model::List => {
            let models = store.list().map_err(failed)?;
            for model in &models {
                match global.json {
                    true => output::json(&in_json(model)),
                    false => output::line(&format!(
                        "{}  {}  from {}",
                        output::bold(&model.name),
                        format_bytes(model.manifest.bytes()),
                        model.manifest.source
                    )),
                }
            }
            if models.is_empty() && !global.json {
                output::line(&format!("No models yet; fetch one with `pinakes model pull {}`.", config.embed.model));
            }
            Ok(if models.is_empty() { End::Nothing } else { End::Done })
        }
        Model::Logits { model, ids } => super::model_logits::run(config, global, &model, ids).await,
        Model::Info { name } => info(&store, global, &name),
        Model::Verify { name } => {
            let report = store.verify(&name).map_err(failed)?;
            if global.json {
                output::json(
                    &json!({ "name": report.name, "sound": report.is_sound(), "files_sound": report.files_sound, "faults": report.faults }),
                );
            } else {
                report.faults.iter().for_each(|fault| output::line(fault));
                output::line(&format!(
                    "{}: {} files are as they should be, {} are not.",
                    report.name,
                    report.files_sound,
                    report.faults.len()
                ));
            }
            match report.is_sound() {
                true => Ok(End::Done),
                false => Err(ApiError::new(Code::ModelInvalid, format!("{name} is damaged; `pinakes model pull {name}` fetches it again"))),
            }
        }
    }
}

async fn pull(config: &Config, global: &Global, name: String, from: Option<PathBuf>, file: Option<String>) -> Result<End, ApiError> {
    let source = from.map_or(Source::Auto, Source::Local);
    let request = PullRequest { file, source, hub_url: config.models.hub_url.clone(), ..PullRequest::new(name) };
    let shown = Shown { quiet: global.quiet || global.json, bar: Mutex::new(None) };
    let model = wiring::models(config).pull(&request, &shown).await.map_err(failed)?;
    show(global, &model);
    Ok(End::Done)
}

/// A model of the store by its name, or any other by its path.
fn info(store: &ModelStore, global: &Global, name: &str) -> Result<End, ApiError> {
    let (model, summary) = match store.get(name) {
        Ok(model) => {
            let summary = model.summary().map_err(failed)?;
            (Some(model), summary)
        }
        Err(_) if Path::new(name).exists() => (None, Summary::of(Path::new(name)).map_err(failed)?),
        Err(error) => return Err(failed(error)),
    };
    if global.json {
        let mut found = model.as_ref().map_or_else(|| json!({ "path": name }), in_json);
        found["summary"] = json!(summary);
        output::json(&found);
    } else if !global.quiet {
        if let Some(model) = &model {
            show(global, model);
        }
        describe(&summary);
    }
    Ok(End::Done)
}

fn describe(summary: &Summary) {
    let kind = match summary.kind {
        ModelKind::Embedder => "embedder",
        ModelKind::Generator => "generator",
    };
    let context = summary.context_tokens.map_or_else(String::new, |tokens| format!(", context of {tokens} tokens"));
    let template = if summary.chat_template { ", with a chat template" } else { "" };
    let parameters = in_millions(summary.parameters);
    output::line(&format!(
        "{} ({kind}, {}): {parameters} parameters in {} tensors{context}{template}",
        summary.architecture, summary.format, summary.tensors
    ));
    for share in &summary.types {
        let parameters = in_millions(share.parameters);
        output::line(&format!("  {:<8} {:>5} tensors  {parameters:>12} parameters  {:>12} bytes", share.name, share.tensors, share.bytes));
    }
}

/// `134.515 M`, exactly as many thousands.
fn in_millions(count: u64) -> String {
    format!("{}.{:03} M", count / 1_000_000, count / 1_000 % 1_000)
}

fn show(global: &Global, model: &InstalledModel) {
    if global.json {
        output::json(&in_json(model));
    } else if !global.quiet {
        output::line(&format!("{}  {}  from {}", output::bold(&model.name), format_bytes(model.manifest.bytes()), model.manifest.source));
        output::line(&model.folder.display().to_string());
        for file in &model.manifest.files {
            output::line(&format!("  {}  {:>10}  {}", &file.sha256[..16.min(file.sha256.len())], format_bytes(file.bytes), file.path));
        }
    }
}

fn in_json(model: &InstalledModel) -> serde_json::Value {
    json!({ "name": model.name, "kind": model.manifest.kind, "folder": model.folder, "source": model.manifest.source, "bytes": model.manifest.bytes(), "files": model.manifest.files })
}

fn failed(error: ModelError) -> ApiError {
    let code = match error.kind() {
        ErrorKind::Usage => Code::BadRequest,
        ErrorKind::BadData => Code::ModelInvalid,
        ErrorKind::Unavailable => Code::ModelMissing,
        ErrorKind::CannotWrite => Code::CannotWrite,
        ErrorKind::CannotRead => Code::IoFailed,
        ErrorKind::Locked => Code::Locked,
    };
    ApiError::new(code, error.to_string()).caused_by(error)
}

/// Notes as lines, a bar per file on a terminal.
struct Shown {
    quiet: bool,
    bar: Mutex<Option<ProgressBar>>,
}

impl Progress for Shown {
    fn note(&self, message: &str) {
        if !self.quiet {
            eprintln!("{message}");
        }
    }

    fn file(&self, path: &str, bytes_done: u64, bytes_total: Option<u64>) {
        if self.quiet || !is_watched() {
            return;
        }
        let bar = bytes_total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = ProgressStyle::with_template("{msg:24} {bar:30} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(path.to_owned());
        bar.set_position(bytes_done);
        if let Some(before) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).replace(bar) {
            before.finish_and_clear();
        }
    }

    fn advance(&self, bytes: u64) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.inc(bytes);
        }
    }
}
