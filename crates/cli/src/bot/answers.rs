//! Questions of the bot go where the page's go.

use std::sync::Arc;

use pinakes_api::{ApiError, AskEvent, AskRequest, AskResponse, Code, FeedbackRequest, FeedbackVerdict, Filters};
use pinakes_bot::{Answers, Promise, Question};
use pinakes_server::Library;
use pinakes_types::{DocId, Scope};
use tokio::sync::mpsc;

/// Answers from the store that is served.
pub(super) struct LibraryAnswers(pub(super) Arc<dyn Library>);

impl Answers for LibraryAnswers {
    fn ask(&self, scope: Scope, question: Question, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        // Kept for its reader, a person or a channel, so that it can be gone on with and judged.
        let request = AskRequest {
            save: question.conversation.is_none(),
            conversation_id: question.conversation,
            filters: Filters { collection: question.collection, ..Filters::default() },
            ..AskRequest::new(question.text)
        };
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

    fn has_collection(&self, scope: Scope, name: String) -> Promise<bool> {
        let library = Arc::clone(&self.0);
        Box::pin(async move { Ok(library.collections(scope).await?.collections.iter().any(|one| one.name == name)) })
    }

    fn feedback(&self, scope: Scope, answer_id: String, helped: bool, by: String) -> Promise<()> {
        let verdict = if helped { FeedbackVerdict::Up } else { FeedbackVerdict::Down };
        let request = FeedbackRequest { answer_id, verdict, reason: None, comment: None };
        let library = Arc::clone(&self.0);
        Box::pin(async move {
            library.give_feedback(scope, request).await.map_err(|error| match error.code {
                Code::NotFound => ApiError::new(Code::NotFound, "This answer is no longer kept."),
                _ => error,
            })?;
            tracing::debug!(by, helped, "an answer of the bot was judged");
            Ok(())
        })
    }
}
