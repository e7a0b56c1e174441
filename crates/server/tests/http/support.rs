//! A server on a free port, a library under the test's control, and a client that can misbehave.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pinakes_access::{Access, Audit};
use pinakes_api::{
    ApiError, AskEvent, AskRequest, AskResponse, BlockName, Citation, CitationCheck, CitationCheckRequest, CitationCheckResponse,
    CitationState, CitedQuote, Code, Completed, CompletionRequest, CompletionWords, ContentBlock, ContentQuery, Deleted, DocumentContent,
    DocumentCounts, DocumentList, DocumentListQuery, DocumentSummary, Embedded, ExplainRequest, Explained, Form, FusionUsed, IndexStatus,
    Job, JobKind, JobList, JobState, Models, PageView, QuoteMatch, Ready, ReadyCheck, Retrieval, SearchRequest, SearchResponse, Searched,
    StateCounts, Support, Turn, Uploaded, Usage,
};
use pinakes_bot::BotHook;
use pinakes_config::ServerConfig;
use pinakes_config::limits::ServerLimits;
use pinakes_server::{Library, Original, PageImage, Parts, Promise, Stopper, serve};
use pinakes_types::{CharSpan, Clock, DocId, DocVersion, DocumentKind, FileState, Label, Principal, Random, Scope, SourceId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// The one document there is.
pub(crate) const DOC: &str = "00000000000000000000000000000001";
pub(crate) const TEXT: &str = "Rent is due on the third day.";

/// How the library behaves; decided by words in the question.
#[derive(Default)]
pub(crate) struct Shelf {
    /// Work that was dropped before its end.
    pub(crate) dropped: AtomicUsize,
    /// Work under way.
    pub(crate) running: AtomicUsize,
    /// Names and bytes of uploads taken over.
    pub(crate) uploads: Mutex<Vec<(String, Vec<u8>)>>,
    /// Labels they came with.
    pub(crate) labels: Mutex<Vec<Option<BTreeSet<Label>>>>,
    pub(crate) deltas_sent: AtomicU64,
    /// What was said before the last question in a dialogue.
    pub(crate) said: Mutex<Vec<Turn>>,
    /// Whether the document is closed to who asks.
    pub(crate) closed: AtomicBool,
}

/// Counts work as dropped unless it was finished.
struct Watch(Arc<Shelf>, bool);

impl Watch {
    fn new(shelf: &Arc<Shelf>) -> Self {
        shelf.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(shelf), false)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        if !self.1 {
            self.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

async fn behave(words: &str) -> Result<(), ApiError> {
    if words.contains("stuck") {
        std::future::pending::<()>().await;
    }
    if words.contains("slow") {
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    if words.contains("panic") {
        panic!("a fault in the library");
    }
    if words.contains("broken") {
        return Err(ApiError::new(Code::IndexDamaged, "cannot read /srv/secret/index.bin").caused_by("checksum of segment 7"));
    }
    Ok(())
}

fn answer() -> AskResponse {
    AskResponse {
        answer: TEXT.into(),
        citations: vec![citation()],
        searched: Searched { documents: 1, passages: 1 },
        ..AskResponse::default()
    }
}

fn citation() -> Citation {
    Citation {
        marker: 1,
        answer_span: CharSpan::new(0, TEXT.len()),
        doc_id: DocId(DOC.into()),
        doc_version: DocVersion("v".into()),
        title: "Lease".into(),
        path: "lease.md".into(),
        page: None,
        char_span: CharSpan::new(0, TEXT.len()),
        quote: TEXT.into(),
        quote_match: QuoteMatch::Exact,
        support: Support::Full,
    }
}

fn summary() -> DocumentSummary {
    DocumentSummary {
        doc_id: DocId(DOC.into()),
        title: "Lease".into(),
        path: "lease.md".into(),
        source: SourceId("files".into()),
        kind: Some(DocumentKind::Markdown),
        language: Some("en".into()),
        state: FileState::Indexed,
        reason: None,
        pages: None,
        chunks: 1,
        bytes: TEXT.len() as u64,
        modified: Some(Timestamp(1)),
        indexed_at: Some(Timestamp(2)),
        doc_version: Some(DocVersion("v".into())),
    }
}

fn job(id: &str) -> Job {
    Job {
        id: id.into(),
        kind: JobKind::Upload,
        state: JobState::Done,
        files_total: 1,
        files_done: 1,
        counts: StateCounts { indexed: 1, ..StateCounts::default() },
        chunks: 1,
        bytes: 1,
        files_per_second: None,
        eta_seconds: None,
        current_file: None,
        queued_at: Timestamp(1),
        started_at: None,
        finished_at: None,
        error: None,
        problems: vec![],
    }
}

fn known(id: &DocId) -> Result<(), ApiError> {
    if id.0 == DOC { Ok(()) } else { Err(ApiError::new(Code::NotFound, "There is no such document.")) }
}

impl Library for Shelf {
    fn search(self: Arc<Self>, _: Scope, request: SearchRequest) -> Promise<SearchResponse> {
        Box::pin(async move {
            let mut watch = Watch::new(&self);
            behave(&request.query).await?;
            watch.1 = true;
            Ok(SearchResponse { query: request.query, hits: vec![], took_ms: 0, documents_searched: 1 })
        })
    }

    fn explain(self: Arc<Self>, _: Scope, request: ExplainRequest) -> Promise<Explained> {
        Box::pin(async move {
            if let Some(doc) = &request.doc_id {
                known(doc)?;
            }
            Ok(Explained {
                query: request.query,
                fusion: FusionUsed::Rrf { k: 60.0 },
                filters: request.filters,
                lexical: None,
                vector: None,
                passages: vec![],
                document: None,
                documents_searched: 1,
                took_ms: 0,
            })
        })
    }

    fn ask(self: Arc<Self>, _: Scope, request: AskRequest, events: mpsc::Sender<AskEvent>) -> Promise<AskResponse> {
        Box::pin(async move {
            let mut watch = Watch::new(&self);
            if request.question.starts_with("first") {
                behave(&request.question).await?;
            }
            let retrieval = Retrieval { searched: Searched { documents: 1, passages: 1 }, took_ms: 1, hits: vec![] };
            let _ = events.send(AskEvent::Retrieval(retrieval)).await;
            behave(&request.question).await?;
            while request.question.contains("endless") {
                // Gone is gone: going on without anybody would never give the thread back.
                let sent = events.send(AskEvent::Delta { text: "x".repeat(10_000) }).await;
                sent.map_err(|_| ApiError::new(Code::Timeout, "nobody listens"))?;
                self.deltas_sent.fetch_add(1, Ordering::SeqCst);
            }
            let _ = events.send(AskEvent::Delta { text: TEXT.into() }).await;
            let _ = events.send(AskEvent::Citation(citation())).await;
            let _ = events.send(AskEvent::Usage(Usage::default())).await;
            watch.1 = true;
            Ok(answer())
        })
    }

    fn ask_in_dialogue(
        self: Arc<Self>,
        scope: Scope,
        request: AskRequest,
        said: Vec<Turn>,
        events: mpsc::Sender<AskEvent>,
    ) -> Promise<AskResponse> {
        *self.said.lock().unwrap() = said;
        self.ask(scope, request, events)
    }

    fn check_citations(self: Arc<Self>, _: Scope, request: CitationCheckRequest) -> Promise<CitationCheckResponse> {
        let check = |cited: CitedQuote| {
            let state = if cited.quote == TEXT { CitationState::Current } else { CitationState::Changed };
            CitationCheck { doc_id: cited.doc_id, state, doc_version: None, char_span: None, page: None }
        };
        Box::pin(async move { Ok(CitationCheckResponse { citations: request.citations.into_iter().map(check).collect() }) })
    }

    fn documents(self: Arc<Self>, _: Scope, _: DocumentListQuery) -> Promise<DocumentList> {
        let counts = DocumentCounts { total: 1, indexed: 1, ..DocumentCounts::default() };
        Box::pin(async move { Ok(DocumentList { documents: vec![summary()], next_cursor: None, counts }) })
    }

    fn document(self: Arc<Self>, _: Scope, id: DocId) -> Promise<DocumentSummary> {
        Box::pin(async move {
            if self.closed.load(Ordering::SeqCst) {
                return Err(ApiError::new(Code::NotFound, "There is no such document."));
            }
            known(&id).map(|()| summary())
        })
    }

    fn content(self: Arc<Self>, _: Scope, id: DocId, _: ContentQuery) -> Promise<DocumentContent> {
        Box::pin(async move {
            known(&id)?;
            let span = CharSpan::new(0, TEXT.len());
            Ok(DocumentContent {
                doc_id: id,
                doc_version: DocVersion("v".into()),
                title: "Lease".into(),
                path: "lease.md".into(),
                kind: DocumentKind::Markdown,
                language: None,
                page: 1,
                page_count: 1,
                paged: false,
                span,
                chars: TEXT.len(),
                text: TEXT.into(),
                blocks: vec![ContentBlock { kind: BlockName::Paragraph, level: None, span }],
                markup: vec![],
            })
        })
    }

    fn page(self: Arc<Self>, _: Scope, id: DocId, number: u32, span: Option<CharSpan>) -> Promise<PageView> {
        Box::pin(async move {
            known(&id)?;
            let boxes = span.map(|_| [0.25, 0.5, 0.5, 0.125]).into_iter().collect();
            let image = format!("/api/v1/documents/{id}/pages/{number}.png");
            let doc_version = DocVersion("v".into());
            Ok(PageView { doc_id: id, doc_version, page: number, page_count: 1, width: 595.0, height: 842.0, boxes, image })
        })
    }

    fn original(self: Arc<Self>, _: Scope, id: DocId) -> Promise<Original> {
        Box::pin(async move {
            known(&id)?;
            Ok(Original { name: "Miete \"2026\".md".into(), version: DocVersion("v".into()), bytes: b"<script>".to_vec() })
        })
    }

    fn page_image(self: Arc<Self>, _: Scope, id: DocId, _: u32) -> Promise<PageImage> {
        Box::pin(async move {
            known(&id)?;
            Ok(PageImage { version: DocVersion("v".into()), png: b"PNG".as_slice().into() })
        })
    }

    fn upload(self: Arc<Self>, _: Scope, staged: PathBuf, name: String, labels: Option<BTreeSet<Label>>) -> Promise<Uploaded> {
        Box::pin(async move {
            let bytes = fs_err::read(&staged).unwrap();
            let size = bytes.len() as u64;
            self.uploads.lock().unwrap().push((name.clone(), bytes));
            self.labels.lock().unwrap().push(labels);
            Ok(Uploaded { doc_id: DocId(DOC.into()), job_id: "j1".into(), path: name, bytes: size })
        })
    }

    fn delete(self: Arc<Self>, _: Scope, id: DocId) -> Promise<Deleted> {
        Box::pin(async move { known(&id).map(|()| Deleted { doc_id: id, deleted: true }) })
    }

    fn jobs(self: Arc<Self>, _: Scope) -> Promise<JobList> {
        Box::pin(async move { Ok(JobList { jobs: vec![job("j1")] }) })
    }

    fn job(self: Arc<Self>, _: Scope, id: String) -> Promise<Job> {
        Box::pin(async move { if id == "j1" { Ok(job("j1")) } else { Err(ApiError::new(Code::NotFound, "There is no such job.")) } })
    }

    fn models(self: Arc<Self>, _: Scope) -> Promise<Models> {
        Box::pin(async {
            Ok(Models {
                generators: vec!["echo".into()],
                embedding: Some("unit".into()),
                collections: vec![],
                sources: vec!["files".into()],
            })
        })
    }

    /// Says the turns back, a line each.
    fn complete(self: Arc<Self>, _: Scope, request: CompletionRequest, words: mpsc::Sender<CompletionWords>) -> Promise<Completed> {
        Box::pin(async move {
            let mut watch = Watch::new(&self);
            if request.form != Form::Prose {
                return Err(ApiError::new(Code::BadRequest, "Only prose can be asked for."));
            }
            if request.turns.iter().any(|turn| turn.text.contains("busy")) {
                return Err(ApiError::new(Code::Busy, "9 requests are waiting already").retry_after(7));
            }
            let mut said = 0;
            for turn in &request.turns {
                let text = format!("{:?}: {}\n", turn.speaker, turn.text);
                let _ = words.send(CompletionWords { reasoning: String::new(), text }).await;
                said += 1;
                behave(&turn.text).await?;
            }
            watch.1 = true;
            let usage = Usage { prompt_tokens: 10, cached_tokens: 4, completion_tokens: said };
            Ok(Completed { usage, cut: request.tokens_max.is_some_and(|max| max < 5) })
        })
    }

    fn embed(self: Arc<Self>, texts: Vec<String>) -> Promise<Embedded> {
        Box::pin(async move { Ok(Embedded { vectors: vec![vec![1.0, -0.5]; texts.len()], tokens: 3 * texts.len() as u64 }) })
    }

    fn status(self: Arc<Self>, _: Scope) -> Promise<IndexStatus> {
        Box::pin(async move {
            Ok(IndexStatus {
                version: "0".into(),
                documents: DocumentCounts { total: 1, indexed: 1, ..DocumentCounts::default() },
                chunks: 1,
                sources: vec![],
                embedding: None,
                generator: None,
                bytes: 1,
                published_at: None,
                jobs_active: 0,
            })
        })
    }

    fn tasks(&self) -> Option<Arc<dyn pinakes_server::Tasks>> {
        Some(Arc::new(crate::tasks::OneTask))
    }

    fn ready(self: Arc<Self>) -> Promise<Ready> {
        Box::pin(async move { Ok(Ready::of(vec![ReadyCheck { name: "catalog".into(), ok: true }])) })
    }
}

/// Always the same time.
pub(crate) struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp(1_700_000_000_000)
    }
}

/// Counts up, so that ids differ and tests repeat.
pub(crate) struct Counting(pub(crate) AtomicU64);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let bytes = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.iter_mut().zip(bytes.iter().cycle()).for_each(|(to, from)| *to = *from);
    }
}

