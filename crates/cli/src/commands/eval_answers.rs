//! `pinakes eval answers`: golden questions asked of the store as it is. Says how often the answer was right, how often its citations
//! hold the words they should, and whether questions without an answer were refused.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, AskRequest, AskResponse, Code};
use pinakes_config::Config;
use pinakes_types::Scope;
use serde::{Deserialize, Serialize};

use super::percentiles::{Spread, latency};
use crate::args::Global;
use crate::{End, output, wiring};

/// A golden question; `data/golden/README.md` describes the fields.
#[derive(Debug, Deserialize)]
struct Golden {
    id: String,
    question: String,
    answerable: bool,
    #[serde(default)]
    answers: Vec<String>,
    #[serde(default)]
    evidence: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
struct Evidence {
    path: String,
    quote: String,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Report {
    questions: usize,
    /// Of the answerable: share whose answer holds one of the accepted answers.
    correct: f64,
    /// Citations that overlap golden evidence, of all citations given to answerable questions.
    citation_precision: f64,
    /// Answerable questions of which some golden evidence was cited.
    citation_recall: f64,
    /// Citations whose quote stands at its span in the stored text.
    verbatim_share: f64,
    refusal_precision: f64,
    refusal_recall: f64,
    seconds: Option<Spread>,
}

#[derive(Default)]
struct Tally {
    answerable: usize,
    unanswerable: usize,
    correct: usize,
    cited: usize,
    citations: usize,
    good_citations: usize,
    all_citations: usize,
    verbatim: usize,
    refused: usize,
    rightly_refused: usize,
    seconds: Vec<f64>,
}

pub(crate) async fn run(config: &Arc<Config>, global: &Global, files: &[PathBuf], each: bool) -> Result<End, ApiError> {
    let mut questions: Vec<Golden> = Vec::new();
    for file in files {
        let text = fs_err::read_to_string(file).map_err(|error| ApiError::new(Code::IoFailed, error.to_string()))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let golden = serde_json::from_str(line);
            questions.push(
                golden.map_err(|error| ApiError::new(Code::DocumentUnreadable, format!("{}:{}: {error}", file.display(), number + 1)))?,
            );
        }
    }
    let (searcher, scope) = wiring::searcher(config).await?;
    let mut tally = Tally::default();
    for golden in &questions {
        let started = Instant::now();
        let response = searcher.ask(&scope, &AskRequest::new(golden.question.as_str()), None).await?;
        tally.seconds.push(started.elapsed().as_secs_f64());
        let right = judge(&searcher, &scope, golden, &response, &mut tally).await?;
        if each && global.json {
            output::json(
                &serde_json::json!({ "id": golden.id, "answerable": golden.answerable, "right": right, "refused": response.refused, "evidence": response.evidence }),
            );
        } else if each {
            let verdict = if right { "ok   " } else { "WRONG" };
            output::line(&format!("{verdict} {} {}\n      {}", golden.id, golden.question, output::excerpt(&response.answer, 300)));
        }
    }
    let report = tally.report(questions.len());
    if global.json {
        output::json(&report);
    } else {
        output::line(&format!(
            "{} questions: {:.0} % right; citations {:.0} % precise, evidence cited for {:.0} %, {:.0} % verbatim; refusals {:.0} % precise, {:.0} % found",
            report.questions,
            report.correct * 100.0,
            report.citation_precision * 100.0,
            report.citation_recall * 100.0,
            report.verbatim_share * 100.0,
            report.refusal_precision * 100.0,
            report.refusal_recall * 100.0
        ));
    }
    Ok(End::Done)
}

async fn judge(searcher: &Searcher, scope: &Scope, golden: &Golden, response: &AskResponse, tally: &mut Tally) -> Result<bool, ApiError> {
    for citation in &response.citations {
        let content = searcher.quote_at(scope, &citation.doc_id, citation.char_span).await?;
        tally.all_citations += 1;
        tally.verbatim += usize::from(content.as_deref() == Some(&citation.quote));
    }
    tally.refused += usize::from(response.refused);
    if !golden.answerable {
        tally.unanswerable += 1;
        tally.rightly_refused += usize::from(response.refused);
        return Ok(response.refused);
    }
    tally.answerable += 1;
    let right = golden.answers.iter().any(|answer| holds(&response.answer, answer));
    tally.correct += usize::from(right);
    let good = response.citations.iter().filter(|citation| {
        golden.evidence.iter().any(|evidence| {
            evidence.path == citation.path && (holds(&citation.quote, &evidence.quote) || holds(&evidence.quote, &citation.quote))
        })
    });
    let good = good.count();
    tally.citations += response.citations.len();
    tally.good_citations += good;
    tally.cited += usize::from(good > 0);
    Ok(right)
}

/// Whether `text` holds `words` as whole words, whatever the case, spacing and markup.
fn holds(text: &str, words: &str) -> bool {
    let flat = |text: &str| {
        let words: Vec<String> =
            text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
        format!(" {} ", words.join(" "))
    };
    flat(text).contains(&flat(words))
}

impl Tally {
    fn report(self, questions: usize) -> Report {
        let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0 };
        Report {
            questions,
            correct: share(self.correct, self.answerable),
            citation_precision: share(self.good_citations, self.citations),
            citation_recall: share(self.cited, self.answerable),
            verbatim_share: share(self.verbatim, self.all_citations),
            refusal_precision: share(self.rightly_refused, self.refused),
            refusal_recall: share(self.rightly_refused, self.unanswerable),
            seconds: Some(latency(self.seconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn whole_words_whatever_the_markup() {
        assert!(holds("Up to **five** unused\ndays", "five unused days"));
        assert!(!holds("It costs 720 EUR", "72"));
    }
}
