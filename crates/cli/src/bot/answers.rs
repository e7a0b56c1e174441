//! Questions of the bot go where the page's go.

use std::sync::Arc;

use pinakes_api::{AskEvent, AskRequest, AskResponse, Code, FeedbackRequest, FeedbackVerdict, Filters};
use pinakes_bot::{Answers, Promise, Question};
use pinakes_server::Library;
use pinakes_types::{DocId, Scope, SourceId};
use tokio::sync::mpsc;

/// Answers from the store that is served.
pub(super) struct LibraryAnswers(pub(super) Arc<dyn Library>);

impl Answers for LibraryAnswers {
    /// A first question that is kept begins one by itself.
    fn converse(&self, _: Scope) -> Promise<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn ask(&self, scope: Scope, question: Question, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        // As with the models `pinakes/SOURCE`, a collection is a source.
        let sources = question.collection.into_iter().map(SourceId).collect();
        let filters = Filters { sources, ..Filters::default() };
        let request = AskRequest { conversation_id: question.conversation, save: true, filters, ..AskRequest::new(question.text) };
        Arc::clone(&self.0).ask(scope, request, events)
    }

    fn readable(&self, scope: Scope, documents: Vec<DocId>) -> Promise<Vec<DocId>> {
        let library = Arc::clone(&self.0);
        Box::pin(async move {
            let mut readable = Vec::new();
            for document in documents {
                match Arc::clone(&library).document(scope.clone(), document.clone()).await {
                    Ok(_) => readable.push(document),
                    Err(error) if error.code == Code::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(readable)
        })
    }

    fn feedback(&self, scope: Scope, answer_id: String, helped: bool, by: String) -> Promise<()> {
        let verdict = if helped { FeedbackVerdict::Up } else { FeedbackVerdict::Down };
        // The answer is its reader's, who may be a whole channel: who of them thinks so is said in words.
        let comment = (by != scope.subject()).then(|| format!("by {by}"));
        let library = Arc::clone(&self.0);
        let request = FeedbackRequest { answer_id, verdict, reason: None, comment };
        Box::pin(async move { library.give_feedback(scope, request).await.map(drop) })
    }
}
