//! A question, its answer with citations, and the events of an answer on its way.

use pinakes_types::{CharSpan, DocId, DocVersion};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Problem;
use crate::search::{Filters, Hit, SearchMode};

/// A question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskRequest {
    /// The question; not empty, at most 4,096 characters.
    #[schema(min_length = 1, max_length = 4096, pattern = "\\S")]
    pub question: String,
    /// What to search.
    #[serde(default)]
    pub filters: Filters,
    /// Which legs propose evidence.
    #[serde(default)]
    pub mode: SearchMode,
    /// Whether the answer comes as events while it is made (HTTP: server-sent events).
    #[serde(default)]
    pub stream: bool,
    /// The conversation it continues; its earlier turns say what "it" and "there" mean. Absent: a question by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// Whether question and answer are kept as the beginning of a conversation, which the answer then names. What continues a
    /// conversation is kept in it anyway; everything else is forgotten once it is answered.
    #[serde(default)]
    pub save: bool,
    /// Which of `/v1/models` writes; the configured one when absent, none ([`AskResponse::EXTRACTIVE`]) for the documents' own sentences.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whether the model reasons before it answers; as configured when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thinking: Option<bool>,
    /// How the generator cites; as configured when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citing: Option<Citing>,
    /// Whether sentences that no quotation bears out are left out instead of marked; as configured when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
}

impl AskRequest {
    /// A question with every choice left at its default.
    #[must_use]
    pub fn new(question: impl Into<String>) -> Self {
        Self {
            question: question.into(),
            filters: Filters::default(),
            mode: SearchMode::default(),
            stream: false,
            conversation_id: None,
            save: false,
            model: None,
            thinking: None,
            citing: None,
            strict: None,
        }
    }
}

/// How a generator says what a sentence rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Citing {
    /// It writes `[n]`; what the sentence rests on is looked for in source `n`, and elsewhere where it is not there.
    #[default]
    Markers,
    /// It quotes, and between quotation marks can only write what stands in a source.
    Quotes,
}

/// How a citation's quote was found in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum QuoteMatch {
    /// Character by character.
    Exact,
    /// After folding white space, case and typographic variants; `quote` still is what the document says.
    Normalized,
}

/// How far a quote bears out the sentence it is cited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// Wholly.
    Full,
    /// In part.
    Partial,
    /// Not at all.
    None,
}

/// One checkable claim: this part of the answer rests on these very words of that document version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Citation {
    /// Number shown, from 1.
    pub marker: u32,
    /// The part of `answer` it stands for: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub answer_span: CharSpan,
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// What the document said when it was read.
    #[schema(value_type = String)]
    pub doc_version: DocVersion,
    /// Its title.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// Page the quote starts on, where the format has pages.
    pub page: Option<u32>,
    /// Where the quote stands in the document's stored text: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub char_span: CharSpan,
    /// The stored text at `char_span`, word by word.
    pub quote: String,
    /// How it was found.
    pub quote_match: QuoteMatch,
    /// How far it bears out the sentence.
    pub support: Support,
}

/// What was looked through for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Searched {
    /// Documents the question could have found.
    pub documents: u64,
    /// Passages read for it.
    pub passages: u64,
}

/// One sentence of the answer, and how far the quotations cited in it bear it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AnswerSentence {
    /// Its place in `answer`, without its markers: `[start, end)` in characters.
    #[schema(value_type = [usize; 2])]
    pub span: CharSpan,
    /// The strongest of its citations' support; [`Support::None`] without any.
    pub support: Support,
    /// The markers cited in it.
    pub markers: Vec<u32>,
}

/// How much of a document the generator was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Extent {
    /// All of it.
    Whole,
    /// The sections in which something was found.
    Sections,
    /// The passages found, with their neighbours.
    Passages,
    /// Found, and left out for want of room.
    Unread,
}

/// A document that was found, and how much of it the answer draws on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// The number it has in the prompt, from 1; 0 when unread.
    pub number: u32,
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// Its title.
    pub title: String,
    /// Its path within its source.
    pub path: String,
    /// How much of it was read.
    pub extent: Extent,
    /// Characters read, of `chars_total`.
    pub chars_read: usize,
    /// Characters it has.
    pub chars_total: usize,
    /// Whether it says of itself that it no longer holds.
    pub superseded: bool,
}

