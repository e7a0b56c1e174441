//! What is counted over a golden set, and the report made of it.

use pinakes_api::AskResponse;
use pinakes_types::CharSpan;
use serde::Serialize;

use super::golden::Golden;
use super::judge::{f1, holds, supports};
use crate::commands::percentiles::{Spread, latency};

/// Shares are 0 to 1; a share of nothing is 1.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Report {
    pub(super) questions: usize,
    /// Of the answerable: share whose answer holds one of the accepted answers.
    pub(super) correct: f64,
    /// Of the answerable: mean token F1 against the nearest accepted answer.
    pub(super) f1: f64,
    /// Citations that bear their statement out, alone or as a needed part (ALCE; Gao et al. 2023, arXiv:2305.14627).
    pub(super) citation_precision: f64,
    /// Statements that their citations, read together, bear out (ALCE).
    pub(super) citation_recall: f64,
    /// Citations that overlap golden evidence, of all citations given to answerable questions.
    pub(super) evidence_precision: f64,
    /// Answerable questions of which some golden evidence was cited.
    pub(super) evidence_recall: f64,
    /// Characters cited and golden, of characters cited or golden, where the set gives spans; over questions that were answered.
    pub(super) span_iou: Option<f64>,
    /// The same over questions of which some golden character was cited: how well a citation is cut that stands in the right place.
    pub(super) span_iou_met: Option<f64>,
    /// Citations whose quote stands at its span in the stored text.
    pub(super) verbatim_share: f64,
    pub(super) refusal_precision: f64,
    pub(super) refusal_recall: f64,
    /// Harmonic mean of the two: F1 of "unanswerable".
    pub(super) refusal_f1: f64,
    pub(super) seconds: Option<Spread>,
    pub(super) first_words_seconds: Option<Spread>,
}

/// What one question came to.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Verdict {
    /// Answered rightly, or rightly refused.
    pub(super) right: bool,
    pub(super) f1: f64,
    /// Statements borne out by their citations, of all.
    pub(super) supported: (usize, usize),
    /// Citations that stand word by word, of all.
    pub(super) verbatim: (usize, usize),
    pub(super) span_iou: Option<f64>,
}

#[derive(Default)]
pub(super) struct Tally {
    answerable: usize,
    unanswerable: usize,
    correct: usize,
    f1: f64,
    evidence_cited: usize,
    citations: usize,
    evidence_citations: usize,
    statements: usize,
    supported: usize,
    /// Citations of statements, one cited for two of them counted twice; and those needed.
    cited: usize,
    needed: usize,
    all_citations: usize,
    verbatim: usize,
    refused: usize,
    rightly_refused: usize,
    span_ious: Vec<f64>,
    milliseconds: Vec<f64>,
    first_words: Vec<f64>,
}

impl Tally {
    /// Takes one answer in; `verbatim` of its citations stand word by word.
    pub(super) fn take(&mut self, golden: &Golden, response: &AskResponse, verbatim: usize) -> Verdict {
        self.milliseconds.push(response.timings.total_ms as f64);
        self.first_words.push(response.timings.first_words_ms as f64);
        self.all_citations += response.citations.len();
        self.verbatim += verbatim;
        self.refused += usize::from(response.refused);
        let Statements { number, supported, cited, needed } = statements(response);
        self.statements += number;
        self.supported += supported;
        self.cited += cited;
        self.needed += needed;
        let mut verdict = Verdict {
            right: response.refused,
            f1: 0.0,
            supported: (supported, number),
            verbatim: (verbatim, response.citations.len()),
            span_iou: None,
        };
        if !golden.answerable {
            self.unanswerable += 1;
            self.rightly_refused += usize::from(response.refused);
            return verdict;
        }
        self.answerable += 1;
        let answer = if response.refused { "" } else { response.answer.as_str() };
        verdict.right = golden.answers.iter().any(|accepted| holds(answer, accepted));
        verdict.f1 = f1(answer, &golden.answers);
        verdict.span_iou = span_iou(golden, response);
        self.correct += usize::from(verdict.right);
        self.f1 += verdict.f1;
        self.span_ious.extend(verdict.span_iou);
        let good = response.citations.iter().filter(|citation| {
            golden.evidence.iter().any(|evidence| {
                evidence.path == citation.path && (holds(&citation.quote, &evidence.quote) || holds(&evidence.quote, &citation.quote))
            })
        });
        let good = good.count();
        self.citations += response.citations.len();
        self.evidence_citations += good;
        self.evidence_cited += usize::from(good > 0);
        verdict
    }

