//! `pinakes eval golden-from-feedback`: what people said of answers, as golden questions that `pinakes eval answers` reads.

use std::path::Path;
use std::sync::Arc;

use pinakes_answer::Judged;
use pinakes_api::{ApiError, Code};
use pinakes_config::Config;
use serde::Serialize;

use crate::args::Global;
use crate::{End, output, wiring};

/// A golden question; `data/golden/README.md` describes the fields.
#[derive(Serialize)]
struct Golden<'a> {
    id: &'a str,
    question: &'a str,
    answerable: bool,
    answers: &'a [String],
    evidence: Vec<Evidence<'a>>,
    tags: [&'static str; 1],
}

#[derive(Serialize)]
struct Evidence<'a> {
    path: &'a str,
    page: Option<u32>,
    quote: &'a str,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, out: &Path) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let (judged, others) = searcher.judged(&scope).await?;
    let mut lines = String::new();
    for one in &judged {
        lines.push_str(&serde_json::to_string(&golden(one)).map_err(ApiError::internal)?);
        lines.push('\n');
    }
    fs_err::write(out, lines.as_bytes()).map_err(|error| ApiError::new(Code::CannotWrite, error.to_string()))?;
    if global.json {
        output::json(&serde_json::json!({ "path": out, "questions": judged.len(), "left_out": others }));
    } else if !global.quiet {
        let words = "verdicts say what was wrong and not what is right, or rest on documents that are gone";
        output::line(&format!("{} golden questions in {}; {others} {words}.", judged.len(), out.display()));
    }
    Ok(if judged.is_empty() { End::Nothing } else { End::Done })
}

fn golden(judged: &Judged) -> Golden<'_> {
    let evidence = judged.evidence.iter().map(|(path, page, quote)| Evidence { path, page: *page, quote });
    Golden {
        id: &judged.answer_id,
        question: &judged.question,
        answerable: judged.answerable,
        answers: &judged.answers,
        evidence: evidence.collect(),
        tags: ["feedback"],
    }
}
