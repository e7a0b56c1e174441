//! What the tools ask for, and who gives it: a server, within its bounds, or a searcher in this very process.

use actix_web::web::Data;
use futures::FutureExt;
use futures::future::BoxFuture;
use pinakes_answer::Searcher;
use pinakes_api::{ApiError, AskRequest, AskResponse, ContentQuery, DocumentContent, SearchRequest, SearchResponse};
use pinakes_types::{DocId, Scope};
use tokio::sync::mpsc;

use crate::deadline::within;
use crate::state::State;
use crate::work::Work;

/// A read, cancelled when dropped.
pub(super) type Read<'a, T> = BoxFuture<'a, Result<T, ApiError>>;

pub(super) trait Reading: Send + Sync + 'static {
    /// Passages.
    fn search(&self, scope: Scope, request: SearchRequest) -> Read<'_, SearchResponse>;

    /// An answer.
    fn ask(&self, scope: Scope, request: AskRequest) -> Read<'_, AskResponse>;

    /// The part of a document in which a character stands.
    fn read(&self, scope: Scope, doc: DocId, at: usize) -> Read<'_, DocumentContent>;
}

/// The server's state, made one that crosses threads.
pub(super) struct Serving(pub(super) Data<State>);

impl Reading for Serving {
    fn search(&self, scope: Scope, request: SearchRequest) -> Read<'_, SearchResponse> {
        async move { self.0.read(self.0.library().search(scope, request)).await.map_err(|failure| failure.0) }.boxed()
    }

    fn ask(&self, scope: Scope, request: AskRequest) -> Read<'_, AskResponse> {
        let work = async move {
            let place = self.0.asks.enter().await.map_err(|failure| failure.0)?;
            let (sender, events) = mpsc::channel(self.0.limits.stream_events_max);
            drop(events);
            let answer = within(self.0.limits.ask_time_max, self.0.library().ask(scope, request, sender));
            let answered = Work::spawn(&self.0.runtime, answer).await;
            drop(place);
            answered
        };
        work.boxed()
    }

    fn read(&self, scope: Scope, doc: DocId, at: usize) -> Read<'_, DocumentContent> {
        let query = ContentQuery { page: None, at: Some(at) };
        async move { self.0.read(self.0.library().content(scope, doc, query)).await.map_err(|failure| failure.0) }.boxed()
    }
}

impl Reading for Searcher {
    fn search(&self, scope: Scope, request: SearchRequest) -> Read<'_, SearchResponse> {
        async move { Self::search(self, &scope, &request).await }.boxed()
    }

    fn ask(&self, scope: Scope, request: AskRequest) -> Read<'_, AskResponse> {
        async move { Self::ask(self, &scope, &request, None).await }.boxed()
    }

    fn read(&self, scope: Scope, doc: DocId, at: usize) -> Read<'_, DocumentContent> {
        async move { self.content(&scope, &doc, &ContentQuery { page: None, at: Some(at) }).await }.boxed()
    }
}
