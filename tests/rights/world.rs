//! The whole product in this process over real sockets: a store, its indexes, an engine that answers with its prompt, a server with
//! people.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pinakes_access::{Access, Accounts, Audit, KeyScope, NewPerson, Role};
use pinakes_answer::{Generator, Generators, Searcher};
use pinakes_chat::Chat;
use pinakes_config::{Config, LoadOptions};
use pinakes_embed::Embedder;
use pinakes_engine::engine::{Echo, EngineStats};
use pinakes_extract::WorkerCommand;
use pinakes_ingest::{JobQueue, Pages, Quiet, ReadSide, Store, Writer};
use pinakes_models::ModelStore;
use pinakes_server::{Library, Parts, Stopper, StoreLibrary, serve};
use pinakes_types::{Clock, DocId, Random, SourceId, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::Dice;
use crate::oracle::{DOCUMENTS, Oracle, PEOPLE, code, words_of};
use crate::support::Store as Folder;
use crate::surfaces::Kept;

pub(crate) struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp(1_800_000_000_000)
    }
}

struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        let bytes = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        buffer.iter_mut().zip(bytes.iter().cycle()).for_each(|(to, from)| *to = *from);
    }
}

pub(crate) struct World {
    address: String,
    pub(crate) accounts: Accounts,
    pub(crate) access: Access,
    pub(crate) library: Arc<dyn Library>,
    /// What people kept.
    pub(crate) kept: Kept,
    source: SourceId,
    keys: Vec<String>,
    root_key: String,
    stopper: Stopper,
    _folder: Folder,
}

impl Drop for World {
    fn drop(&mut self) {
        let stopper = self.stopper.clone();
        tokio::spawn(async move { stopper.stop().await });
    }
}

impl World {
    pub(crate) async fn new() -> Option<Self> {
        Self::with(|_| true).await
    }

    /// With those documents that `has` names.
    pub(crate) async fn with(has: impl Fn(usize) -> bool) -> Option<Self> {
        let folder = Folder::new()?;
        if !folder.place("data/models/smollm2-135m").is_dir() {
            eprintln!("SKIPPED: smollm2-135m, whose tokenizer is needed, is not among the test models");
            return None;
        }
        for document in (0..DOCUMENTS).filter(|document| has(*document)) {
            let [path, title, secret] = words_of(document);
            let text = format!(
                "# Plan {title}\n\nThe travel plan of team {} costs {document} thousand euros. Its word is {secret}.\n\n\
                 ## Details\n\nWhoever leads team {} signs the travel plan, and says {secret} twice.\n",
                code(document),
                code(document)
            );
            folder.write(&format!("{path}.md"), text);
        }
        let settings = [
            ("access.mode", "accounts"),
            ("access.requests_per_minute", "0"),
            ("access.questions_per_minute", "0"),
            ("collections.all-plans.include", "*.md"),
            ("collections.of-group-0.include", "**"),
            ("collections.of-group-0.readers", "group:0"),
            ("collections.half.include", "pathwordq[b-h]*,pathwordqb*,pathwordqc*,pathwordqd*,pathwordqf*"),
            ("collections.half.instructions", "Name the team."),
        ];
        let overrides = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let options = LoadOptions { data_dir: Some(folder.place("data")), overrides, ..LoadOptions::default() };
        let config = Arc::new(Config::load(options).unwrap());
        Some(Self::start(folder, config).await)
    }

