//! `pinakes mcp`

use std::sync::Arc;

use pinakes_api::ApiError;
use pinakes_config::Config;
use pinakes_server::serve_stdio;

use crate::{End, generator, wiring};

/// Reads the store as it is published at the time; whoever runs the binary owns the files and reads everything.
pub(crate) async fn run(config: &Arc<Config>) -> Result<End, ApiError> {
    let (searcher, scope) = wiring::searcher(config).await?;
    let searcher = searcher.with_generators(generator::open(config).await?);
    serve_stdio(searcher, scope).await?;
    Ok(End::Done)
}
