//! The [`Library`] over a real store: questions go to the searcher, files and deletions to the store and its queue of jobs. Tasks
//! run beside: one follows what is published, by this process or another, so that a search sees it within a second; one asks for the
//! sources to be looked through from time to time; one lets go of conversations that were kept long enough.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pinakes_access::{Access, Decided};
use pinakes_answer::{Figure, Searcher, TaskQueue};
use pinakes_api::{
    ApiError, AskEvent, AskRequest, AskResponse, CitationCheckRequest, CitationCheckResponse, Code, CollectionList, Completed,
    CompletionRequest, CompletionWords, ContentQuery, Deleted, DocumentContent, DocumentList, DocumentListQuery, DocumentSummary, Embedded,
    ExplainRequest, Explained, IndexStatus, Job, JobList, JobState, Models, PageView, Ready, ReadyCheck, SearchRequest, SearchResponse,
    Turn, Uploaded,
};
use pinakes_ingest::{IngestError, JobQueue, Original, Originals, PageImage, Pages, Store, Work};
use pinakes_types::{CharSpan, DocId, Label, Scope};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::library::{Library, Promise};
use crate::notes;
use crate::state::STAGED_PREFIX;
use crate::tasks::{Readers, Tasks, Watched};

mod conversations;
mod figures;

/// Jobs listed.
const JOBS_LISTED: u32 = 100;

/// A store that is served.
pub struct StoreLibrary {
    store: Store,
    searcher: Searcher,
    queue: JobQueue,
    pages: Pages,
    originals: Originals,
    on_documents: Arc<Watched>,
    access: Access,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for StoreLibrary {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl StoreLibrary {
    /// Starts serving a store. Returns the library and the folder for uploads on their way, which is cleared
    /// of what an earlier process left in it.
    ///
    /// # Errors
    /// A data directory that cannot be written.
    pub fn start(
        store: Store,
        searcher: Searcher,
        queue: JobQueue,
        pages: Pages,
        access: Access,
    ) -> Result<(Arc<Self>, PathBuf), ApiError> {
        let staging = store.upload_staging()?;
        clear(&staging);
        let mut tasks = vec![tokio::spawn(searcher.clone().follow()), tokio::spawn(conversations::sweep(searcher.clone()))];
        if let Some(interval) = store.config.ingest.sync_interval {
            tasks.push(tokio::spawn(look_through(queue.clone(), interval)));
        }
        if let Some(accounts) = access.accounts().cloned() {
            tasks.push(tokio::spawn(accounts.keep_forgetting()));
        }
        let on_documents = TaskQueue::start(searcher.clone(), Arc::new(Readers(access.clone())));
        let on_documents = Arc::new(Watched { queue: on_documents, access: access.clone() });
        let originals = Originals::new(store.clone());
        Ok((Arc::new(Self { store, searcher, queue, pages, originals, on_documents, access, tasks }), staging))
    }

    async fn keep(&self, scope: &Scope, staged: PathBuf, name: String, labels: Option<BTreeSet<Label>>) -> Result<Uploaded, ApiError> {
        let store = self.store.clone();
        let owner = (!self.access.is_single_user()).then(|| scope.subject().to_owned());
        if let Some(labels) = labels.clone() {
            let decided = Decided { labels, origin: format!("upload by {}", scope.subject()) };
            let doc = Store::upload_id(&name, owner.as_deref());
            let said = store.catalog.override_rights(&doc, Some(&decided), store.now()).await;
            said.map_err(IngestError::from)?;
        }
        let kept = tokio::task::spawn_blocking(move || store.keep_upload(&staged, &name, owner.as_deref()));
        let kept = kept.await.map_err(ApiError::internal)??;
        notes::added(&self.access, scope, &kept.doc, labels.as_ref()).await;
        let job = self.queue.submit(Work::Uploads).await?;
        Ok(Uploaded { doc_id: kept.doc, job_id: job.id, path: kept.path, bytes: kept.bytes })
    }

    async fn remove(&self, scope: &Scope, id: DocId) -> Result<Deleted, ApiError> {
        if !self.store.delete(scope, &id).await? {
            return Err(ApiError::new(Code::NotFound, "There is no such document."));
        }
        notes::deleted(&self.access, scope, &id).await;
        // It is invisible already; that its traces are dropped later rather than now is no failure.
        if let Err(error) = self.queue.submit(Work::Sweep).await {
            tracing::warn!(%error, "the sweep after a deletion waits for the next run");
        }
        Ok(Deleted { doc_id: id, deleted: true })
    }
}

async fn look_through(queue: JobQueue, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        if let Err(error) = queue.submit(Work::Sync).await {
            tracing::warn!(%error, "the sources were not looked through");
        }
    }
}

/// Removes uploads that a process before this one received in part.
fn clear(staging: &Path) {
    let Ok(entries) = fs_err::read_dir(staging) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(STAGED_PREFIX)) {
        if let Err(error) = fs_err::remove_file(entry.path()) {
            tracing::warn!(%error, "an unfinished upload stays");
        }
    }
}

impl Library for StoreLibrary {
    fn search(self: Arc<Self>, scope: Scope, request: SearchRequest) -> Promise<SearchResponse> {
        Box::pin(async move {
            let found = self.searcher.search(&scope, &request).await?;
            notes::retrieved(&self.access, &scope, &found).await;
            Ok(found)
        })
    }

    fn collections(self: Arc<Self>, scope: Scope) -> Promise<CollectionList> {
        Box::pin(async move { self.searcher.collections(&scope).await })
    }

    fn explain(self: Arc<Self>, scope: Scope, request: ExplainRequest) -> Promise<Explained> {
        Box::pin(async move {
            let explained = self.searcher.explain(&scope, &request).await?;
            notes::explained(&self.access, &scope, &explained).await;
            Ok(explained)
        })
    }