    async fn start(folder: Folder, config: Arc<Config>) -> Self {
        let store = Store::create(Arc::clone(&config), Arc::new(Still)).await.unwrap();
        let models = ModelStore::open(config.store.data_dir.join("models"));
        let embedder = Arc::new(Embedder::load(&models.get(&config.embed.model).unwrap().folder).unwrap());
        let limits = serde_json::to_string(&config.extract.limits).unwrap();
        let worker =
            WorkerCommand { program: PathBuf::from(env!("CARGO_BIN_EXE_pinakes")), args: vec!["extract-worker".into(), limits.into()] };
        let writer = Writer::open(&store, Arc::clone(&embedder), worker.clone(), "test").await.unwrap();
        let job = writer.add(&[folder.place("docs")], "job".into(), &Quiet).await.unwrap();
        assert!(job.problems.is_empty(), "{job:?}");
        drop(writer);
        let source = store.catalog.sources().await.unwrap().remove(0).id;

        let legs = Arc::new(ReadSide::open(&store).await.unwrap());
        let generator = echo(&config);
        let random: Arc<dyn Random> = Arc::new(Counting(AtomicU64::new(1)));
        let searcher = Searcher::new(store.clone(), legs, Arc::clone(&embedder), Arc::clone(&random)).await.unwrap();
        let searcher = searcher.with_generators(Generators::new(Some(generator), None));
        let queue = JobQueue::start(store.clone(), embedder, worker.clone(), Arc::clone(&random)).await.unwrap();
        let pages = Pages::new(store.clone(), worker);
        let accounts =
            Accounts::new(store.catalog.clone(), Arc::new(config.access.clone()), Arc::new(Still), Arc::clone(&random), Audit::off())
                .unwrap();
        let access = Access::people(accounts.clone(), None);
        let (library, staging) = StoreLibrary::start(store, searcher, queue, pages, access.clone()).unwrap();
        let mut server = config.server.clone();
        (server.address, server.workers) = ("127.0.0.1:0".parse().unwrap(), 2);
        let parts = Parts { library: library.clone(), clock: Arc::new(Still), random, staging, bot: None, access: access.clone() };
        let serving = serve(parts, &server).unwrap();
        let (address, stopper) = (serving.address().to_string(), serving.stopper());
        tokio::spawn(serving.run(std::future::pending));

        let mut keys = Vec::new();
        for (name, role) in (0..PEOPLE).map(|person| (format!("person{person}"), Role::Editor)).chain([("root".to_owned(), Role::Admin)]) {
            let new = NewPerson { name: name.clone(), display: String::new(), role, password: None, groups: vec![] };
            accounts.add_person("test", new).await.unwrap();
            keys.push(accounts.create_key("test", &name, "test", &KeyScope::ALL, None).await.unwrap().key);
        }
        let root_key = keys.pop().unwrap();
        Self { address, accounts, access, library, kept: Kept::default(), source, keys, root_key, stopper, _folder: folder }
    }

    pub(crate) fn id(&self, document: usize) -> DocId {
        DocId::derive(&self.source, &format!("{}.md", words_of(document)[0]))
    }

    /// Brings people and documents to what the oracle says.
    pub(crate) async fn apply(&self, oracle: &Oracle) {
        for document in 0..DOCUMENTS {
            self.set_labels(document, &oracle.labels[document]).await;
        }
        for person in 0..PEOPLE {
            self.set_groups(person, &oracle.groups[person]).await;
        }
    }

    pub(crate) async fn set_labels(&self, document: usize, labels: &[String]) {
        let path = format!("/api/v1/documents/{}/access", self.id(document));
        let body = serde_json::json!({ "labels": labels }).to_string();
        let came = exchange(&self.address, &self.root_key, "POST", &path, &body).await;
        assert!(came.status == 200 || came.status == 404, "{came:?}");
    }

    pub(crate) async fn set_groups(&self, person: usize, groups: &[usize]) {
        let name = format!("person{person}");
        for group in self.accounts.person(&name).await.unwrap().groups {
            self.accounts.set_group("test", &name, &group, false).await.unwrap();
        }
        for group in groups {
            self.accounts.set_group("test", &name, &group.to_string(), true).await.unwrap();
        }
    }

    /// What somebody gets.
    pub(crate) async fn send(&self, person: usize, method: &str, path: &str, body: &str) -> Came {
        exchange(&self.address, &self.keys[person], method, path, body).await
    }

    /// One request of any kind; what it was, and what came back.
    pub(crate) async fn ask_at_random(&self, dice: &mut Dice, person: usize) -> (String, String) {
        let requests = fixed_requests();
        let id = self.id(dice.below(DOCUMENTS));
        let team = code(dice.below(DOCUMENTS));
        let (method, path, body) = match dice.below(15) {
            0 => ("GET", format!("/api/v1/documents/{id}"), String::new()),
            1 => ("GET", format!("/api/v1/documents/{id}/content"), String::new()),
            2 => ("GET", format!("/api/v1/documents/{id}/access"), String::new()),
            3 => ("GET", format!("/api/v1/documents?contains={}", ["word", "plan", "q"][dice.below(3)]), String::new()),
            4 | 5 => (
                "POST",
                "/api/v1/search".into(),
                serde_json::json!({ "query": format!("travel plan of team {team}"), "limit": 50 }).to_string(),
            ),
            6 => (
                "POST",
                "/api/v1/ask".into(),
                serde_json::json!({ "question": format!("What does the travel plan of team {team} cost?"), "stream": true }).to_string(),
            ),
            7 => (
                "POST",
                "/api/v1/ask".into(),
                serde_json::json!({ "question": format!("Who signs the travel plan of team {team}?") }).to_string(),
            ),
            9 => ("GET", format!("/api/v1/documents/{id}/{}", ["pages/1", "pages/1.png", "original"][dice.below(3)]), String::new()),
            8 => ("POST", format!("/api/v1/documents/{id}/access"), r#"{"labels":["public"]}"#.into()),
            _ => requests[dice.below(requests.len())].clone(),
        };
        let came = self.send(person, method, &path, &body).await;
        assert!(came.status < 500, "{method} {path}: {came:?}");
        if path == "/api/v1/ask" {
            self.kept.stream(person, &came);
        }
        (format!("{method} {path} {body}"), came.whole())
    }
}

/// What came back of a request.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Came {
    /// All of it: words may stand in the head as well.
    pub(crate) fn whole(&self) -> String {
        format!("{}\n\n{}", self.head, self.body)
    }

