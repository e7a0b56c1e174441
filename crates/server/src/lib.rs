//! HTTP: the API, the event streams and the page. A handler translates a request, holds it to its bounds, and hands it to a
//! [`Library`]; no rule about documents, rights or answers stands here, and nothing here knows SQL, tantivy, Lance or tensors.
//!
//! What is promised of every request: it is answered within a deadline or dropped when its client is gone; it waits in a bounded queue
//! or is turned away with `Retry-After`; whatever goes wrong comes back as `application/problem+json` with a code and a request id, and
//! says nothing of the inside; every response carries the same strict headers.

mod answers;
mod assets;
mod body;
mod bot_figures;
mod check;
mod cookies;
mod deadline;
mod failure;
mod gate;
mod handlers;
mod identity;
mod layers;
mod library;
mod mcp;
mod metrics;
mod notes;
mod openai;
mod routes;
mod serve;
mod state;
mod store;
mod tasks;
mod work;

pub use library::{Conversations, Library, Promise};
pub use mcp::serve_stdio;
pub use pinakes_ingest::{Original, PageImage};
pub use serve::{ServeError, Serving, Stopper, serve, signalled};
pub use state::Parts;
pub use store::StoreLibrary;
pub use tasks::Tasks;
