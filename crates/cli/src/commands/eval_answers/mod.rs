//! `pinakes eval answers`: golden questions asked of the store as it is. Says how often the answer was right, whether its citations stand
//! word by word and bear out what they are cited for, and whether questions without an answer were refused.
//!
//! Beside it, in `sentinel`, the same figures for copying the best passage out: what does not beat that has learnt nothing from citing well.

mod golden;
mod html;
mod judge;
mod sentinel;
mod tally;

use std::path::Path;
use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, AskRequest, AskResponse, Code};
use pinakes_config::Config;
use pinakes_types::Scope;
use serde::Serialize;

use self::tally::{Report, Tally, Verdict};
use crate::args::{EvalAnswers, Global};
use crate::{End, generator, output, progress, wiring};

/// One question with what came of it.
#[derive(Serialize)]
struct Asked<'a> {
    id: &'a str,
    question: &'a str,
    answerable: bool,
    refused: bool,
    #[serde(flatten)]
    verdict: Verdict,
    evidence: pinakes_api::Evidence,
    answer: String,
}

#[derive(Serialize)]
struct Reports {
    #[serde(flatten)]
    answers: Report,
    model: String,
    sentinel: Report,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, given: &EvalAnswers) -> Result<End, ApiError> {
    let questions = golden::read(&given.golden)?;
    let (searcher, scope) = wiring::searcher(config).await?;
    let searcher = if given.extractive { searcher } else { searcher.with_generators(generator::open(config).await?) };
    let bar = progress::count(global, questions.len() as u64, "questions");
    let (mut answers, mut copies) = (Tally::default(), Tally::default());
    let mut asked = Vec::with_capacity(questions.len());
    let mut model = AskResponse::EXTRACTIVE.to_owned();
    for golden in &questions {
        let request = AskRequest { citing: given.citing.map(Into::into), ..AskRequest::new(golden.question.as_str()) };
        let response = searcher.ask(&scope, &request, None).await?;
        let copy = sentinel::copy(&searcher, &scope, &golden.question).await?;
        copies.take(golden, &copy, verbatim(&searcher, &scope, &copy).await?);
        let verdict = answers.take(golden, &response, verbatim(&searcher, &scope, &response).await?);
        if !response.extractive {
            model.clone_from(&response.model);
        }
        let one = Asked {
            id: &golden.id,
            question: &golden.question,
            answerable: golden.answerable,
            refused: response.refused,
            verdict,
            evidence: response.evidence,
            answer: response.answer,
        };
        if given.each {
            bar.suspend(|| show(global, &one));
        }
        asked.push(one);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let reports = Reports { answers: answers.report(), model, sentinel: copies.report() };
    if let Some(path) = &given.html {
        write(path, &html::page(&reports, &asked))?;
    }
    if global.json {
        output::json(&reports);
    } else {
        summarise(&reports);
    }
    Ok(End::Done)
}

/// Citations whose quotation stands at its span in the stored text.
async fn verbatim(searcher: &Searcher, scope: &Scope, response: &AskResponse) -> Result<usize, ApiError> {
    let mut standing = 0;
    for citation in &response.citations {
        let stored = searcher.quote_at(scope, &citation.doc_id, citation.char_span).await?;
        standing += usize::from(stored.as_deref() == Some(&citation.quote));
    }
    Ok(standing)
}

fn show(global: &Global, asked: &Asked<'_>) {
    if global.json {
        output::json(asked);
        return;
    }
    let verdict = if asked.verdict.right { "ok   " } else { "WRONG" };
    output::line(&format!("{verdict} {} {}\n      {}", asked.id, asked.question, output::excerpt(&asked.answer, 300)));
}

fn summarise(Reports { answers, model, sentinel }: &Reports) {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let row = |name: &str, get: fn(&Report) -> f64| {
        output::line(&format!("{name:<44}{:>8}{:>12}", percent(get(answers)), percent(get(sentinel))));
    };
    output::line(&format!("{} questions, answers: {model}{:>24}{:>12}", answers.questions, "answers", "sentinel"));
    row("right (holds an accepted answer)", |report| report.correct);
    row("token F1", |report| report.f1);
    row("statements their citations bear out (recall)", |report| report.citation_recall);
    row("citations that are needed (precision)", |report| report.citation_precision);
    row("golden evidence cited", |report| report.evidence_recall);
    row("citations that stand word by word", |report| report.verbatim_share);
    row("refusals: precision", |report| report.refusal_precision);
    row("refusals: recall", |report| report.refusal_recall);
    if let (Some(ours), Some(copied)) = (answers.span_iou, sentinel.span_iou) {
        output::line(&format!("{:<44}{ours:>8.2}{copied:>12.2}", "cited and golden spans (IoU)"));
    }
    if let Some(spread) = answers.seconds {
        output::line(&format!("{:<44}{:>6.2} s{:>10.2} s", "time to the whole answer: p50, p99", spread.p50, spread.p99));
    }
}

fn write(path: &Path, page: &str) -> Result<(), ApiError> {
    fs_err::write(path, page).map_err(|error| ApiError::new(Code::CannotWrite, error.to_string()))
}
