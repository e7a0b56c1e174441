//! Whether a kept answer may still be shown. The catalog is asked anew each time (ARCHITECTURE.md, invariant 1): an answer is withheld
//! whole when any document it rests on is gone or no longer its reader's, because no part of a text says what it does not rest on.

use std::collections::HashSet;

use pinakes_api::{ApiError, AskResponse, ConversationTurn, Extent, Feedback, FeedbackReason, FeedbackVerdict, Hit, Searched};
use pinakes_catalog::{FeedbackRow, TurnRow};
use pinakes_types::{ChunkId, DocId, Scope};
use serde::{Deserialize, Serialize};

use crate::Searcher;
use crate::searcher::catalog_error;

/// What was searched for and found for an answer: kept with it, since that is what feedback judges.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct KeptRetrieval {
    /// What was searched for.
    pub(crate) queries: Vec<String>,
    /// What was looked through.
    pub(crate) searched: Searched,
    /// What was found, best first.
    pub(crate) hits: Vec<KeptHit>,
    /// Documents that the earlier answers in the prompt rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) earlier: Vec<DocId>,
}

/// A passage that was found, by name: its words are not kept a second time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct KeptHit {
    pub(crate) rank: usize,
    pub(crate) score: f32,
    pub(crate) doc_id: DocId,
    pub(crate) path: String,
    pub(crate) chunk_id: ChunkId,
}

impl From<&Hit> for KeptHit {
    fn from(hit: &Hit) -> Self {
        Self { rank: hit.rank, score: hit.score, doc_id: hit.doc_id.clone(), path: hit.path.clone(), chunk_id: hit.chunk_id }
    }
}

/// A turn as its owner may see it.
pub(crate) struct Shown {
    pub(crate) turn: ConversationTurn,
    /// Documents that the earlier answers it was made from rest on.
    pub(crate) earlier: Vec<DocId>,
}

/// The words in place of an answer that is withheld.
const WITHHELD: &str = "This answer rests on a document that is gone or that you may no longer read; it is not shown any more.";

impl Searcher {
    /// Turns as the scope may see them now.
    pub(crate) async fn shown(&self, scope: &Scope, rows: Vec<TurnRow>) -> Result<Vec<Shown>, ApiError> {
        let kept: Vec<(TurnRow, Option<(AskResponse, KeptRetrieval)>)> = rows.into_iter().map(read).collect();
        let mut documents: HashSet<&DocId> = HashSet::new();
        for (response, retrieval) in kept.iter().filter_map(|(_, kept)| kept.as_ref()) {
            documents.extend(rests_on(response).chain(&retrieval.earlier));
            documents.extend(response.nearest.iter().map(|hit| &hit.doc_id).chain(response.sources.iter().map(|source| &source.doc_id)));
        }
        let documents: Vec<DocId> = documents.into_iter().cloned().collect();
        let readable = self.store.catalog.readable(scope, &documents).await.map_err(catalog_error)?;
        Ok(kept.into_iter().map(|(row, kept)| show(row, kept, &readable)).collect())
    }
}

fn read(row: TurnRow) -> (TurnRow, Option<(AskResponse, KeptRetrieval)>) {
    let response = serde_json::from_str(&row.kept.response);
    let retrieval = serde_json::from_str(&row.kept.retrieval);
    let kept = match (response, retrieval) {
        (Ok(response), Ok(retrieval)) => Some((response, retrieval)),
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(answer = row.kept.answer, %error, "a kept answer cannot be read and is withheld");
            None
        }
    };
    (row, kept)
}

fn show(row: TurnRow, kept: Option<(AskResponse, KeptRetrieval)>, readable: &HashSet<DocId>) -> Shown {
    let kept = kept.filter(|(response, retrieval)| {
        let earlier = retrieval.earlier.iter().filter(|_| !response.extractive);
        rests_on(response).chain(earlier).all(|document| readable.contains(document))
    });
    let withheld = kept.is_none();
    let (mut response, mut retrieval) = kept.unwrap_or_else(|| {
        let withheld = AskResponse { answer: WITHHELD.to_owned(), notes: vec![WITHHELD.to_owned()], ..AskResponse::default() };
        (withheld, KeptRetrieval::default())
    });
    response.nearest.retain(|hit| readable.contains(&hit.doc_id));
    response.sources.retain(|source| readable.contains(&source.doc_id));
    if !retrieval.earlier.iter().all(|document| readable.contains(document)) {
        // The words a follow-up was given may be those of an earlier answer; without them nothing of it is left.
        response.queries.clear();
        retrieval.earlier.clear();
    }
    response.answer_id = Some(row.kept.answer.clone());
    let turn = ConversationTurn {
        turn: row.turn,
        answer_id: row.kept.answer,
        question: row.kept.question,
        asked_at: row.kept.asked_at,
        withheld,
        response,
        feedback: row.feedback.map(feedback),
    };
    Shown { turn, earlier: retrieval.earlier }
}