/// Wall time of each step, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    /// Finding and checking evidence.
    pub retrieval_ms: u64,
    /// Until the first words of the answer, from the start.
    pub first_words_ms: u64,
    /// Making the answer and its citations.
    pub answer_ms: u64,
    /// Of which choosing and laying out what the generator reads.
    #[serde(default)]
    pub context_ms: u64,
    /// Of which holding its sentences against that.
    #[serde(default)]
    pub verification_ms: u64,
    /// Everything.
    pub total_ms: u64,
}

/// What spoke for the answer, or against it. The question is refused when `support` is below the configured floor.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
pub struct Evidence {
    /// How likely the evidence answers the question, 0 to 1, from all below.
    pub support: f32,
    /// Likeness of the question and the sentence ranked first, 0 to 1.
    pub sentence: f32,
    /// Likeness of the question and the sentence most like it, 0 to 1.
    #[serde(default)]
    pub nearest: f32,
    /// Likeness of the question and the passage most like it, 0 to 1.
    pub passage: f32,
    /// Most that one sentence has of the question's telling words, each weighed by how rare it is, 0 to 1.
    #[serde(default)]
    pub words: f32,
    /// Most that one passage has of them, its title and headings included, 0 to 1.
    pub coverage: f32,
    /// Share of its acronyms and product codes that stand in the passage of the best sentence; 1 when it has none.
    pub names: f32,
    /// Score of the sentence ranked first, about 0 to 2.5.
    #[serde(default)]
    pub rank: f32,
    /// How far it stands before the sixth.
    #[serde(default)]
    pub lead: f32,
    /// How far the first passage's likeness stands above those from the fourth on.
    #[serde(default)]
    pub spread: f32,
    /// 1 when the question asks for a thing of a known kind: a time, a sum, a person.
    #[serde(default)]
    pub particular: f32,
}

/// Tokens the generator used; all zero when the answer is extractive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Usage {
    /// Tokens read, cached ones included.
    pub prompt_tokens: u64,
    /// Tokens read whose computation was reused.
    pub cached_tokens: u64,
    /// Tokens written.
    pub completion_tokens: u64,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AskResponse {
    /// The answer, or the words of the refusal.
    pub answer: String,
    /// Whether the evidence was not there.
    pub refused: bool,
    /// The generator's name; [`AskResponse::EXTRACTIVE`] when the sentences are the documents' own.
    pub model: String,
    /// In the order of the answer.
    pub citations: Vec<Citation>,
    /// How long each step took.
    pub timings: Timings,
    /// Tokens used.
    pub usage: Usage,
    /// What was looked through.
    pub searched: Searched,
    /// Whether the answer is made of the documents' own sentences.
    pub extractive: bool,
    /// What spoke for it.
    #[serde(default)]
    pub evidence: Evidence,
    /// When refused: the nearest passages all the same.
    #[serde(default)]
    pub nearest: Vec<Hit>,
    /// The answer's sentences in their order, each with its label. Empty when refused.
    #[serde(default)]
    pub sentences: Vec<AnswerSentence>,
    /// What was read for it and what was not, in the order of the prompt.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// What was searched for, where that is not the question itself: a follow-up made to stand alone, a question taken apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<String>,
    /// What the model said to itself before it answered, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// What a reader should know of how the answer came about, in words: sources that disagree, a generator that fell back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The host that the question and its sources were sent to, where the generator is another server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
    /// The conversation it is kept in, where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// By what feedback names it, where it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_id: Option<String>,
}

impl Default for AskResponse {
    /// An empty extractive answer.
    fn default() -> Self {
        Self {
            answer: String::new(),
            refused: false,
            model: Self::EXTRACTIVE.to_owned(),
            citations: vec![],
            timings: Timings::default(),
            usage: Usage::default(),
            searched: Searched::default(),
            extractive: true,
            evidence: Evidence::default(),
            nearest: vec![],
            sentences: vec![],
            sources: vec![],
            queries: vec![],
            reasoning: None,
            notes: vec![],
            sent_to: None,
            conversation_id: None,
            answer_id: None,
        }
    }
}

