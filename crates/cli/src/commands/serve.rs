//! `pinakes serve`

use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::ApiError;
use pinakes_config::Config;
use pinakes_ingest::{JobQueue, ReadSide};
use pinakes_server::{Parts, StoreLibrary, serve, signalled};
use pinakes_types::Principal;

use crate::system::{SystemClock, SystemRandom};
use crate::{End, bot, generator, output, wiring};

pub(crate) async fn run(config: &Arc<Config>) -> Result<End, ApiError> {
    let embedder = wiring::embedder(config).await?;
    // A server over an empty store is how many people begin: they upload from the page.
    let store = wiring::store(config, true).await?;
    let legs = Arc::new(ReadSide::open(&store).await?);
    let searcher =
        Searcher::new(store.clone(), Arc::clone(&legs), Arc::clone(&embedder)).await?.with_generator(generator::open(config).await?);
    let random = Arc::new(SystemRandom);
    let queue = JobQueue::start(store.clone(), embedder, wiring::extract_worker(config)?, random.clone()).await?;
    let catalog = store.catalog.clone();
    let (library, staging) = StoreLibrary::start(store, searcher, legs, queue)?;
    let bot = bot::start(config, &catalog, library.clone()).await?;
    let hook = bot.as_ref().and_then(|bot| bot.hook.clone());
    let parts = Parts { library, clock: Arc::new(SystemClock), random, staging, bot: hook, principal: Principal::local_operator() };
    let serving = serve(parts, &config.server)?;
    output::line(&format!("listening on http://{}", serving.address()));
    serving.run(signalled).await?;
    Ok(End::Done)
}
