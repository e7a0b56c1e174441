//! What people think of answers, and golden questions made of it.

use std::collections::HashSet;

use pinakes_api::{
    ApiError, AskResponse, Code, Feedback, FeedbackItem, FeedbackList, FeedbackQuery, FeedbackReason, FeedbackRequest, FeedbackVerdict,
    Support,
};
use pinakes_catalog::{FeedbackRow, Older, TurnRow};
use pinakes_config::limits::conversation::{COMMENT_CHARS_MAX, JUDGED_MAX, JUDGED_PAGE};
use pinakes_types::{CharIndex, DocId, Scope};

use super::manage::{cursor, page, read_cursor};
use super::shown::feedback;
use crate::Searcher;
use crate::searcher::catalog_error;

/// A judged answer that says what the right one is.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The answer.
    pub answer_id: String,
    /// The question, made to stand alone.
    pub question: String,
    /// Whether the documents hold an answer.
    pub answerable: bool,
    /// Sentences that were found right; empty when there is no answer.
    pub answers: Vec<String>,
    /// Path, page and words of what they rest on.
    pub evidence: Vec<(String, Option<u32>, String)>,
}

impl Searcher {
    /// Keeps a verdict on one of the scope's own answers.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is no such answer of the scope's; a comment that is too long.
    pub async fn give_feedback(&self, scope: &Scope, request: &FeedbackRequest) -> Result<Feedback, ApiError> {
        let comment = request.comment.as_deref().map(str::trim).filter(|comment| !comment.is_empty());
        if comment.is_some_and(|comment| comment.chars().count() > COMMENT_CHARS_MAX) {
            return Err(ApiError::new(Code::BadRequest, format!("A comment has {COMMENT_CHARS_MAX} characters at most.")));
        }
        let row = FeedbackRow {
            answer: request.answer_id.clone(),
            verdict: name(&request.verdict)?,
            reason: request.reason.as_ref().map(name).transpose()?,
            comment: comment.map(str::to_owned),
            given_at: self.store.now(),
        };
        if !self.store.catalog.give_feedback(scope, &row).await.map_err(catalog_error)? {
            return Err(ApiError::new(Code::NotFound, "There is no such answer."));
        }
        Ok(feedback(row))
    }

    /// Lists the scope's own verdicts, the newest first.
    ///
    /// # Errors
    /// A limit out of range, a cursor that is none of ours.
    pub async fn feedback(&self, scope: &Scope, query: &FeedbackQuery) -> Result<FeedbackList, ApiError> {
        let limit = page(query.limit)?;
        let older = query.cursor.as_deref().map(read_cursor).transpose()?;
        let mut rows = self.store.catalog.feedback(scope, older.as_ref(), limit as u32 + 1).await.map_err(catalog_error)?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|(_, last)| cursor(last.given_at, &last.answer));
        let item = |(conversation_id, row)| FeedbackItem { conversation_id, feedback: feedback(row) };
        Ok(FeedbackList { feedback: rows.into_iter().map(item).collect(), next_cursor })
    }

    /// Everybody's verdicts as far as they say what the right answer is, and the number of those that do not: maintenance only. What rests
    /// on a document that the scope may not read, or no longer, is left out.
    ///
    /// # Errors
    /// [`Code::NotAllowed`] unless the scope reads everything; catalog errors.
    pub async fn judged(&self, scope: &Scope) -> Result<(Vec<Judged>, usize), ApiError> {
        if scope.labels().is_some() {
            return Err(ApiError::new(Code::NotAllowed, "Only the operator may read what others asked."));
        }
        let (mut usable, mut others, mut after): (Vec<Judged>, usize, Option<Older>) = (vec![], 0, None);
        loop {
            let rows = self.store.catalog.judged(after.as_ref(), JUDGED_PAGE).await.map_err(catalog_error)?;
            let Some(last) = rows.last().and_then(|row| row.feedback.as_ref()) else { break };
            after = Some((last.given_at, last.answer.clone()));
            for row in rows {
                match self.golden(scope, row).await? {
                    Some(judged) if usable.len() < JUDGED_MAX => usable.push(judged),
                    _ => others += 1,
                }
            }
        }
        Ok((usable, others))
    }

    async fn golden(&self, scope: &Scope, row: TurnRow) -> Result<Option<Judged>, ApiError> {
        let Some(feedback) = row.feedback.map(feedback) else { return Ok(None) };
        let Ok(response) = serde_json::from_str::<AskResponse>(&row.kept.response) else { return Ok(None) };
        let cited: HashSet<&DocId> = response.citations.iter().map(|citation| &citation.doc_id).collect();
        let cited: Vec<DocId> = cited.into_iter().cloned().collect();
        let readable = self.store.catalog.readable(scope, &cited).await.map_err(catalog_error)?;
        Ok(golden(&row.kept.question, &feedback, &response).filter(|_| readable.len() == cited.len()))
    }
}

