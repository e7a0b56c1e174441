//! An answer as a message: its words, its sources as a numbered list that leads to our page, and its buttons.

use pinakes_api::AskResponse;
use reqwest::Url;
use serde::{Deserialize, Serialize};

use crate::event::Place;
use crate::message::{Button, ButtonKind, Message, SourceLine};
use crate::words::Language;

/// Who reads an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reach {
    /// Everybody in the channel.
    Channel,
    /// Who asked, in a direct message.
    Direct,
    /// Who asked, before the eyes of a channel that does not see it.
    Whispered,
}

/// An answer that is kept for its buttons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    /// What was asked.
    pub(crate) question: String,
    /// What was answered.
    pub(crate) response: AskResponse,
    /// By which account.
    pub(crate) asker: String,
    /// The name of the reader it was made for.
    pub(crate) subject: String,
    /// Where.
    pub(crate) place: Place,
    /// For whom.
    pub(crate) reach: Reach,
}

/// The page's address without the slash at its end, where people can reach it.
pub(crate) type Page<'a> = Option<&'a str>;

impl KeptAnswer {
    /// The answer as a message. `key` names the event it answers.
    pub(crate) fn message(&self, key: &str, language: Language, page: Page<'_>) -> Message {
        let response = &self.response;
        let text = if response.answer.trim().is_empty() { language.no_words().to_owned() } else { response.answer.clone() };
        Message {
            key: key.to_owned(),
            text,
            sources: sources(response, language, page),
            notes: self.notes(language),
            buttons: self.buttons(key, language, page),
        }
    }

    fn notes(&self, language: Language) -> Vec<String> {
        let mut notes = self.response.notes.clone();
        notes.extend(self.response.sent_to.as_ref().map(|host| language.sent_to(host)));
        match self.reach {
            Reach::Channel => notes.push(language.in_channel().to_owned()),
            Reach::Whispered => notes.push(language.only_you().to_owned()),
            Reach::Direct => {}
        }
        notes
    }

    fn buttons(&self, key: &str, language: Language, page: Page<'_>) -> Vec<Button> {
        let button = |kind, label: &str| Button { kind, label: label.to_owned(), value: key.to_owned(), url: None };
        let mut buttons = Vec::new();
        if self.response.answer_id.is_some() {
            buttons.push(button(ButtonKind::Up, language.helped()));
            buttons.push(button(ButtonKind::Down, language.not_helped()));
        }
        if self.reach == Reach::Whispered && !self.response.refused {
            buttons.push(button(ButtonKind::Share, language.share()));
        }
        if let Some(page) = page {
            let url = Some(ask_on_page(page, &self.question));
            buttons.push(Button { url, ..button(ButtonKind::Continue, language.go_on()) });
        }
        buttons
    }
}

/// One line a source: citations of the same words of one document are one.
fn sources(response: &AskResponse, language: Language, page: Page<'_>) -> Vec<SourceLine> {
    let lines = response.citations.iter().map(|citation| SourceLine {
        number: citation.marker,
        title: if citation.title.trim().is_empty() { citation.path.clone() } else { citation.title.clone() },
        place: citation.page.map(|number| language.page(number)),
        url: page.map(|page| format!("{page}/documents/{}?span={}-{}", citation.doc_id, citation.char_span.start, citation.char_span.end)),
    });
    let mut seen = std::collections::BTreeSet::new();
    lines.filter(|line| seen.insert(line.number)).collect()
}

/// The page, with the question asked again there: with the reader's own rights, whoever follows the link.
fn ask_on_page(page: &str, question: &str) -> String {
    let mut query = Url::parse("pinakes:").expect("a constant address");
    query.query_pairs_mut().append_pair("ask", question);
    format!("{page}/#/?{}", query.query().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use pinakes_api::{Citation, QuoteMatch, Support};
    use pinakes_types::{CharSpan, DocId, DocVersion};

    use super::*;

    fn kept(reach: Reach) -> KeptAnswer {
        let citation = |marker| Citation {
            marker,
            answer_span: CharSpan::new(0, 9),
            doc_id: DocId("d1".into()),
            doc_version: DocVersion("v".into()),
            title: "Travel".into(),
            path: "travel.md".into(),
            page: Some(3),
            char_span: CharSpan::new(4, 13),
            quote: "Ten days.".into(),
            quote_match: QuoteMatch::Exact,
            support: Support::Full,
        };
        KeptAnswer {
            question: "How long? & more".into(),
            response: AskResponse {
                answer: "Ten days. [1]".into(),
                citations: vec![citation(1), citation(1), citation(2)],
                ..AskResponse::default()
            },
            asker: "slack:T1:U1".into(),
            subject: "ada".into(),
            place: Place { platform: "slack".into(), team: "T1".into(), channel: "C1".into(), direct: false, thread: None },
            reach,
        }
    }

    #[test]
    fn sources_lead_to_the_quoted_words_and_the_question_to_the_page() {
        let message = kept(Reach::Channel).message("e1", Language::English, Some("https://kb.example"));
        let lines: Vec<_> = message.sources.iter().map(|line| (line.number, line.url.as_deref().unwrap())).collect();
        assert_eq!(lines, [(1, "https://kb.example/documents/d1?span=4-13"), (2, "https://kb.example/documents/d1?span=4-13")]);
        assert_eq!(message.sources[0].place.as_deref(), Some("page 3"));
        let link = message.buttons.iter().find(|button| button.kind == ButtonKind::Continue).unwrap();
        assert_eq!(link.url.as_deref(), Some("https://kb.example/#/?ask=How+long%3F+%26+more"));
    }

    #[test]
    fn only_a_whispered_answer_can_be_shared_and_only_a_kept_one_judged() {
        let kinds =
            |kept: &KeptAnswer| kept.message("e1", Language::German, None).buttons.iter().map(|button| button.kind).collect::<Vec<_>>();
        assert_eq!(kinds(&kept(Reach::Channel)), []);
        assert_eq!(kinds(&kept(Reach::Whispered)), [ButtonKind::Share]);
        let mut judged = kept(Reach::Direct);
        judged.response.answer_id = Some("a1".into());
        assert_eq!(kinds(&judged), [ButtonKind::Up, ButtonKind::Down]);
    }
}
