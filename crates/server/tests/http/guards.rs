//! Who is let in, and what goes with every response.

use std::sync::Arc;

use pinakes_access::{Access, Audit};
use pinakes_config::ServerConfig;
use pinakes_config::limits::ServerLimits;
use pinakes_server::{Parts, ServeError, serve};
use pinakes_types::Principal;

use crate::support::{DOC, Request, TestServer, config};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[tokio::test(flavor = "multi_thread")]
async fn every_response_carries_the_strict_headers() {
    let server = TestServer::start().await;
    let requests = [
        Request::new("GET", "/"),
        Request::new("GET", "/assets/app.js"),
        Request::new("GET", "/assets/nothing.js"),
        Request::new("GET", "/nothing"),
        Request::new("GET", "/documents/abc"),
        Request::new("GET", "/api/v1/status"),
        Request::new("GET", "/metrics"),
        Request::new("PUT", "/api/v1/status"),
        Request::new("GET", "/").header("host", "evil.example"),
        Request::new("DELETE", &format!("/api/v1/documents/{DOC}")).header("origin", "http://evil.example"),
        Request::new("POST", "/api/v1/search").json("{"),
        Request::new("POST", "/api/v1/search").json(r#"{"query":"panic"}"#),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"rent?"}"#),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"rent?","stream":true}"#),
        Request::new("POST", "/api/v1/documents"),
    ];
    for request in requests {
        let reply = server.send(request).await;
        assert_eq!(reply.header("content-security-policy"), Some(POLICY), "{reply:?}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("x-frame-options"), Some("DENY"));
        assert_eq!(reply.header("access-control-allow-origin"), None);
        assert!(reply.header("cache-control").is_some() && reply.header("x-request-id").is_some());
        assert_eq!(reply.headers.iter().filter(|(name, _)| name == "content-security-policy").count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_that_came_by_https_are_told_to_come_by_nothing_else() {
    let known_as = |url: Option<&str>| {
        let config = ServerConfig { public_url: url.map(str::to_owned), ..config(ServerLimits::default()) };
        let access = Access::single_user(Principal::local_operator(), Audit::off());
        TestServer::configured(Arc::default(), &config, access, tempfile::tempdir().unwrap(), None)
    };
    let requests = [
        Request::new("GET", "/"),
        Request::new("GET", "/assets/nothing.js"),
        Request::new("GET", "/api/v1/status"),
        Request::new("GET", "/").header("host", "evil.example"),
        Request::new("POST", "/api/v1/search").json("{"),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"rent?","stream":true}"#),
    ];
    for (url, said) in [(Some("https://pinakes.example"), Some("max-age=31536000")), (Some("http://pinakes.example"), None), (None, None)] {
        let server = known_as(url);
        for request in requests.clone() {
            let reply = server.send(request).await;
            assert_eq!(reply.header("strict-transport-security"), said, "{url:?}: {reply:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_names_are_not_answered() {
    let server = TestServer::start().await;
    for path in ["/", "/api/v1/status", "/api/v1/search?q=a", "/metrics", "/health/live"] {
        let reply = server.send(Request::new("GET", path).header("host", "rebound.evil.example:8631")).await;
        assert_eq!(reply.code(), "host_not_allowed", "{path}");
    }
    for host in ["localhost", "LOCALHOST:1234", "127.0.0.1", &server.address] {
        assert_eq!(server.send(Request::new("GET", "/health/live").header("host", host)).await.status, 200, "{host}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_pages_cannot_write_or_ask() {
    let server = TestServer::start().await;
    let writes = [
        Request::new("DELETE", &format!("/api/v1/documents/{DOC}")),
        Request::new("POST", "/api/v1/documents").header("content-type", "multipart/form-data; boundary=x"),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"a"}"#),
        Request::new("POST", "/api/v1/search").json(r#"{"query":"a"}"#),
    ];
    for request in writes {
        for (name, value) in
            [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example"), ("origin", "null")]
        {
            assert_eq!(server.send(request.clone().header(name, value)).await.code(), "cross_site", "{name}: {value}");
        }
    }
    assert!(server.shelf.uploads.lock().unwrap().is_empty());
    let own = Request::new("POST", "/api/v1/search").json(r#"{"query":"a"}"#);
    assert_eq!(server.send(own.clone().header("sec-fetch-site", "same-origin")).await.status, 200);
    assert_eq!(server.send(own.clone().header("origin", "http://localhost")).await.status, 200);
    assert_eq!(server.send(own).await.status, 200, "a program sends neither");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_principal_switched_off_reads_nothing() {
    let mut principal = Principal::local_operator();
    principal.active = false;
    let server = TestServer::with(ServerLimits::default(), principal).await;
    for route in pinakes_api::ROUTES.iter().filter(|route| route.path.starts_with("/api/")) {
        if pinakes_api::needs(&format!("{:?}", route.method).to_uppercase(), route.path) == pinakes_api::Needs::Nothing {
            continue;
        }
        let path = route.path.replace("{id}", DOC);
        let request = Request::new(&format!("{:?}", route.method).to_uppercase(), &path);
        let request = if path.ends_with("/search") || path.ends_with("/ask") { request.json(r#"{"query":"a"}"#) } else { request };
        assert_eq!(server.send(request).await.code(), "not_allowed", "{path}");
    }
    assert_eq!(server.get("/health/live").await.status, 200);
    assert!(!server.get("/metrics").await.text().contains("pinakes_documents"));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_machines_are_refused_before_a_port_is_bound() {
    let server = TestServer::start().await;
    for address in ["0.0.0.0:0", "[::]:0", "192.168.1.10:0", "8.8.8.8:80"] {
        let mut config = config(ServerLimits::default());
        config.address = address.parse().unwrap();
        let parts = Parts {
            library: server.shelf.clone(),
            clock: std::sync::Arc::new(crate::support::Noon),
            random: std::sync::Arc::new(Zero),
            staging: server.staging.path().to_owned(),
            bot: None,
            access: Access::single_user(Principal::local_operator(), Audit::off()),
        };
        let refused = serve(parts, &config).err().unwrap();
        assert!(matches!(refused, ServeError::Public(_)), "{address}: {refused}");
        assert_eq!(pinakes_api::ApiError::from(refused).code.exit_code(), 64);
    }
}

struct Zero;

impl pinakes_types::Random for Zero {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_saved_and_never_shown() {
    let server = TestServer::start().await;
    let file = server.get(&format!("/api/v1/documents/{DOC}/original")).await;
    assert_eq!((file.status, file.text()), (200, "<script>"));
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename*=UTF-8''Miete%20%222026%22.md"));
    assert_eq!(file.header("x-content-type-options"), Some("nosniff"));
}