/// What a verdict says of the right answer: an answer that helped is one, a refusal that helped is one, and so is a refusal in place of an
/// answer that should have been one. Everything else only says what was wrong.
fn golden(question: &str, feedback: &Feedback, response: &AskResponse) -> Option<Judged> {
    let answerable = match (feedback.verdict, feedback.reason) {
        (FeedbackVerdict::Up, _) => !response.refused,
        (FeedbackVerdict::Down, Some(FeedbackReason::Unanswerable)) if !response.refused => false,
        (FeedbackVerdict::Down, _) => return None,
    };
    let judged = Judged {
        answer_id: feedback.answer_id.clone(),
        question: response.queries.first().map_or(question, String::as_str).to_owned(),
        answerable,
        answers: if answerable { right_words(response) } else { vec![] },
        evidence: if answerable {
            response.citations.iter().map(|one| (one.path.clone(), one.page, one.quote.clone())).collect()
        } else {
            vec![]
        },
    };
    (!answerable || !judged.answers.is_empty()).then_some(judged)
}

/// The parts of an answer that its quotations bear out wholly.
fn right_words(response: &AskResponse) -> Vec<String> {
    let answer = CharIndex::new(&response.answer);
    let borne_out = response.citations.iter().filter(|citation| citation.support == Support::Full);
    let mut words: Vec<String> = borne_out.map(|citation| answer.slice(citation.answer_span).trim().to_owned()).collect();
    words.retain(|words| words.chars().any(char::is_alphanumeric));
    words.dedup();
    words
}

/// A choice by its name in the API.
fn name(choice: &impl serde::Serialize) -> Result<String, ApiError> {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(ApiError::internal("a choice without a name")),
    }
}

#[cfg(test)]
mod tests {
    use pinakes_api::{Citation, QuoteMatch};
    use pinakes_types::{CharSpan, DocVersion, Timestamp};

    use super::*;

    fn response(refused: bool) -> AskResponse {
        let citation = Citation {
            marker: 1,
            answer_span: CharSpan::new(0, 8),
            doc_id: DocId("d".into()),
            doc_version: DocVersion("v".into()),
            title: "Leave".into(),
            path: "leave.md".into(),
            page: Some(2),
            char_span: CharSpan::new(3, 11),
            quote: "25 days.".into(),
            quote_match: QuoteMatch::Exact,
            support: Support::Full,
        };
        AskResponse {
            answer: "25 days. [1]".into(),
            refused,
            citations: if refused { vec![] } else { vec![citation] },
            queries: vec!["and in Germany? vacation days".into()],
            ..AskResponse::default()
        }
    }

    fn judged(verdict: FeedbackVerdict, reason: Option<FeedbackReason>, refused: bool) -> Option<Judged> {
        let feedback = Feedback { answer_id: "a".into(), verdict, reason, comment: None, given_at: Timestamp(0) };
        golden("and in Germany?", &feedback, &response(refused))
    }

    #[test]
    fn only_verdicts_that_say_what_is_right_become_golden() {
        use FeedbackVerdict::{Down, Up};
        let right = judged(Up, None, false).unwrap();
        assert_eq!((right.answerable, right.question.as_str()), (true, "and in Germany? vacation days"));
        assert_eq!(right.answers, ["25 days."]);
        assert_eq!(right.evidence, [("leave.md".to_owned(), Some(2), "25 days.".to_owned())]);
        for (verdict, reason, refused) in [(Up, None, true), (Down, Some(FeedbackReason::Unanswerable), false)] {
            let none = judged(verdict, reason, refused).unwrap();
            assert!(!none.answerable && none.answers.is_empty() && none.evidence.is_empty());
        }
        assert_eq!(judged(Down, Some(FeedbackReason::Wrong), false), None);
        assert_eq!(judged(Down, None, false), None);
        assert_eq!(judged(Down, Some(FeedbackReason::Refused), true), None);
    }
}