/// A configuration for tests: loopback, any port, two threads.
pub(crate) fn config(limits: ServerLimits) -> ServerConfig {
    ServerConfig { address: "127.0.0.1:0".parse().unwrap(), hosts: vec!["localhost".into()], public_url: None, workers: 2, limits }
}

/// A server that runs until it is dropped.
pub(crate) struct TestServer {
    pub(crate) address: String,
    pub(crate) shelf: Arc<Shelf>,
    pub(crate) staging: tempfile::TempDir,
    pub(crate) stopper: Stopper,
    pub(crate) running: tokio::task::JoinHandle<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(ServerLimits::default(), Principal::local_operator()).await
    }

    pub(crate) async fn limited(limits: ServerLimits) -> Self {
        Self::with(limits, Principal::local_operator()).await
    }

    pub(crate) async fn with(limits: ServerLimits, principal: Principal) -> Self {
        Self::with_bot(limits, principal, None).await
    }

    pub(crate) async fn with_bot(limits: ServerLimits, principal: Principal, bot: Option<Arc<BotHook>>) -> Self {
        let shelf = Arc::new(Shelf::default());
        let staging = tempfile::tempdir().unwrap();
        let access = Access::single_user(principal, Audit::off());
        Self::over(shelf, limits, access, staging, bot).await
    }

    /// With people who sign in, or whoever `access` lets in.
    pub(crate) async fn over(
        shelf: Arc<Shelf>,
        limits: ServerLimits,
        access: Access,
        staging: tempfile::TempDir,
        bot: Option<Arc<BotHook>>,
    ) -> Self {
        Self::configured(shelf, &config(limits), access, staging, bot)
    }

    /// With any configuration.
    pub(crate) fn configured(
        shelf: Arc<Shelf>,
        config: &ServerConfig,
        access: Access,
        staging: tempfile::TempDir,
        bot: Option<Arc<BotHook>>,
    ) -> Self {
        let library: Arc<dyn Library> = Arc::clone(&shelf) as Arc<dyn Library>;
        let parts = Parts {
            library,
            clock: Arc::new(Noon),
            random: Arc::new(Counting(AtomicU64::new(1))),
            staging: staging.path().to_owned(),
            bot,
            access,
        };
        let serving = serve(parts, config).unwrap();
        let (address, stopper) = (serving.address().to_string(), serving.stopper());
        let running = tokio::spawn(async move { serving.run(std::future::pending).await.unwrap() });
        Self { address, shelf, staging, stopper, running }
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).await.unwrap()
    }

    /// Sends one request and reads the whole response.
    pub(crate) async fn send(&self, request: Request) -> Reply {
        let mut stream = self.connect().await;
        // A server that refuses early may close before all is written: the answer is what counts.
        let _ = stream.write_all(&request.bytes("localhost")).await;
        read_reply(&mut stream).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::new("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, json: &str) -> Reply {
        self.send(Request::new("POST", path).json(json)).await
    }
}