    /// A field of the head.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// Requests that name no document.
pub(crate) fn fixed_requests() -> Vec<(&'static str, String, String)> {
    let post = |path: &str, body: serde_json::Value| ("POST", path.to_owned(), body.to_string());
    let get = |path: &str| ("GET", path.to_owned(), String::new());
    vec![
        get("/api/v1/search?q=travel%20plan&limit=100"),
        get("/api/v1/search?q=%22travel%20plan%22"),
        post("/api/v1/search", serde_json::json!({ "query": "which team signs", "mode": "vector", "limit": 100 })),
        post("/api/v1/search", serde_json::json!({ "query": "travel plan euros", "mode": "lexical", "limit": 100, "explain": true })),
        post("/api/v1/search", serde_json::json!({ "query": "plan", "limit": 1, "offset": 5 })),
        post("/api/v1/ask", serde_json::json!({ "question": "What do the travel plans cost?", "stream": true })),
        post("/api/v1/ask", serde_json::json!({ "question": "What is the boiling point of tungsten?" })),
        get("/api/v1/documents"),
        get("/api/v1/documents?limit=2"),
        get("/api/v1/status"),
        get("/api/v1/jobs"),
        get("/api/v1/jobs/job"),
        get("/metrics"),
        get("/api/v1/people"),
        get("/api/v1/session"),
        get("/api/v1/audit"),
        get("/api/v1/nothing"),
    ]
}

/// A body without what differs from one run to the next.
pub(crate) fn without_times(body: &str) -> String {
    let mut kept = String::new();
    for line in body.lines() {
        let json = line.strip_prefix("data: ").unwrap_or(line);
        match serde_json::from_str::<serde_json::Value>(json) {
            Ok(mut value) => {
                forget_times(&mut value);
                kept.push_str(&value.to_string());
            }
            Err(_) => kept.push_str(if line.starts_with("id:") { "id" } else { line }),
        }
        kept.push('\n');
    }
    kept
}

fn forget_times(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(map) => {
            // Numbers of reads are the store's own; a document's id and version are its content's.
            map.retain(|name, _| {
                !name.ends_with("_ms")
                    && !["timings", "request_id", "modified", "chunk_id", "source", "sources", "doc_id", "next_cursor", "answer_id"]
                        .contains(&name.as_str())
            });
            map.values_mut().for_each(forget_times);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

fn echo(config: &Config) -> Generator {
    let folder = config.store.data_dir.join("models/smollm2-135m");
    let files = fs_err::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let gguf = files.into_iter().find(|path| path.extension().is_some_and(|kind| kind == "gguf"));
    let chat = Chat::open(&gguf.unwrap_or(folder)).unwrap();
    let engine = Arc::new(Echo { vocabulary: chat.tokenizer().len(), context_max: 8_192 });
    Generator::new(engine, Arc::new(chat), "echo", config.generator.clone(), [7; 32], Arc::new(EngineStats::default)).unwrap()
}

/// One request on a connection of its own.
async fn exchange(address: &str, key: &str, method: &str, path: &str, body: &str) -> Came {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let accept = if path == "/mcp" { "application/json, text/event-stream" } else { "*/*" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Accept: {accept}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{method} {path}: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    // What came in chunks is put together, so that no word is cut.
    let body = if head.to_lowercase().contains("transfer-encoding: chunked") { unchunk(body) } else { body.to_owned() };
    Came { status, head: head.to_owned(), body }
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = after.get(..size) else { break };
        body.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    body
}
