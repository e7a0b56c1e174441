//! Signing in through an OpenID Connect provider: authorization code flow with PKCE, state and nonce.
//!
//! What is checked before anybody is let in: that the browser that comes back is the one that was sent (a cookie beside the state), that
//! the answer is to our question (state, nonce, PKCE), that the provider signed it with a key it publishes (asymmetric only; keys are
//! fetched again when one is unknown), and that it is for us and of now. Connections go to the issuer's host and to those named in
//! `access.oidc_hosts`, and follow no redirects.

mod claims;
mod exchange;
mod http;
mod pending;
mod sign_in;

use std::sync::Arc;

use openidconnect::core::{CoreAuthenticationFlow, CoreProviderMetadata};
use openidconnect::{ClientId, ClientSecret, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use pinakes_api::{ApiError, Code};
use pinakes_config::ProviderConfig;
use pinakes_types::{Clock, Random};
use tokio::sync::RwLock;

use crate::secrets::{Purpose, fresh, hash};

pub use http::{HttpError, ProviderHttp, Reqwest};

use http::Reach;
use pending::{Pending, Waiting};

/// Where the provider sends people back to.
pub(crate) const CALLBACK: &str = "/sign-in/callback";

/// A provider.
pub struct Provider {
    pub(crate) config: ProviderConfig,
    secret: Option<ClientSecret>,
    redirect: RedirectUrl,
    http: Reach,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// What it says of itself, fetched when first needed: it may be down when this server starts.
    metadata: RwLock<Option<Arc<CoreProviderMetadata>>>,
    pending: Pending,
}

/// A sign-in that begins.
#[derive(Debug, Clone)]
pub struct SignInStart {
    /// Where the browser goes.
    pub url: String,
    /// What its cookie holds until it comes back.
    pub browser: String,
}

impl Provider {
    /// A provider as configured; `public_url` is the address that people know this server by.
    ///
    /// # Errors
    /// [`Code::InvalidConfig`] for a secret that cannot be read or an address that is none.
    pub fn new(
        config: ProviderConfig,
        public_url: &str,
        http: Arc<dyn ProviderHttp>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ApiError> {
        let wrong = |words: String| ApiError::new(Code::InvalidConfig, words);
        let secret = match &config.client_secret_file {
            Some(file) => {
                let text = fs_err::read_to_string(file).map_err(|error| wrong(format!("access.oidc_client_secret_file: {error}")))?;
                Some(ClientSecret::new(text.trim().to_owned()))
            }
            None => None,
        };
        let redirect = RedirectUrl::new(format!("{public_url}{CALLBACK}")).map_err(|error| wrong(format!("server.public_url: {error}")))?;
        Ok(Self { config, secret, redirect, http: Reach(http), clock, random, metadata: RwLock::new(None), pending: Pending::default() })
    }

    /// Begins a sign-in; afterwards the browser goes to `return_to`, a path of ours.
    ///
    /// # Errors
    /// [`Code::NotReady`] when the provider does not answer.
    pub async fn start(&self, return_to: &str) -> Result<SignInStart, ApiError> {
        let metadata = self.metadata().await?;
        let (state, nonce, browser) = (fresh(&*self.random), fresh(&*self.random), fresh(&*self.random));
        let verifier = PkceCodeVerifier::new(fresh(&*self.random));
        let client = exchange::client(self, &metadata);
        let (csrf, once) = (CsrfToken::new(state.clone()), Nonce::new(nonce.clone()));
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || csrf, || once)
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        for scope in self.config.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (url, ..) = request.url();
        let waiting = Waiting {
            browser: hash(Purpose::SignIn, &browser),
            nonce,
            verifier: verifier.into_secret(),
            return_to: own_path(return_to),
            until: crate::accounts::after(self.clock.now(), pinakes_config::limits::access::SIGN_IN_TIME_MAX),
        };
        self.pending.add(hash(Purpose::SignIn, &state), waiting, self.clock.now());
        Ok(SignInStart { url: url.to_string(), browser })
    }

    /// What the provider says of itself.
    async fn metadata(&self) -> Result<Arc<CoreProviderMetadata>, ApiError> {
        if let Some(known) = &*self.metadata.read().await {
            return Ok(Arc::clone(known));
        }
        self.discover().await
    }

    /// Asks it anew, keys included.
    async fn discover(&self) -> Result<Arc<CoreProviderMetadata>, ApiError> {
        let issuer = IssuerUrl::new(self.config.issuer.clone())
            .map_err(|error| ApiError::new(Code::InvalidConfig, format!("access.oidc_issuer: {error}")))?;
        let found = CoreProviderMetadata::discover_async(issuer, &self.http).await.map_err(|error| {
            ApiError::new(Code::NotReady, "The sign-in provider does not answer as it should; the log has the details.")
                .caused_by(words(&error))
        })?;
        let found = Arc::new(found);
        *self.metadata.write().await = Some(Arc::clone(&found));
        Ok(found)
    }

    fn client_id(&self) -> ClientId {
        ClientId::new(self.config.client_id.clone())
    }
}

/// A path on this server, or the start page: never an address elsewhere.
fn own_path(written: &str) -> String {
    let fits = written.starts_with('/')
        && !written.starts_with("//")
        && written.len() <= 1_024
        && written.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if fits { written.to_owned() } else { "/".to_owned() }
}

/// An error with its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests;
