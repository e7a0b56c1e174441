//! What was asked and answered before a question.

use std::collections::BTreeSet;
use std::time::Instant;

use pinakes_api::{ApiError, Code, ConversationTurn, Extent};
use pinakes_config::limits::conversation::{EARLIER_ANSWER_CHARS_MAX, EARLIER_DOCUMENTS_MAX, EARLIER_TURNS_MAX, TURNS_MAX};
use pinakes_types::{DocId, Scope};

use super::fitting::fitting;
use super::manage::no_conversation;
use super::shown::{Shown, rests_on};
use crate::Searcher;
use crate::searcher::catalog_error;

/// A question that was asked before, and what was answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turn {
    /// As asked.
    pub question: String,
    /// As answered, without markers.
    pub answer: String,
}

/// What a conversation holds before a question.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// Its turns with an answer, oldest first, as many as are to be read again.
    pub turns: Vec<Turn>,
    /// The documents given with the turn before, in the order of the prompt: they stay where they stood.
    pub documents: Vec<DocId>,
    /// What is searched for instead of the question, where it does not stand alone.
    pub query: Option<String>,
    /// Documents that the answers draw on, those of the answers before them included.
    pub(crate) rests_on: BTreeSet<DocId>,
    /// The conversation that is continued, with the collection it is held to; `None` where somebody else keeps it, or there is none.
    pub(crate) held_to: Option<Option<String>>,
    /// Time it took to say so, in milliseconds.
    pub(crate) took_ms: u64,
}

/// A kept turn with what a follow-up may take from it.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    pub(super) turn: Turn,
    /// What was searched for: the question, made to stand alone.
    pub(super) query: String,
    /// Titles of what was cited, none twice.
    pub(super) titles: Vec<String>,
    /// Documents that its prompt held, in their order.
    pub(super) documents: Vec<DocId>,
    /// Documents that the answer draws on, those of the answers before it included.
    pub(super) rests_on: BTreeSet<DocId>,
}

impl Said {
    /// A turn that somebody else kept.
    pub(super) fn told(turn: Turn) -> Self {
        let turn = Turn { answer: shortened(&turn.answer), ..turn };
        Self { query: turn.question.clone(), turn, ..Self::default() }
    }

    fn kept(shown: Shown) -> Self {
        let Shown { turn: ConversationTurn { question, response, withheld, .. }, earlier } = shown;
        if withheld {
            // Only what the asker said: not what was answered, nor what was searched for.
            return Self::told(Turn { question, answer: String::new() });
        }
        let mut titles: Vec<String> = Vec::new();
        for citation in &response.citations {
            if !titles.contains(&citation.title) {
                titles.push(citation.title.clone());
            }
        }
        let rests_on = rests_on(&response).cloned().chain(earlier).collect();
        let read = response.sources.iter().filter(|source| source.extent != Extent::Unread && !response.extractive);
        let documents = read.map(|source| source.doc_id.clone()).collect();
        let answer = if response.refused { String::new() } else { shortened(&unmarked(&response.answer)) };
        Self { query: response.queries.first().unwrap_or(&question).clone(), turn: Turn { question, answer }, titles, documents, rests_on }
    }
}

impl Searcher {
    /// What the conversation that a question continues holds before it; nothing without one.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is no such conversation of the asker's; [`Code::NotAllowed`] where nothing is kept;
    /// [`Code::BadRequest`] when it has as many turns as one may have.
    pub(crate) async fn take_up(&self, scope: &Scope, question: &str, conversation: Option<&str>) -> Result<Earlier, ApiError> {
        let Some(id) = conversation else { return Ok(Earlier::default()) };
        let started = Instant::now();
        let row = self.store.catalog.conversation(scope, id).await.map_err(catalog_error)?.ok_or_else(no_conversation)?;
        self.may_keep()?;
        if row.turns >= TURNS_MAX {
            return Err(ApiError::new(Code::BadRequest, format!("A conversation has {TURNS_MAX} questions at most; begin a new one.")));
        }
        let rows = self.store.catalog.turns(scope, id, None, looked_at(row.turns as usize) as u32).await.map_err(catalog_error)?;
        let mut said: Vec<Said> = self.shown(scope, rows).await?.into_iter().map(Said::kept).collect();
        bound_documents(&mut said);
        let earlier = self.earlier(scope, question, said).await?;
        Ok(Earlier { took_ms: started.elapsed().as_millis() as u64, held_to: Some(row.collection), ..earlier })
    }

    /// What a question comes after when somebody else keeps the conversation, such as a client that sends all of it each time. Turns, oldest
    /// first; the last few count.
    ///
    /// # Errors
    /// A text that cannot be counted.
    pub async fn after(&self, scope: &Scope, question: &str, turns: Vec<Turn>) -> Result<Earlier, ApiError> {
        let skipped = turns.len() - looked_at(turns.len());
        let said = turns.into_iter().skip(skipped).map(Said::told).collect();
        self.earlier(scope, question.trim(), said).await
    }

