//! `pinakes serve`

use std::sync::Arc;

use pinakes_access::Access;
use pinakes_answer::{Chosen, Searcher};
use pinakes_api::{ApiError, Code};
use pinakes_config::{Config, Warm};
use pinakes_ingest::{JobQueue, Pages, ReadSide};
use pinakes_server::{Parts, StoreLibrary, serve, signalled};
use tokio::task::JoinHandle;

use crate::system::{SystemClock, SystemRandom};
use crate::{End, access, bot, generator, output, wiring};

pub(crate) async fn run(config: &Arc<Config>) -> Result<End, ApiError> {
    let embedder = wiring::embedder(config).await?;
    // A server over an empty store is how many people begin: they upload from the page.
    let store = wiring::store(config, true).await?;
    let legs = Arc::new(ReadSide::open(&store).await?);
    let random = Arc::new(SystemRandom);
    let searcher = Searcher::new(store.clone(), legs, Arc::clone(&embedder), random.clone()).await?;
    let searcher = searcher.with_generators(generator::open(config).await?);
    searcher.check_collections()?;
    let queue = JobQueue::start(store.clone(), embedder, wiring::extract_worker(config)?, random.clone()).await?;
    let catalog = store.catalog.clone();
    let access = access::open(config, &catalog)?;
    let warming = warm(config, &searcher, &access)?;
    if !access.is_single_user() {
        // Rules and file modes may have changed while nobody looked: nobody is let in by those of yesterday.
        store.relabel().await?;
    }
    let pages = Pages::new(store.clone(), wiring::extract_worker(config)?);
    let (library, staging) = StoreLibrary::start(store, searcher, queue, pages, access.clone())?;
    let bot = bot::start(config, &catalog, &access, library.clone()).await?;
    let parts = Parts { library, clock: Arc::new(SystemClock), random, staging, bot, access: access.clone() };
    let serving = serve(parts, &config.server)?;
    output::line(&format!("listening on http://{}", serving.address()));
    access::invite(config, &access, serving.address()).await?;
    let ended = serving.run(signalled).await;
    if let Some(warming) = warming {
        warming.abort();
    }
    access.audit().flush().await;
    ended?;
    Ok(End::Done)
}

/// Reads documents ahead while nobody asks, where that is wanted: for the operator where nobody signs in, else for those who asked lately,
/// as what the operator may read is nobody's there.
fn warm(config: &Config, searcher: &Searcher, access: &Access) -> Result<Option<JoinHandle<()>>, ApiError> {
    let settings = &config.generator;
    let paths = match settings.warm {
        Warm::Off => return Ok(None),
        Warm::Pinned if settings.warm_paths.is_empty() => {
            let words = "generator.warm is \"pinned\", and generator.warm_paths names nothing";
            return Err(ApiError::new(Code::InvalidConfig, words));
        }
        Warm::Pinned => settings.warm_paths.clone(),
        Warm::All => vec![],
    };
    let chosen = Chosen { paths, most_cited: None };
    let first = access.is_single_user().then(wiring::operator).transpose()?;
    let warming = searcher.clone().keep_warm(first, chosen, settings.warm_bytes_max);
    Ok(Some(tokio::spawn(warming)))
}