impl AskResponse {
    /// `model` of an answer without a generator.
    pub const EXTRACTIVE: &'static str = "extractive";
}

/// What retrieval found, sent before the first words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Retrieval {
    /// What was looked through.
    pub searched: Searched,
    /// Time it took, in milliseconds.
    pub took_ms: u64,
    /// The evidence, best first.
    pub hits: Vec<Hit>,
}

/// One event of an answer on its way. As server-sent events: the event's name is [`AskEvent::name`] and the data is this JSON; on the
/// command line: one JSON object a line. Order: `retrieval`, then `reasoning`, then `delta` and `citation` mixed, `usage`, and last either `done` or `error`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum AskEvent {
    /// The evidence is known.
    Retrieval(Retrieval),
    /// More of the answer; the deltas joined are `answer`.
    Delta {
        /// The words.
        text: String,
    },
    /// More of what the model says to itself first; not part of `answer`.
    Reasoning {
        /// The words.
        text: String,
    },
    /// A verified citation of what was already sent.
    Citation(Citation),
    /// Tokens used.
    Usage(Usage),
    /// It ended early, and why.
    Error(Problem),
    /// The whole answer once more; it is what counts.
    Done(Box<AskResponse>),
}

impl AskEvent {
    /// The event's name, the same as the `event` field.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Retrieval(_) => "retrieval",
            Self::Delta { .. } => "delta",
            Self::Reasoning { .. } => "reasoning",
            Self::Citation(_) => "citation",
            Self::Usage(_) => "usage",
            Self::Error(_) => "error",
            Self::Done(_) => "done",
        }
    }

    /// Whether nothing comes after it.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Error(_) | Self::Done(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response() -> AskResponse {
        AskResponse {
            answer: "Ten days.".into(),
            refused: false,
            model: AskResponse::EXTRACTIVE.into(),
            citations: vec![Citation {
                marker: 1,
                answer_span: CharSpan::new(0, 9),
                doc_id: DocId("d".into()),
                doc_version: DocVersion("v".into()),
                title: "t".into(),
                path: "p".into(),
                page: None,
                char_span: CharSpan::new(4, 13),
                quote: "Ten days.".into(),
                quote_match: QuoteMatch::Normalized,
                support: Support::Full,
            }],
            searched: Searched { documents: 2, passages: 9 },
            ..AskResponse::default()
        }
    }

    #[test]
    fn the_stable_names_of_an_answer() {
        let json = serde_json::to_value(response()).unwrap();
        for name in ["answer", "refused", "model", "citations", "timings", "usage", "searched", "extractive"] {
            assert!(json.get(name).is_some(), "{name}");
        }
        let citation = &json["citations"][0];
        for name in ["marker", "answer_span", "doc_id", "doc_version", "title", "path", "page", "char_span", "quote"] {
            assert!(citation.get(name).is_some(), "{name}");
        }
        assert_eq!((&citation["quote_match"], &citation["support"]), (&"normalized".into(), &"full".into()));
        assert_eq!(json["usage"], serde_json::json!({"prompt_tokens": 0, "cached_tokens": 0, "completion_tokens": 0}));
    }

    #[test]
    fn every_event_carries_its_own_name_and_reads_back() {
        let retrieval = Retrieval { searched: Searched::default(), took_ms: 1, hits: vec![] };
        let problem = Problem::new(&crate::ApiError::new(crate::Code::Timeout, "too slow"), "r");
        let events = [
            AskEvent::Retrieval(retrieval),
            AskEvent::Reasoning { text: "Hm".into() },
            AskEvent::Delta { text: "Ten".into() },
            AskEvent::Citation(response().citations.remove(0)),
            AskEvent::Usage(Usage::default()),
            AskEvent::Error(problem),
            AskEvent::Done(Box::new(response())),
        ];
        for event in events {
            let json = serde_json::to_value(&event).unwrap();
            assert_eq!(json["event"], event.name());
            assert_eq!(serde_json::from_value::<AskEvent>(json).unwrap(), event);
        }
    }
}
