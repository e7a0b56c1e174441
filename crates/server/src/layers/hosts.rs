//! A browser on this machine reaches the loopback interface too, whatever page it shows. Two checks keep other people's pages out.
//!
//! *Host*: a page can give its own name a loopback address (DNS rebinding) and then reads answers as its own; the request's `Host` is
//! that foreign name, and only names from the configuration are answered.
//! *Origin*: a page can send forms and simple requests across sites without reading the answer; requests that do more than read are
//! refused unless the browser says they come from a page of this server. Programs that are no browsers send neither header.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName};
use actix_web::http::{Method, Uri};
use actix_web::middleware::Next;
use actix_web::web::Data;
use pinakes_api::Code;
use pinakes_config::ServerConfig;

use crate::failure::Failure;
use crate::layers::admission::note;
use crate::state::State;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names the server answers to, lower case, without port.
pub(crate) struct Hosts(Vec<String>);

impl Hosts {
    pub(crate) fn new(config: &ServerConfig) -> Self {
        let own = match config.address {
            std::net::SocketAddr::V4(address) => address.ip().to_string(),
            std::net::SocketAddr::V6(address) => format!("[{}]", address.ip()),
        };
        let public = config.public_url.as_ref().and_then(|url| url.parse::<Uri>().ok());
        let public = public.as_ref().and_then(Uri::host).map(|host| host.trim_end_matches('.').to_ascii_lowercase());
        Self(config.hosts.iter().cloned().chain([own]).chain(public).collect())
    }

    fn answers(&self, host: &str) -> bool {
        let name = name_of(host).trim_end_matches('.').to_ascii_lowercase();
        self.0.contains(&name)
    }
}

/// A `Host` value without its port: `localhost:80` → `localhost`, `[::1]:80` → `[::1]`.
fn name_of(host: &str) -> &str {
    match host.rfind(']') {
        Some(end) => &host[..=end],
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

/// Turns strangers away.
pub(crate) async fn hosts(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let checked = match request.app_data::<Data<State>>() {
        Some(state) => admit(&state.hosts, request.method(), request.headers()),
        None => Err(Failure::new(Code::Internal, "the application has no state")),
    };
    match checked {
        Ok(()) => next.call(request).await.map(|response| response.map_body(|_, body| EitherBody::left(body))),
        Err(failure) => {
            let state = request.app_data::<Data<State>>();
            // A page elsewhere that acts for one of ours is worth a line; a foreign name is what every scanner brings.
            if let Some(state) = state.filter(|_| failure.0.code == Code::CrossSite) {
                note(state, &request, None, &failure).await;
            }
            Ok(request.error_response(failure).map_body(|_, body| EitherBody::right(body)))
        }
    }
}

fn admit(hosts: &Hosts, method: &Method, headers: &HeaderMap) -> Result<(), Failure> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return Err(Failure::new(Code::BadRequest, "The request names no host."));
    };
    if !hosts.answers(host) {
        return Err(Failure::new(Code::HostNotAllowed, "Add the name to `server.hosts` if it is one of yours."));
    }
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return Ok(());
    }
    let foreign = match (text(FETCH_SITE), headers.get(header::ORIGIN)) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => !origin.to_str().is_ok_and(|origin| authority(origin).is_some_and(|name| name.eq_ignore_ascii_case(host))),
        (None, None) => false,
    };
    if foreign {
        return Err(Failure::new(Code::CrossSite, "Only pages of this server may send this."));
    }
    Ok(())
}

fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn verdict(method: Method, headers: &[(&str, &str)]) -> Option<Code> {
        let hosts = Hosts(vec!["localhost".into(), "127.0.0.1".into(), "[::1]".into(), "pinakes.example".into()]);
        let map =
            headers.iter().map(|(name, value)| (HeaderName::try_from(*name).unwrap(), HeaderValue::from_str(value).unwrap())).collect();
        admit(&hosts, &method, &map).err().map(|failure| failure.0.code)
    }

    #[test]
    fn only_own_names_are_answered() {
        for host in ["localhost:8631", "LOCALHOST", "127.0.0.1:1", "[::1]:8631", "[::1]", "pinakes.example.", "pinakes.example"] {
            assert_eq!(verdict(Method::GET, &[("host", host)]), None, "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io:8631", "", ":80", "[::2]:8631", "evil]localhost"] {
            assert_eq!(verdict(Method::GET, &[("host", host)]), Some(Code::HostNotAllowed), "{host}");
        }
        assert_eq!(verdict(Method::GET, &[]), Some(Code::BadRequest));
    }

    #[test]
    fn the_public_address_is_an_own_name() {
        let config = |url: &str| ServerConfig {
            address: "10.0.0.7:8631".parse().unwrap(),
            hosts: vec!["localhost".into()],
            public_url: Some(url.into()),
            workers: 1,
            limits: pinakes_config::limits::ServerLimits::default(),
        };
        for url in ["https://KB.example", "https://kb.example.:8443", "http://kb.example/pinakes", "https://u:p@kb.example"] {
            assert!(Hosts::new(&config(url)).answers("kb.example:443"), "{url}");
        }
        let hosts = Hosts::new(&config("https://kb.example"));
        assert!(hosts.answers("10.0.0.7:8631") && hosts.answers("localhost") && !hosts.answers("example"));
    }

    #[test]
    fn foreign_pages_may_not_write() {
        let post = |name, value| verdict(Method::POST, &[("host", "localhost:8631"), (name, value)]);
        assert_eq!(post("sec-fetch-site", "same-origin"), None);
        assert_eq!(post("sec-fetch-site", "none"), None);
        assert_eq!(post("sec-fetch-site", "same-site"), Some(Code::CrossSite));
        assert_eq!(post("sec-fetch-site", "cross-site"), Some(Code::CrossSite));
        assert_eq!(post("origin", "http://localhost:8631"), None);
        for origin in ["null", "http://localhost:9999", "http://evil.example", "file://", "http://localhost:8631.evil.example"] {
            assert_eq!(post("origin", origin), Some(Code::CrossSite), "{origin}");
        }
        assert_eq!(verdict(Method::DELETE, &[("host", "localhost:8631"), ("sec-fetch-site", "cross-site")]), Some(Code::CrossSite));
        assert_eq!(verdict(Method::POST, &[("host", "localhost:8631")]), None, "a program, not a browser");
        assert_eq!(verdict(Method::GET, &[("host", "localhost:8631"), ("sec-fetch-site", "cross-site")]), None, "a link to us");
    }
}
