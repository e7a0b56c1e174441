//! The report as one page that needs nothing else: the figures as bars beside the sentinel's, and every question with its answer.

use std::fmt::Write;

use super::tally::Report;
use super::{Asked, Reports};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d1b18;background:#fbfaf7}\
h1{font-weight:500}table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd8ce;padding:.4rem .6rem;text-align:left;\
vertical-align:top}.n{text-align:right;font-variant-numeric:tabular-nums}.wrong{color:#a3261d}svg text{font:13px system-ui,sans-serif;fill:currentColor}\
.o{fill:#2f6f5e}.s{fill:#c9c2b4}@media(prefers-color-scheme:dark){body{color:#e9e5dc;background:#191816}td,th{border-color:#3a3732}.s{fill:#57534a}}";

/// What a figure is called, and where it stands.
type Bar = (&'static str, fn(&Report) -> f64);

/// Figures drawn as bars.
const BARS: [Bar; 9] = [
    ("right", |report| report.correct),
    ("token F1", |report| report.f1),
    ("citation recall (ALCE)", |report| report.citation_recall),
    ("citation precision (ALCE)", |report| report.citation_precision),
    ("golden evidence cited", |report| report.evidence_recall),
    ("verbatim", |report| report.verbatim_share),
    ("refusal F1", |report| report.refusal_f1),
    ("span IoU", |report| report.span_iou.unwrap_or(0.0)),
    ("span IoU where met", |report| report.span_iou_met.unwrap_or(0.0)),
];
const BAR_WIDTH: f64 = 420.0;
const ROW_HEIGHT: usize = 44;

pub(super) fn page(reports: &Reports, asked: &[Asked<'_>]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Answers on golden questions</title><style>{STYLE}</style><h1>Answers on golden questions</h1>\
         <p>{} questions, answered by {}. Dark bars: the answers; pale bars: copying the best passage.</p>{}",
        reports.answers.questions,
        escape(&reports.model),
        bars(reports)
    );
    if let (Some(all), Some(first)) = (reports.answers.seconds, reports.answers.first_words_seconds) {
        let _ = write!(
            page,
            "<p>Whole answer: p50 {:.2} s, p99 {:.2} s. First words: p50 {:.2} s, p99 {:.2} s.</p>",
            all.p50, all.p99, first.p50, first.p99
        );
    }
    page.push_str("<table><tr><th>Question<th>Answer<th class=n>F1<th class=n>Borne out");
    for one in asked {
        let class = if one.verdict.right { "" } else { " class=wrong" };
        let (supported, statements) = one.verdict.supported;
        let _ = write!(
            page,
            "<tr><td{class}>{} <small>{}</small><td>{}<td class=n>{:.2}<td class=n>{supported}/{statements}",
            escape(one.question),
            escape(one.id),
            escape(&one.answer),
            one.verdict.f1
        );
    }
    page.push_str("</table></html>");
    page
}

fn bars(reports: &Reports) -> String {
    let mut drawn = format!("<svg viewBox=\"0 0 700 {}\" role=\"img\" aria-label=\"Figures as bars\">", BARS.len() * ROW_HEIGHT);
    for (at, (name, get)) in BARS.iter().enumerate() {
        let y = at * ROW_HEIGHT;
        let (ours, copied) = (get(&reports.answers), get(&reports.sentinel));
        let _ = write!(
            drawn,
            "<text x=\"0\" y=\"{}\">{name}</text><rect class=\"o\" x=\"190\" y=\"{}\" width=\"{:.1}\" height=\"16\"/>\
             <rect class=\"s\" x=\"190\" y=\"{}\" width=\"{:.1}\" height=\"10\"/><text x=\"{:.1}\" y=\"{}\">{ours:.2} / {copied:.2}</text>",
            y + 22,
            y + 8,
            ours * BAR_WIDTH,
            y + 25,
            copied * BAR_WIDTH,
            198.0 + ours.max(copied) * BAR_WIDTH,
            y + 24
        );
    }
    drawn + "</svg>"
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::eval_answers::tally::{Report, Verdict};

    #[test]
    fn what_documents_say_stays_text() {
        let reports = Reports { answers: Report::default(), model: "<b>".into(), sentinel: Report::default() };
        let verdict = Verdict { right: false, f1: 0.5, supported: (1, 2), verbatim: (1, 1), span_iou: None };
        let asked = Asked {
            id: "s01",
            question: "<script>alert(1)</script>",
            answerable: true,
            refused: false,
            verdict,
            evidence: pinakes_api::Evidence::default(),
            answer: "a < b".into(),
        };
        let page = page(&reports, &[asked]);
        assert!(page.contains("&lt;script&gt;") && page.contains("a &lt; b") && !page.contains("<script") && !page.contains("<b>"));
        assert!(page.contains("1/2"));
    }
}
