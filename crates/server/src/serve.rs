//! Binds, serves, stops.
//!
//! Slowness is bounded at every step: the head of a request must arrive in time, a body too (in [`crate::body`]), a response must be
//! taken in time (`TCP_USER_TIMEOUT`: the kernel ends a connection whose peer takes nothing for so long, also when it says that its
//! window is full), and a client that hangs up ends its request at once.

use std::any::Any;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use pinakes_api::{ApiError, Code};
use pinakes_config::ServerConfig;
use socket2::SockRef;
use thiserror::Error;

use crate::layers::{admission::admission, headers::headers, hosts::hosts, observe::observe, problems::problems};
use crate::mcp;
use crate::routes::routes;
use crate::state::{Parts, State};

/// Why a server does not start or ends.
#[derive(Debug, Error)]
pub enum ServeError {
    /// Nobody signs in, so only this machine may reach it.
    #[error(
        "{0} can be reached from other machines, and nobody signs in: whoever reaches it reads everything. Set access.mode = \"accounts\", \
         or listen on 127.0.0.1"
    )]
    Public(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}. Name another one with `server.address`; port 0 takes any free one")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// Serving ended by itself.
    #[error("serving ended: {0}")]
    Ended(#[from] io::Error),
}

impl From<ServeError> for ApiError {
    fn from(error: ServeError) -> Self {
        let code = match error {
            ServeError::Public(_) => Code::InvalidConfig,
            ServeError::Bind { .. } => Code::NotReady,
            ServeError::Ended(_) => Code::IoFailed,
        };
        Self::new(code, error.to_string()).caused_by(error)
    }
}

/// A server that listens.
pub struct Serving {
    address: SocketAddr,
    server: Server,
    state: Data<State>,
}

/// Stops a server from elsewhere.
#[derive(Clone)]
pub struct Stopper {
    handle: ServerHandle,
    state: Data<State>,
}

impl Stopper {
    /// Takes no new connections, lets running requests finish within `server.shutdown_time_max`, and ends.
    pub async fn stop(&self) {
        self.state.stop();
        self.handle.stop(true).await;
    }
}

/// Listens. Requests are served once the result is driven by [`Serving::run`] or awaited on a task. Must be called on a multi-threaded
/// tokio runtime: the work of requests runs there, the connections on threads of their own.
///
/// # Errors
/// An address that other machines reach; an address that is taken.
pub fn serve(parts: Parts, config: &ServerConfig) -> Result<Serving, ServeError> {
    let address = config.address;
    if !address.ip().is_loopback() && parts.access.is_single_user() {
        return Err(ServeError::Public(address));
    }
    if !address.ip().is_loopback() && !config.public_url.as_ref().is_some_and(|url| url.starts_with("https://")) {
        tracing::warn!(
            "other machines reach this server without TLS, passwords included; put a proxy that ends TLS before it, and name it in server.public_url"
        );
    }
    let limits = config.limits;
    let state = Data::new(State::new(parts, config, tokio::runtime::Handle::current()));
    let app_state = state.clone();
    let mcp = Data::new(mcp::http::service(&state));
    let app = move || {
        // Outermost last: see `layers` for what each does.
        App::new()
            .app_data(app_state.clone())
            .app_data(mcp.clone())
            .configure(routes)
            .wrap(from_fn(admission))
            .wrap(from_fn(hosts))
            .wrap(from_fn(problems))
            .wrap(Compress::default())
            .wrap(from_fn(headers))
            .wrap(from_fn(observe))
    };
    let server = HttpServer::new(app)
        .workers(config.workers)
        .max_connections(limits.connections_max.div_ceil(config.workers.max(1)))
        .keep_alive(limits.keep_alive_max)
        .client_request_timeout(limits.header_time_max)
        .client_disconnect_timeout(Duration::from_secs(1))
        // Otherwise an abandoned request runs to its end (actix-web 4.18).
        .h1_allow_half_closed(false)
        .shutdown_timeout(limits.shutdown_time_max.as_secs().max(1))
        .disable_signals()
        .on_connect(move |connection, _| end_stalled(connection, limits.write_stall_max))
        .bind(address)
        .map_err(|source| ServeError::Bind { address, source })?;
    let address = server.addrs().first().copied().unwrap_or(address);
    Ok(Serving { address, server: server.run(), state })
}

fn end_stalled(connection: &dyn Any, after: Duration) {
    let Some(stream) = connection.downcast_ref::<TcpStream>() else { return };
    #[cfg(target_os = "linux")]
    if let Err(error) = SockRef::from(stream).set_tcp_user_timeout(Some(after)) {
        tracing::warn!(%error, "a connection without a bound on stalling");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, after);
}

impl Serving {
    /// Where it listens: the real port also when port 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A handle to stop it with.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper { handle: self.server.handle(), state: self.state.clone() }
    }

    /// Serves until `stop` comes, then lets running requests finish; a second `stop` within that time ends them.
    ///
    /// # Errors
    /// [`ServeError::Ended`] when serving ended by itself.
    pub async fn run<Stop: Future<Output = ()>>(self, stop: impl Fn() -> Stop) -> Result<(), ServeError> {
        let stopper = self.stopper();
        let mut serving = tokio::spawn(self.server);
        let joined = tokio::select! {
            joined = &mut serving => joined,
            () = stop() => {
                tracing::info!("stopping: running requests are finished first");
                tokio::select! {
                    () = stopper.stop() => {}
                    () = stop() => stopper.handle.stop(false).await,
                }
                serving.await
            }
        };
        joined.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(ServeError::Ended)
    }
}

/// Comes when the process is asked to end: SIGTERM, or SIGINT from a terminal.
pub async fn signalled() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminated) => {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
        }
        Err(_) => drop(interrupted.await),
    }
    #[cfg(not(unix))]
    drop(interrupted.await);
}
