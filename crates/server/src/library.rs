//! What the server needs of the rest of the house, in the words of the API. One type implements it over the catalog, the indexes and the
//! job queue; tests implement it slow, stuck or failing.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use pinakes_access::Decided;
use pinakes_answer::Figure;
use pinakes_api::{
    ApiError, AskEvent, AskRequest, AskResponse, CitationCheckRequest, CitationCheckResponse, CollectionList, Completed, CompletionRequest,
    CompletionWords, ContentQuery, Deleted, DocumentContent, DocumentList, DocumentListQuery, DocumentSummary, Embedded, ExplainRequest,
    Explained, IndexStatus, Job, JobList, Models, PageView, Ready, SearchRequest, SearchResponse, Turn, Uploaded,
};
use pinakes_ingest::{Original, PageImage};
use pinakes_types::{CharSpan, DocId, Label, Scope};
use tokio::sync::mpsc;

use crate::tasks::Tasks;

mod conversations;

pub use conversations::Conversations;

/// A piece of work. Dropping it cancels it.
pub type Promise<T> = BoxFuture<'static, Result<T, ApiError>>;

/// Everything that can be asked of a store. Whatever the scope does not allow is as if it were not there: `not_found`.
pub trait Library: Conversations {
    /// Ranked passages.
    fn search(self: Arc<Self>, scope: Scope, request: SearchRequest) -> Promise<SearchResponse>;

    /// The collections that may be used.
    fn collections(self: Arc<Self>, _scope: Scope) -> Promise<CollectionList> {
        Box::pin(async { Ok(CollectionList::default()) })
    }

    /// Why a search finds what it finds.
    fn explain(self: Arc<Self>, scope: Scope, request: ExplainRequest) -> Promise<Explained>;

    /// An answer. Its parts go to `events` as they are made; a failure is returned and not sent. Nobody need listen: a closed channel is
    /// no error.
    fn ask(self: Arc<Self>, scope: Scope, request: AskRequest, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse>;

    /// The same at the end of a dialogue that the asker keeps: what was said before, oldest first, says what the question means.
    fn ask_in_dialogue(
        self: Arc<Self>,
        scope: Scope,
        request: AskRequest,
        said: Vec<Turn>,
        events: mpsc::Sender<AskEvent>,
    ) -> Promise<AskResponse>;

    /// Whether citations given earlier still hold.
    fn check_citations(self: Arc<Self>, scope: Scope, request: CitationCheckRequest) -> Promise<CitationCheckResponse>;

    /// A page of the list.
    fn documents(self: Arc<Self>, scope: Scope, query: DocumentListQuery) -> Promise<DocumentList>;

    /// One document.
    fn document(self: Arc<Self>, scope: Scope, id: DocId) -> Promise<DocumentSummary>;

    /// A part of its text; `not_found` also where nothing could be read.
    fn content(self: Arc<Self>, scope: Scope, id: DocId, query: ContentQuery) -> Promise<DocumentContent>;

    /// A page of it as people see it, and where on it a part of the document stands.
    fn page(self: Arc<Self>, scope: Scope, id: DocId, number: u32, span: Option<CharSpan>) -> Promise<PageView>;

    /// The page's picture.
    fn page_image(self: Arc<Self>, scope: Scope, id: DocId, number: u32) -> Promise<PageImage>;

    /// The file that a document was read from.
    fn original(self: Arc<Self>, scope: Scope, id: DocId) -> Promise<Original>;

    /// Takes over a file that has arrived whole at `staged`, keeps it durably and queues its reading. With labels, they are in force
    /// before anybody can find it.
    fn upload(self: Arc<Self>, scope: Scope, staged: PathBuf, name: String, labels: Option<BTreeSet<Label>>) -> Promise<Uploaded>;

    /// Deletes a document: no later request sees it.
    fn delete(self: Arc<Self>, scope: Scope, id: DocId) -> Promise<Deleted>;

    /// Who may read a document by the rules, whatever was said of it by hand. A library that knows no rules lets nobody in.
    fn rules_for(self: Arc<Self>, _id: DocId) -> Promise<Decided> {
        Box::pin(async { Ok(Decided { labels: BTreeSet::new(), origin: "no rules are known".to_owned() }) })
    }

    /// The latest jobs.
    fn jobs(self: Arc<Self>, scope: Scope) -> Promise<JobList>;

    /// One job.
    fn job(self: Arc<Self>, scope: Scope, id: String) -> Promise<Job>;

    /// What can be named as a model.
    fn models(self: Arc<Self>, scope: Scope) -> Promise<Models>;

    /// A language model's own words, without the documents. They go to `words` as they come; a failure is returned and not sent.
    fn complete(self: Arc<Self>, scope: Scope, request: CompletionRequest, words: mpsc::Sender<CompletionWords>) -> Promise<Completed>;

    /// Vectors of texts.
    fn embed(self: Arc<Self>, texts: Vec<String>) -> Promise<Embedded>;

    /// What the store holds.
    fn status(self: Arc<Self>, scope: Scope) -> Promise<IndexStatus>;

    /// What the language model's engine counts, where there is one.
    fn figures(&self) -> Vec<Figure> {
        Vec::new()
    }

    /// Work on documents, where that is done here.
    fn tasks(&self) -> Option<Arc<dyn Tasks>> {
        None
    }

    /// Whether requests can be served.
    fn ready(self: Arc<Self>) -> Promise<Ready>;
}
