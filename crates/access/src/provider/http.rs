//! How the provider is reached: through our HTTP client, to hosts the configuration names, without following redirects, within bounds.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use pinakes_config::ProviderConfig;
use pinakes_config::limits::access::{PROVIDER_BYTES_MAX, PROVIDER_TIME_MAX};
use thiserror::Error;

/// Why a request to the provider came to nothing.
#[derive(Debug, Error)]
pub enum HttpError {
    /// Its host is not one that the configuration names.
    #[error("{0} is neither the issuer's host nor in access.oidc_hosts")]
    Host(String),
    /// It answered more than anybody needs.
    #[error("the answer has more than {PROVIDER_BYTES_MAX} bytes")]
    TooLarge,
    /// It could not be reached, or broke off.
    #[error("{0}")]
    Failed(String),
}

/// Makes requests to a provider; tests make it say what they like.
pub trait ProviderHttp: Send + Sync {
    /// Makes one.
    fn call(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>>;
}

/// It, as the protocol's crate wants it.
#[derive(Clone)]
pub(crate) struct Reach(pub(crate) Arc<dyn ProviderHttp>);

impl<'c> AsyncHttpClient<'c> for Reach {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        self.0.call(request)
    }
}

/// The real one.
pub struct Reqwest {
    client: reqwest::Client,
    /// `host` or `host:port`, as the configuration names them.
    hosts: Vec<String>,
}

impl Reqwest {
    /// A client that reaches this provider's hosts and no other.
    ///
    /// # Errors
    /// When no client can be made at all.
    pub fn new(config: &ProviderConfig) -> Result<Self, HttpError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(PROVIDER_TIME_MAX)
            .connect_timeout(PROVIDER_TIME_MAX.min(Duration::from_secs(5)))
            .no_proxy()
            .build()
            .map_err(|error| HttpError::Failed(error.to_string()))?;
        let issuer = config.issuer.split_once("://").map_or(config.issuer.as_str(), |(_, rest)| rest);
        let issuer = issuer.split('/').next().unwrap_or_default().to_ascii_lowercase();
        Ok(Self { client, hosts: config.hosts.iter().cloned().chain([issuer]).collect() })
    }

    fn reaches(&self, uri: &openidconnect::http::Uri) -> bool {
        let authority = uri.authority().map(|authority| authority.as_str().to_ascii_lowercase()).unwrap_or_default();
        self.hosts.contains(&authority)
    }
}

impl ProviderHttp for Reqwest {
    fn call(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, HttpError>> {
        Box::pin(async move {
            if !self.reaches(request.uri()) {
                return Err(HttpError::Host(request.uri().host().unwrap_or("an address without a host").to_owned()));
            }
            let failed = |error: reqwest::Error| HttpError::Failed(error.to_string());
            let request = reqwest::Request::try_from(request).map_err(failed)?;
            let response = self.client.execute(request).await.map_err(failed)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut body = Vec::new();
            let mut parts = response.bytes_stream();
            while let Some(part) = parts.next().await {
                let part = part.map_err(failed)?;
                if body.len() + part.len() > PROVIDER_BYTES_MAX {
                    return Err(HttpError::TooLarge);
                }
                body.extend_from_slice(&part);
            }
            let mut answer = HttpResponse::new(body);
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_named_hosts_are_reached() {
        let config = pinakes_config::Config::load(pinakes_config::LoadOptions {
            data_dir: Some("/nonexistent".into()),
            overrides: [("oidc_issuer", "https://id.example:8443/realms/x"), ("oidc_client_id", "c"), ("oidc_hosts", "keys.example")]
                .map(|(key, value)| (format!("access.{key}"), value.to_owned()))
                .into(),
            ..pinakes_config::LoadOptions::default()
        });
        let http = Reqwest::new(&config.unwrap().access.provider.unwrap()).unwrap();
        for (uri, reached) in [
            ("https://id.example:8443/keys", true),
            ("https://keys.example/keys", true),
            ("https://id.example/keys", false),
            ("https://evil.example/keys", false),
            ("https://id.example:8443@evil.example/", false),
            ("http://169.254.169.254/latest", false),
        ] {
            assert_eq!(http.reaches(&uri.parse().unwrap()), reached, "{uri}");
        }
        let request = openidconnect::http::Request::get("http://169.254.169.254/latest").body(vec![]).unwrap();
        assert!(matches!(http.call(request).await, Err(HttpError::Host(_))));
    }
}