/// A request to be written.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.into(), path: path.into(), headers: vec![], body: vec![] }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body.as_bytes())
    }

    pub(crate) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    /// As it goes over the wire; `host` unless a header says otherwise.
    pub(crate) fn bytes(&self, host: &str) -> Vec<u8> {
        let mut head = format!("{} {} HTTP/1.1\r\nconnection: close\r\n", self.method, self.path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            head += &format!("host: {host}\r\n");
        }
        if !self.headers.iter().any(|(name, _)| name == "content-length") && (self.method != "GET" || !self.body.is_empty()) {
            head += &format!("content-length: {}\r\n", self.body.len());
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }
}

/// A response read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The code of a problem; checks its whole shape.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem: pinakes_api::Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!((problem.status, self.status), (self.status, problem.code.status()));
        assert_eq!(Some(problem.request_id.as_str()), self.header("x-request-id"));
        problem.code.as_str().to_owned()
    }
}

/// Reads until the server closes.
pub(crate) async fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.expect("an answer within 20 s");
    let end =
        bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or_else(|| panic!("no response head, read {read:?}: {bytes:?}"));
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: Vec<_> = lines.filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned())).collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked { unchunk(&bytes[end + 4..]) } else { bytes[end + 4..].to_vec() };
    Reply { status, headers, body }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + size]);
        bytes = &bytes[end + 4 + size..];
    }
    body
}

/// Waits until `holds`, at most two seconds.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..200 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never came true: {what}");
}