    pub(super) fn report(self) -> Report {
        let round = |value: f64| (value * 10_000.0).round() / 10_000.0;
        let share = |part: usize, whole: usize| if whole == 0 { 1.0 } else { round(part as f64 / whole as f64) };
        let mean = |sum: f64, number: usize| if number == 0 { 0.0 } else { round(sum / number as f64) };
        let average = |values: &[f64]| (!values.is_empty()).then(|| mean(values.iter().sum(), values.len()));
        let seconds = |milliseconds: Vec<f64>| Some(latency(milliseconds.into_iter().map(|time| time / 1_000.0).collect()));
        let (precision, recall) = (share(self.rightly_refused, self.refused), share(self.rightly_refused, self.unanswerable));
        Report {
            questions: self.answerable + self.unanswerable,
            correct: share(self.correct, self.answerable),
            f1: mean(self.f1, self.answerable),
            citation_precision: share(self.needed, self.cited),
            citation_recall: share(self.supported, self.statements),
            evidence_precision: share(self.evidence_citations, self.citations),
            evidence_recall: share(self.evidence_cited, self.answerable),
            span_iou: average(&self.span_ious),
            span_iou_met: average(&self.span_ious.iter().copied().filter(|iou| *iou > 0.0).collect::<Vec<_>>()),
            verbatim_share: share(self.verbatim, self.all_citations),
            refusal_precision: precision,
            refusal_recall: recall,
            refusal_f1: if precision + recall > 0.0 { round(2.0 * precision * recall / (precision + recall)) } else { 0.0 },
            seconds: seconds(self.milliseconds),
            first_words_seconds: seconds(self.first_words),
        }
    }
}

#[derive(Default)]
struct Statements {
    number: usize,
    /// Those that their citations bear out.
    supported: usize,
    /// Citations in them.
    cited: usize,
    /// Those that are needed for it.
    needed: usize,
}

fn statements(response: &AskResponse) -> Statements {
    let mut counts = Statements::default();
    if response.refused {
        return counts;
    }
    let characters: Vec<char> = response.answer.chars().collect();
    let words = |span: CharSpan| characters.get(span.start..span.end).unwrap_or_default().iter().collect::<String>();
    let quotes = |markers: &[u32]| -> Vec<&str> {
        response.citations.iter().filter(|citation| markers.contains(&citation.marker)).map(|citation| citation.quote.as_str()).collect()
    };
    for sentence in &response.sentences {
        let (statement, quotes) = (words(sentence.span), quotes(&sentence.markers));
        counts.number += 1;
        counts.cited += quotes.len();
        if !supports(&statement, &quotes) {
            continue;
        }
        counts.supported += 1;
        let is_needed = |at: usize| {
            let others: Vec<&str> = quotes.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, quote)| *quote).collect();
            supports(&statement, &quotes[at..=at]) || !supports(&statement, &others)
        };
        counts.needed += (0..quotes.len()).filter(|at| is_needed(*at)).count();
    }
    counts
}

/// Intersection over union of what is cited and what is golden, in characters; `None` where nothing was answered or no spans are known.
fn span_iou(golden: &Golden, response: &AskResponse) -> Option<f64> {
    if response.refused || golden.evidence.is_empty() {
        return None;
    }
    let mut wanted: Vec<(&str, CharSpan)> = Vec::new();
    for evidence in &golden.evidence {
        wanted.push((&evidence.path, evidence.span?));
    }
    let cited: Vec<(&str, CharSpan)> = response.citations.iter().map(|citation| (citation.path.as_str(), citation.char_span)).collect();
    let (wanted, cited) = (merged(wanted), merged(cited));
    let length = |spans: &[(&str, CharSpan)]| spans.iter().map(|(_, span)| span.len()).sum::<usize>();
    let common: usize = wanted
        .iter()
        .flat_map(|(path, span)| cited.iter().filter(move |(other, _)| other == path).filter_map(|(_, other)| span.intersection(*other)))
        .map(|span| span.len())
        .sum();
    let all = length(&wanted) + length(&cited) - common;
    (all > 0).then(|| common as f64 / all as f64)
}

