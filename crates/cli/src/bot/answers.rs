//! Questions of the bot go where the page's go.

use std::sync::Arc;

use pinakes_api::{ApiError, AskEvent, AskRequest, AskResponse, Code};
use pinakes_bot::{Answers, Promise, Question};
use pinakes_server::Library;
use pinakes_types::{DocId, Scope};
use tokio::sync::mpsc;

/// Answers from the store that is served.
pub(super) struct LibraryAnswers(pub(super) Arc<dyn Library>);

impl Answers for LibraryAnswers {
    fn converse(&self, _: Scope) -> Promise<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn ask(&self, scope: Scope, question: Question, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        let request = AskRequest { conversation_id: question.conversation, ..AskRequest::new(question.text) };
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

    fn feedback(&self, _: Scope, _: String, _: bool, _: String) -> Promise<()> {
        Box::pin(async { Err(ApiError::new(Code::NotFound, "Feedback is not kept here.")) })
    }
}