    async fn earlier(&self, scope: &Scope, question: &str, said: Vec<Said>) -> Result<Earlier, ApiError> {
        let query = self.stand_alone(scope, question, &said).await;
        let documents = said.last().map(|last| last.documents.clone()).unwrap_or_default();
        let rests_on = said.iter().flat_map(|said| said.rests_on.iter().cloned()).collect();
        let mut turns: Vec<Turn> = said.into_iter().map(|said| said.turn).filter(|turn| !turn.answer.is_empty()).collect();
        if let Some(generator) = self.generators.here() {
            let fitting = fitting(generator, &turns)?.len();
            turns.drain(..turns.len() - fitting);
        }
        Ok(Earlier { turns, documents, query, rests_on, held_to: None, took_ms: 0 })
    }
}

/// How many of the last turns are looked at. Several fall away at a time, not one with each question: the prompts of the questions between
/// begin alike, and what was read of them is reused.
fn looked_at(turns: usize) -> usize {
    const STEP: usize = EARLIER_TURNS_MAX / 2;
    if turns <= EARLIER_TURNS_MAX { turns } else { turns - (turns - STEP) / STEP * STEP }
}

/// Leaves out the answers of the oldest turns, so that the newest rest on a bounded number of documents together.
fn bound_documents(turns: &mut [Said]) {
    let mut all: BTreeSet<DocId> = BTreeSet::new();
    let mut room = true;
    for said in turns.iter_mut().rev() {
        let with: BTreeSet<DocId> = all.union(&said.rests_on).cloned().collect();
        room &= with.len() <= EARLIER_DOCUMENTS_MAX;
        if room {
            all = with;
        } else {
            let question = said.turn.question.clone();
            *said = Said::told(Turn { question, answer: String::new() });
        }
    }
}

/// Without the markers of its citations, which mean nothing beside other documents.
fn unmarked(answer: &str) -> String {
    let mut kept = String::with_capacity(answer.len());
    let mut rest = answer;
    while let Some((before, after)) = rest.split_once('[') {
        let marker = after.split_once(']').filter(|(inside, _)| !inside.is_empty() && inside.bytes().all(|byte| byte.is_ascii_digit()));
        match marker {
            Some((_, after)) => {
                kept.push_str(before.strip_suffix(' ').unwrap_or(before));
                rest = after;
            }
            None => {
                kept.push_str(before);
                kept.push('[');
                rest = after;
            }
        }
    }
    kept.push_str(rest);
    kept
}

fn shortened(answer: &str) -> String {
    match answer.char_indices().nth(EARLIER_ANSWER_CHARS_MAX) {
        Some((end, _)) => format!("{} …", &answer[..end]),
        None => answer.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(question: &str, answer: &str) -> Said {
        Said::told(Turn { question: question.to_owned(), answer: answer.to_owned() })
    }

    #[test]
    fn markers_go_and_other_brackets_stay() {
        for (answer, expected) in [
            ("It is 25 days. [1] They lapse. [2]", "It is 25 days. They lapse."),
            ("Ask [HR] first [12].", "Ask [HR] first."),
            ("a [b", "a [b"),
            ("[]", "[]"),
        ] {
            assert_eq!(unmarked(answer), expected);
        }
    }

    #[test]
    fn turns_fall_away_several_at_a_time() {
        let begins: Vec<usize> = (0..20).map(|turns| turns - looked_at(turns)).collect();
        assert_eq!(begins, [0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 4, 4, 8, 8, 8, 8, 12, 12, 12, 12]);
        assert!((0..2_000).all(|turns| looked_at(turns) <= EARLIER_TURNS_MAX && looked_at(turns) >= turns.min(4)));
    }

    #[test]
    fn the_oldest_answers_go_when_they_rest_on_too_much() {
        let turn = |number: usize, documents: std::ops::Range<usize>| Said {
            rests_on: documents.map(|document| DocId(document.to_string())).collect(),
            ..said(&format!("q{number}"), "a")
        };
        let max = EARLIER_DOCUMENTS_MAX;
        let mut turns = [turn(1, 0..1), turn(2, 0..max), turn(3, max - 5..max + 1), turn(4, max..max + 1)];
        bound_documents(&mut turns);
        assert_eq!(
            turns.map(|said| said.turn.answer),
            ["", "", "a", "a"],
            "an older one does not come back in after one that was left out"
        );
    }

    #[test]
    fn a_long_answer_is_cut_between_characters() {
        assert_eq!(said("q", &"ü".repeat(EARLIER_ANSWER_CHARS_MAX + 9)).turn.answer.chars().count(), EARLIER_ANSWER_CHARS_MAX + 2);
    }
}