/// The same characters as spans that do not overlap.
fn merged(mut spans: Vec<(&str, CharSpan)>) -> Vec<(&str, CharSpan)> {
    spans.sort();
    let mut merged: Vec<(&str, CharSpan)> = Vec::new();
    for (path, span) in spans {
        match merged.last_mut() {
            Some((last, before)) if *last == path && span.start <= before.end => before.end = before.end.max(span.end),
            _ => merged.push((path, span)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use pinakes_api::{AnswerSentence, Citation, QuoteMatch, Support};
    use pinakes_types::{DocId, DocVersion};

    use super::*;
    use crate::commands::eval_answers::golden::Evidence;

    fn citation(marker: u32, span: (usize, usize), quote: &str) -> Citation {
        Citation {
            marker,
            answer_span: CharSpan::new(0, 1),
            doc_id: DocId("d".into()),
            doc_version: DocVersion("v".into()),
            title: "t".into(),
            path: "a.md".into(),
            page: None,
            char_span: CharSpan::new(span.0, span.1),
            quote: quote.into(),
            quote_match: QuoteMatch::Exact,
            support: Support::Full,
        }
    }

    fn golden(answerable: bool, spans: &[(usize, usize)]) -> Golden {
        let evidence = |(start, end): &(usize, usize)| Evidence {
            path: "a.md".into(),
            quote: "five days".into(),
            span: Some(CharSpan::new(*start, *end)),
        };
        let evidence = spans.iter().map(evidence).collect();
        Golden { id: "q".into(), question: "?".into(), answerable, answers: vec!["five days".into()], evidence }
    }

    fn answer(citations: Vec<Citation>) -> AskResponse {
        let answer = "Holiday carries over for five days.";
        let markers = citations.iter().map(|citation| citation.marker).collect();
        let sentence = AnswerSentence { span: CharSpan::new(0, answer.len()), support: Support::Full, markers };
        AskResponse { answer: answer.into(), citations, sentences: vec![sentence], ..AskResponse::default() }
    }

    #[test]
    fn a_citation_that_adds_nothing_is_not_needed() {
        let carrying = citation(1, (0, 10), "Unused holiday carries over, five days at most.");
        let beside = citation(2, (50, 60), "Parking is free.");
        let mut tally = Tally::default();
        let verdict = tally.take(&golden(true, &[(0, 20)]), &answer(vec![carrying, beside]), 2);
        assert!(verdict.right);
        assert_eq!(verdict.supported, (1, 1));
        let report = tally.report();
        assert_eq!((report.citation_recall, report.citation_precision, report.correct), (1.0, 0.5, 1.0));
        // 10 characters in common, of 20 golden and 10 more cited.
        assert_eq!(report.span_iou, Some(0.3333));
    }

    #[test]
    fn refusals_are_counted_both_ways() {
        let refused = AskResponse { refused: true, ..AskResponse::default() };
        let mut tally = Tally::default();
        assert!(tally.take(&golden(false, &[]), &refused, 0).right);
        assert!(!tally.take(&golden(true, &[]), &refused, 0).right);
        assert!(!tally.take(&golden(false, &[]), &answer(vec![]), 0).right);
        let report = tally.report();
        assert_eq!((report.refusal_precision, report.refusal_recall, report.refusal_f1), (0.5, 0.5, 0.5));
        assert_eq!(report.citation_recall, 0.0, "a statement without citations is not borne out");
    }

    #[test]
    fn overlapping_spans_count_once() {
        let spans = vec![("a", CharSpan::new(5, 9)), ("a", CharSpan::new(0, 6)), ("b", CharSpan::new(0, 2))];
        assert_eq!(merged(spans), [("a", CharSpan::new(0, 9)), ("b", CharSpan::new(0, 2))]);
    }
}
