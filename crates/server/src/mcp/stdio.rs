//! Over standard input and output: how an assistant on this machine starts a server of its own.

use std::sync::Arc;

use pinakes_answer::Searcher;
use pinakes_api::{ApiError, Code};
use pinakes_types::Scope;
use rmcp::ServiceExt;
use rmcp::transport::stdio;

use super::{Caller, Tools};

/// Serves one client until it closes its end. Standard output is the protocol's from here on.
///
/// # Errors
/// A client that does not speak the protocol.
pub async fn serve_stdio(searcher: Searcher, scope: Scope) -> Result<(), ApiError> {
    let caller = Caller { scope, page: None };
    let following = searcher.clone().follow();
    let tools = Tools { reading: Arc::new(searcher), caller: Some(caller) };
    let began = tools.serve(stdio()).await;
    let running = began.map_err(|error| ApiError::new(Code::BadRequest, format!("The client did not begin as MCP asks: {error}")))?;
    tokio::select! {
        ended = running.waiting() => ended.map(drop).map_err(ApiError::internal),
        () = following => Ok(()),
    }
}