    fn ask(self: Arc<Self>, scope: Scope, request: AskRequest, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        Box::pin(async move {
            self.access.count_question(&scope).await?;
            let answer = self.searcher.ask(&scope, &request, Some(events)).await?;
            notes::answered(&self.access, &scope, &answer).await;
            Ok(answer)
        })
    }

    fn ask_in_dialogue(
        self: Arc<Self>,
        scope: Scope,
        request: AskRequest,
        said: Vec<Turn>,
        events: mpsc::Sender<AskEvent>,
    ) -> Promise<AskResponse> {
        Box::pin(async move {
            self.access.count_question(&scope).await?;
            let answer = self.searcher.ask_in_dialogue(&scope, &request, &said, Some(events)).await?;
            notes::answered(&self.access, &scope, &answer).await;
            Ok(answer)
        })
    }

    fn check_citations(self: Arc<Self>, scope: Scope, request: CitationCheckRequest) -> Promise<CitationCheckResponse> {
        Box::pin(async move { self.searcher.check_citations(&scope, &request).await })
    }

    fn documents(self: Arc<Self>, scope: Scope, query: DocumentListQuery) -> Promise<DocumentList> {
        Box::pin(async move { self.searcher.documents(&scope, &query).await })
    }

    fn document(self: Arc<Self>, scope: Scope, id: DocId) -> Promise<DocumentSummary> {
        Box::pin(async move { self.searcher.document(&scope, &id).await })
    }

    fn content(self: Arc<Self>, scope: Scope, id: DocId, query: ContentQuery) -> Promise<DocumentContent> {
        Box::pin(async move {
            let content = self.searcher.content(&scope, &id, &query).await?;
            notes::opened(&self.access, &scope, &id).await;
            Ok(content)
        })
    }

    fn page(self: Arc<Self>, scope: Scope, id: DocId, number: u32, span: Option<CharSpan>) -> Promise<PageView> {
        Box::pin(async move { self.pages.view(&scope, &id, number, span).await })
    }

    fn original(self: Arc<Self>, scope: Scope, id: DocId) -> Promise<Original> {
        Box::pin(async move {
            let original = self.originals.read(&scope, &id).await?;
            notes::opened(&self.access, &scope, &id).await;
            Ok(original)
        })
    }

    fn page_image(self: Arc<Self>, scope: Scope, id: DocId, number: u32) -> Promise<PageImage> {
        Box::pin(async move {
            let image = self.pages.image(&scope, &id, number).await?;
            notes::opened(&self.access, &scope, &id).await;
            Ok(image)
        })
    }

    fn upload(self: Arc<Self>, scope: Scope, staged: PathBuf, name: String, labels: Option<BTreeSet<Label>>) -> Promise<Uploaded> {
        Box::pin(async move { self.keep(&scope, staged, name, labels).await })
    }

    fn rules_for(self: Arc<Self>, id: DocId) -> Promise<Decided> {
        Box::pin(async move {
            let rules = self.store.rules_for(&id).await?;
            rules.ok_or_else(|| ApiError::new(Code::NotFound, "There is no such document."))
        })
    }

    fn delete(self: Arc<Self>, scope: Scope, id: DocId) -> Promise<Deleted> {
        Box::pin(async move { self.remove(&scope, id).await })
    }

    fn jobs(self: Arc<Self>, _: Scope) -> Promise<JobList> {
        Box::pin(async move { Ok(JobList { jobs: self.queue.jobs(JOBS_LISTED).await? }) })
    }

    fn job(self: Arc<Self>, _: Scope, id: String) -> Promise<Job> {
        Box::pin(async move {
            let job = self.queue.job(&id).await?.ok_or_else(|| ApiError::new(Code::NotFound, "There is no such job."))?;
            // Who is told that a file was read may ask about it at once.
            if job.state == JobState::Done {
                self.searcher.catch_up().await;
            }
            Ok(job)
        })
    }

    fn status(self: Arc<Self>, scope: Scope) -> Promise<IndexStatus> {
        Box::pin(async move {
            let generator = self.searcher.models(&scope).await?.generators.into_iter().next();
            Ok(IndexStatus { generator, ..self.store.status(&scope, env!("CARGO_PKG_VERSION")).await? })
        })
    }

    fn models(self: Arc<Self>, scope: Scope) -> Promise<Models> {
        Box::pin(async move { self.searcher.models(&scope).await })
    }

    fn complete(self: Arc<Self>, scope: Scope, request: CompletionRequest, words: mpsc::Sender<CompletionWords>) -> Promise<Completed> {
        Box::pin(async move {
            self.access.count_question(&scope).await?;
            let completed = self.searcher.complete(&scope, request, words).await?;
            notes::completed(&self.access, &scope, &completed).await;
            Ok(completed)
        })
    }

    fn embed(self: Arc<Self>, texts: Vec<String>) -> Promise<Embedded> {
        Box::pin(async move { self.searcher.embed(texts).await })
    }

    fn figures(&self) -> Vec<Figure> {
        figures::pages(self.pages.counts()).into_iter().chain(self.searcher.figures()).collect()
    }

    fn tasks(&self) -> Option<Arc<dyn Tasks>> {
        Some(Arc::clone(&self.on_documents) as Arc<dyn Tasks>)
    }

    fn ready(self: Arc<Self>) -> Promise<Ready> {
        Box::pin(async move {
            let catalog = self.store.catalog.sources().await.map_err(IngestError::from);
            if let Err(error) = &catalog {
                tracing::error!(%error, "the catalog does not answer");
            }
            Ok(Ready::of(vec![ReadyCheck { name: "catalog".to_owned(), ok: catalog.is_ok() }]))
        })
    }
}
