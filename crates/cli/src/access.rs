//! Puts together who is let in, as configured.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use pinakes_access::{Access, Accounts, Audit, Provider, Reqwest};
use pinakes_api::{ApiError, Code};
use pinakes_catalog::Catalog;
use pinakes_config::{AccessMode, Config};
use pinakes_types::Principal;

use crate::output;
use crate::system::{SystemClock, SystemRandom};

/// Where the audit log is kept.
pub(crate) fn audit_folder(config: &Config) -> PathBuf {
    config.store.data_dir.join("audit")
}

/// The audit log.
pub(crate) fn audit(config: &Config) -> Result<Audit, ApiError> {
    let Some(settings) = config.access.audit else { return Ok(Audit::off()) };
    let opened = Audit::open(&audit_folder(config), settings, Arc::new(SystemClock));
    opened.map_err(|error| ApiError::new(Code::CannotWrite, error.to_string()).caused_by(error))
}

/// The people of a store, whether or not they sign in.
pub(crate) fn accounts(config: &Arc<Config>, catalog: &Catalog) -> Result<Accounts, ApiError> {
    let settings = Arc::new(config.access.clone());
    Accounts::new(catalog.clone(), settings, Arc::new(SystemClock), Arc::new(SystemRandom), audit(config)?)
}

/// Who is let in.
pub(crate) fn open(config: &Arc<Config>, catalog: &Catalog) -> Result<Access, ApiError> {
    if config.access.mode == AccessMode::SingleUser {
        return Ok(Access::single_user(Principal::local_operator(), audit(config)?));
    }
    Ok(Access::people(accounts(config, catalog)?, provider(config)?))
}

fn provider(config: &Config) -> Result<Option<Provider>, ApiError> {
    let Some(settings) = config.access.provider.clone() else { return Ok(None) };
    let url = config.server.url(config.server.address);
    let http = Reqwest::new(&settings).map_err(ApiError::internal)?;
    Provider::new(settings, &url, Arc::new(http), Arc::new(SystemClock), Arc::new(SystemRandom)).map(Some)
}

/// Where nobody administers yet: the link that changes that, once.
pub(crate) async fn invite(config: &Config, access: &Access, address: SocketAddr) -> Result<(), ApiError> {
    let Some(accounts) = access.accounts() else { return Ok(()) };
    let Some(secret) = accounts.first_link().await? else { return Ok(()) };
    let url = config.server.url(address);
    output::line(&format!("make the first administrator within a day: {url}/sign-in#first={secret}"));
    Ok(())
}