/// The documents whose words an answer may hold: those it cites, and those its prompt held.
pub(crate) fn rests_on(response: &AskResponse) -> impl Iterator<Item = &DocId> {
    let read = response.sources.iter().filter(|source| source.extent != Extent::Unread && !response.extractive);
    response.citations.iter().map(|citation| &citation.doc_id).chain(read.map(|source| &source.doc_id))
}

/// A verdict in the words of the API.
pub(crate) fn feedback(row: FeedbackRow) -> Feedback {
    fn named<T: serde::de::DeserializeOwned>(name: &str) -> Option<T> {
        serde_json::from_value(name.into()).ok()
    }
    Feedback {
        answer_id: row.answer,
        verdict: named(&row.verdict).unwrap_or(FeedbackVerdict::Down),
        reason: row.reason.as_deref().map(|name| named(name).unwrap_or(FeedbackReason::Other)),
        comment: row.comment,
        given_at: row.given_at,
    }
}

#[cfg(test)]
mod tests {
    use pinakes_api::{Citation, QuoteMatch, Source, Support};
    use pinakes_catalog::NewTurn;
    use pinakes_types::{CharSpan, DocVersion, Timestamp};

    use super::*;

    fn doc(name: &str) -> DocId {
        DocId(name.to_owned())
    }

    fn source(name: &str, extent: Extent) -> Source {
        Source {
            number: 1,
            doc_id: doc(name),
            title: format!("secret title of {name}"),
            path: "p".into(),
            extent,
            chars_read: 1,
            chars_total: 1,
            superseded: false,
        }
    }

    fn answered(extractive: bool) -> AskResponse {
        let citation = Citation {
            marker: 1,
            answer_span: CharSpan::new(0, 6),
            doc_id: doc("cited"),
            doc_version: DocVersion("v".into()),
            title: "t".into(),
            path: "p".into(),
            page: None,
            char_span: CharSpan::new(0, 6),
            quote: "secret".into(),
            quote_match: QuoteMatch::Exact,
            support: Support::Full,
        };
        AskResponse {
            answer: "secret [1]".into(),
            citations: vec![citation],
            sources: vec![source("cited", Extent::Whole), source("read", Extent::Passages), source("unread", Extent::Unread)],
            queries: vec!["secret words of before".into()],
            extractive,
            ..AskResponse::default()
        }
    }

    fn shown(response: &AskResponse, readable: &[&str]) -> ConversationTurn {
        let retrieval = KeptRetrieval { earlier: vec![doc("before")], ..KeptRetrieval::default() };
        let kept = NewTurn {
            answer: "a".into(),
            question: "q".into(),
            response: serde_json::to_string(response).unwrap(),
            retrieval: serde_json::to_string(&retrieval).unwrap(),
            asked_at: Timestamp(1),
        };
        let (row, kept) = read(TurnRow { turn: 1, kept, feedback: None });
        show(row, kept, &readable.iter().map(|name| doc(name)).collect()).turn
    }

    #[test]
    fn an_answer_goes_with_the_first_document_it_rests_on() {
        let all = ["cited", "read", "unread", "before"];
        for extractive in [true, false] {
            assert!(!shown(&answered(extractive), &all).withheld);
            for (gone, withheld) in [("cited", true), ("read", !extractive), ("before", !extractive), ("unread", false)] {
                let rest: Vec<&str> = all.into_iter().filter(|name| *name != gone).collect();
                let turn = shown(&answered(extractive), &rest);
                assert_eq!(turn.withheld, withheld, "{gone}, extractive: {extractive}");
                let json = serde_json::to_string(&turn).unwrap();
                assert_eq!(json.contains("secret title"), !withheld, "{json}");
                assert!(!json.contains(&format!("secret title of {gone}")), "{json}");
                assert!(!(withheld && json.contains("secret")), "{json}");
                assert!(!(gone == "before" && json.contains("secret words of before")), "{json}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_withheld() {
        let kept = NewTurn {
            answer: "a".into(),
            question: "q".into(),
            response: "{\"of another\": \"release\"}".into(),
            retrieval: "{}".into(),
            asked_at: Timestamp(1),
        };
        let (row, kept) = read(TurnRow { turn: 1, kept, feedback: None });
        assert!(show(row, kept, &HashSet::new()).turn.withheld);
    }
}
