//! `pinakes engine warm`: reads documents ahead while no server runs, so that the first questions after it starts find them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pinakes_answer::{Chosen, Generator, Generators, Warmed};
use pinakes_api::{ApiError, Code};
use pinakes_config::{Config, format_bytes, parse_bytes};
use pinakes_types::{Label, Principal, Scope};
use serde::Serialize;

use crate::args::{Engine, Global, Warm};
use crate::output::is_watched;
use crate::{End, generator, output, wiring};

/// How long writing behind is waited for at the end.
const WRITING_TIME_MAX: Duration = Duration::from_secs(600);

#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    #[serde(flatten)]
    warmed: Warmed,
    seconds: f64,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, command: Engine) -> Result<End, ApiError> {
    let Engine::Warm(warm) = command;
    let (searcher, operator) = wiring::searcher(config).await?;
    let scope = if warm.labels.is_empty() { operator } else { holder_of(&warm.labels)? };
    let generator = generator(config).await?;
    let budget = warm.budget.unwrap_or(config.generator.warm_bytes_max);
    let chosen = chosen(config, warm)?;
    let searcher = searcher.with_generators(Generators::new(Some(generator.clone()), None));

    let started = Instant::now();
    let shown = Shown::new(global);
    let warmed = searcher.warm(&scope, &chosen, budget, &|warmed, path| shown.moved(warmed, path)).await;
    shown.bar.finish_and_clear();
    let warmed = warmed?;
    written(&generator).await;
    let seconds = started.elapsed().as_secs_f64();
    if global.json {
        output::json(&Report { model: generator.name(), warmed, seconds });
    } else {
        output::line(&words(&warmed, seconds));
    }
    Ok(if warmed.done() == 0 { End::Nothing } else { End::Done })
}

/// The configured generator, if it is one that keeps what it reads.
async fn generator(config: &Arc<Config>) -> Result<Generator, ApiError> {
    let bad = |words: &str| ApiError::new(Code::BadRequest, words);
    if config.generator.cache_disk_bytes_max == 0 {
        return Err(bad("generator.cache_disk is 0 B: what is read now would be forgotten when this command ends"));
    }
    let generator = generator::local(config).await?.ok_or_else(|| bad("no language model is configured: set generator.model"))?;
    if !generator.keeps_on_disk() {
        let words = "what was read is kept by another process, or cannot be kept; a running server reads ahead itself with generator.warm";
        return Err(ApiError::new(Code::Locked, words));
    }
    Ok(generator)
}

fn chosen(config: &Config, warm: Warm) -> Result<Chosen, ApiError> {
    let mut paths = warm.paths;
    if warm.pinned {
        if config.generator.warm_paths.is_empty() {
            return Err(ApiError::new(Code::BadRequest, "nothing is pinned: name paths in generator.warm_paths"));
        }
        paths.extend(config.generator.warm_paths.iter().cloned());
    }
    Ok(Chosen { paths, most_cited: warm.most_cited })
}

/// Anybody who holds exactly these labels: what they read is kept apart from what others do.
fn holder_of(labels: &[String]) -> Result<Scope, ApiError> {
    let holder = Principal::person("reading ahead", labels.iter().cloned().map(Label));
    Scope::check(&holder).map_err(|error| ApiError::new(Code::NotAllowed, error.to_string()))
}

/// Waits until what was read is on the disk.
async fn written(generator: &Generator) {
    let started = Instant::now();
    while generator.bytes_waiting() > 0 && started.elapsed() < WRITING_TIME_MAX {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn words(warmed: &Warmed, seconds: f64) -> String {
    let Warmed { read, known, too_long, tokens_read, bytes, .. } = warmed;
    let more = if warmed.stopped_by_budget { "; there was no room for more" } else { "" };
    let mib = format_bytes(bytes >> 20 << 20);
    format!("{read} documents read ahead ({tokens_read} tokens in {seconds:.1} s, {mib}), {known} known already, {too_long} too long{more}")
}

/// A bar on a terminal, nothing elsewhere.
struct Shown {
    bar: ProgressBar,
    started: Instant,
}

impl Shown {
    fn new(global: &Global) -> Self {
        let shown = is_watched() && !global.quiet;
        let bar = ProgressBar::with_draw_target(Some(0), if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() });
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} documents  {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        Self { bar, started: Instant::now() }
    }

    fn moved(&self, warmed: &Warmed, path: &str) {
        self.bar.set_length(warmed.documents);
        self.bar.set_position(warmed.done());
        let rate = warmed.tokens_read as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        self.bar.set_message(format!("{rate:.0} tokens/s  {}  {}", format_bytes(warmed.bytes >> 20 << 20), output::excerpt(path, 40)));
    }
}

/// A size such as `2GiB`, for the command line.
pub(crate) fn size(written: &str) -> Result<u64, String> {
    parse_bytes(written).ok_or_else(|| "a size such as 2 GiB".to_owned())
}
