//! What every handler can reach.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pinakes_access::Access;
use pinakes_bot::BotHook;
use pinakes_config::ServerConfig;
use pinakes_config::limits::{SearchLimits, ServerLimits};
use pinakes_types::{Clock, Random, Timestamp};
use tokio::runtime::Handle;

use crate::answers::Answers;
use crate::cookies::Cookies;
use crate::deadline::within;
use crate::failure::Failure;
use crate::gate::Gate;
use crate::layers::hosts::Hosts;
use crate::library::{Library, Promise};
use crate::metrics::Metrics;
use crate::work::Work;

/// What uploads are called while they arrive.
pub(crate) const STAGED_PREFIX: &str = "upload-";

/// What a server is made of.
#[derive(Clone)]
pub struct Parts {
    /// Where the work is done.
    pub library: Arc<dyn Library>,
    /// For what says when it was made.
    pub clock: Arc<dyn Clock>,
    /// For request ids.
    pub random: Arc<dyn Random>,
    /// Folder for uploads while they arrive; on the file system of the store.
    pub staging: PathBuf,
    /// Where a chat platform's requests go, where there is a bot.
    pub bot: Option<Arc<BotHook>>,
    /// Who is let in.
    pub access: Access,
}

pub(crate) struct State {
    pub(crate) parts: Parts,
    pub(crate) limits: ServerLimits,
    pub(crate) search_limits: SearchLimits,
    pub(crate) hosts: Hosts,
    pub(crate) cookies: Cookies,
    /// How long a browser keeps a session.
    pub(crate) session_time_max: Duration,
    /// The address people know the server by, without a slash at its end, where the configuration names one.
    pub(crate) public_url: Option<String>,
    /// Where the work runs: not on the threads that hold the connections.
    pub(crate) runtime: Handle,
    pub(crate) searches: Gate,
    pub(crate) asks: Gate,
    pub(crate) uploads: Gate,
    pub(crate) answers: Arc<Answers>,
    pub(crate) metrics: Metrics,
    /// When this was made.
    pub(crate) started: Timestamp,
    stopping: AtomicBool,
}

impl State {
    pub(crate) fn new(parts: Parts, config: &ServerConfig, runtime: Handle) -> Self {
        let limits = config.limits;
        let gate = |name, places| Gate::new(name, places, limits.queue_max, limits.queue_time_max);
        let answers = Arc::new(Answers::new(&limits, runtime.clone()));
        let started = parts.clock.now();
        let session_time_max = parts.access.accounts().map_or(Duration::ZERO, |accounts| accounts.session_time_max());
        Self {
            started,
            parts,
            limits,
            search_limits: SearchLimits::default(),
            hosts: Hosts::new(config),
            cookies: Cookies { secure: config.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) },
            session_time_max,
            public_url: config.public_url.clone(),
            runtime,
            searches: gate("search", limits.concurrent_searches_max),
            asks: gate("ask", limits.concurrent_asks_max),
            uploads: gate("upload", limits.concurrent_uploads_max),
            answers,
            metrics: Metrics::default(),
            stopping: AtomicBool::new(false),
        }
    }

    pub(crate) fn library(&self) -> Arc<dyn Library> {
        Arc::clone(&self.parts.library)
    }

    /// Runs what reads from the library: in its turn, beside the connections, within the time a search may take.
    pub(crate) async fn read<T: Send + 'static>(&self, work: Promise<T>) -> Result<T, Failure> {
        let _place = self.searches.enter().await?;
        self.look(work).await
    }

    /// The same out of turn, for those who watch the server: they need an answer most when everybody else waits.
    pub(crate) async fn look<T: Send + 'static>(&self, work: Promise<T>) -> Result<T, Failure> {
        Ok(within(self.search_limits.search_time_max, Work::spawn(&self.runtime, work)).await?)
    }

    /// An id that nobody guesses.
    pub(crate) fn fresh_id(&self) -> String {
        let mut bytes = [0; 16];
        self.parts.random.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
