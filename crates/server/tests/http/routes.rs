//! Every route, answered well and asked badly.

use std::collections::BTreeSet;

use pinakes_api::{Method, ROUTES};

use crate::support::{DOC, Request, TEXT, TestServer};

fn concrete(path: &str) -> String {
    path.replace("/jobs/{id}", "/jobs/j1")
        .replace("/v1/models/{id}", "/v1/models/pinakes/extractive")
        .replace("{page}", "1")
        .replace("{name}", "ada")
        .replace("{id}", DOC)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_with_what_openapi_says() {
    let server = TestServer::start().await;
    let cited = format!(r#"{{"citations":[{{"doc_id":"{DOC}","doc_version":"v","char_span":[0,29],"quote":"{TEXT}"}}]}}"#);
    let cases: &[(&str, &str, &str, u16, &str)] = &[
        ("GET", "/api/v1/search?q=rent&limit=3&kinds=pdf,markdown", "", 200, "documents_searched"),
        ("POST", "/api/v1/search", r#"{"query":" rent "}"#, 200, r#""query":"rent""#),
        ("POST", "/api/v1/search/explain", r#"{"query":" rent "}"#, 200, r#""method":"rrf""#),
        ("POST", "/api/v1/ask", r#"{"question":"When is rent due?"}"#, 200, "citations"),
        ("POST", "/api/v1/citations/check", &cited, 200, r#""state":"current""#),
        ("GET", "/api/v1/documents?state=indexed&contains=x&limit=5", "", 200, "documents"),
        ("GET", &format!("/api/v1/documents/{DOC}"), "", 200, "doc_id"),
        ("GET", &format!("/api/v1/documents/{DOC}/content?at=3"), "", 200, "page_count"),
        ("DELETE", &format!("/api/v1/documents/{DOC}"), "", 200, "deleted"),
        ("GET", "/api/v1/conversations?limit=3", "", 200, "conversations"),
        ("POST", "/api/v1/conversations", r#"{"title":"Rent"}"#, 201, "conversation_id"),
        ("GET", &format!("/api/v1/conversations/{DOC}?limit=1"), "", 200, "turns"),
        ("PATCH", &format!("/api/v1/conversations/{DOC}"), r#"{"title":"Lease"}"#, 200, r#""title":"Lease""#),
        ("DELETE", &format!("/api/v1/conversations/{DOC}"), "", 200, "deleted"),
        ("GET", &format!("/api/v1/conversations/{DOC}/export?format=markdown"), "", 200, "# Rent"),
        ("GET", "/api/v1/feedback", "", 200, "feedback"),
        ("POST", "/api/v1/feedback", &format!(r#"{{"answer_id":"{DOC}","verdict":"down","reason":"wrong"}}"#), 200, "given_at"),
        ("GET", "/api/v1/session", "", 200, "\"accounts\":false"),
        ("DELETE", "/api/v1/session", "", 200, "ended"),
        ("GET", "/api/v1/jobs", "", 200, "jobs"),
        ("GET", "/api/v1/jobs/j1", "", 200, "files_total"),
        ("POST", "/api/v1/tasks", r#"{"task":{"kind":"summarise"},"documents":["d"]}"#, 200, "doc_id"),
        ("GET", &format!("/api/v1/tasks/{DOC}"), "", 200, "documents_total"),
        ("DELETE", &format!("/api/v1/tasks/{DOC}"), "", 200, "cancelled"),
        ("GET", &format!("/api/v1/tasks/{DOC}/results"), "", 200, "doc_id"),
        ("GET", "/api/v1/status", "", 200, "chunks"),
        ("GET", "/api/v1/collections", "", 200, r#""collections":[]"#),
        ("GET", "/api/v1/bot/channels", "", 200, r#""channels":[]"#),
        ("PATCH", &format!("/api/v1/bot/channels/{DOC}"), r#"{"answer":"always"}"#, 404, "not_found"),
        ("GET", "/v1/models", "", 200, r#""id":"pinakes/files""#),
        ("GET", "/v1/models/pinakes/extractive", "", 200, r#""object":"model""#),
        ("POST", "/v1/chat/completions", r#"{"model":"pinakes","messages":[{"role":"user","content":"When?"}]}"#, 200, "url_citation"),
        ("POST", "/v1/responses", r#"{"model":"pinakes","input":"When?"}"#, 200, r#""object":"response""#),
        ("POST", "/v1/embeddings", r#"{"model":"unit","input":"a"}"#, 200, "embedding"),
        ("GET", &format!("/api/v1/documents/{DOC}/pages/1?span=0-4"), "", 200, "0.25"),
        ("GET", &format!("/api/v1/documents/{DOC}/pages/1.png"), "", 200, "PNG"),
        ("GET", &format!("/api/v1/documents/{DOC}/original"), "", 200, "<script>"),
        ("GET", "/api/v1/audit", "", 200, "\"kept\":false"),
        ("GET", "/health/live", "", 200, "ok"),
        ("GET", "/health/ready", "", 200, "\"ready\":true"),
        ("GET", "/metrics", "", 200, "pinakes_documents{state=\"indexed\"} 1"),
        ("GET", "/openapi.json", "", 200, "\"openapi\":\"3.1"),
    ];
    // In `uploads`, `streams` and `mcp`.
    let elsewhere = ["Post /api/v1/documents", "Get /api/v1/ask/{id}", "Delete /api/v1/ask/{id}", "Post /mcp"];
    let mut seen = BTreeSet::from(elsewhere.map(str::to_owned));
    // Where nobody signs in there are no people; with people they are tested in `rights`.
    let people = |route: &&pinakes_api::Route| {
        ["/api/v1/people", "/api/v1/keys", "/api/v1/session", "/api/v1/documents/{id}/access"]
            .iter()
            .any(|start| route.path.starts_with(start))
    };
    for route in ROUTES.iter().filter(people).filter(|route| route.path != "/api/v1/session" || route.method == Method::Post) {
        let (method, path) = (format!("{:?}", route.method).to_uppercase(), concrete(route.path));
        let body = match route.path {
            "/api/v1/session" => r#"{"name":"a","password":"b"}"#,
            "/api/v1/session/link" => r#"{"secret":"a","password":"b"}"#,
            "/api/v1/keys" => r#"{"name":"a","scopes":["read"]}"#,
            "/api/v1/documents/{id}/access" => r#"{"labels":["public"]}"#,
            "/api/v1/people" => r#"{"name":"a"}"#,
            _ => "{}",
        };
        assert_eq!(server.send(Request::new(&method, &path).json(body)).await.code(), "not_found", "{method} {path}");
        seen.insert(name(route));
    }
    for (method, path, body, status, holds) in cases {
        let mut request = Request::new(method, path);
        if !body.is_empty() {
            request = request.json(body);
        }
        let reply = server.send(request).await;
        assert_eq!(reply.status, *status, "{method} {path}: {}", reply.text());
        assert!(reply.text().contains(holds), "{method} {path}: {}", reply.text());
        let bare = path.split('?').next().unwrap();
        seen.extend(
            ROUTES.iter().filter(|route| concrete(route.path) == bare && format!("{:?}", route.method).to_uppercase() == *method).map(name),
        );
    }
    assert_eq!(seen, ROUTES.iter().map(name).collect(), "a route without a case");
}

fn name(route: &pinakes_api::Route) -> String {
    format!("{:?} {}", route.method, route.path)
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_that_openapi_does_not_name_are_405() {
    let server = TestServer::start().await;
    for route in ROUTES {
        for (method, known) in [
            ("GET", Some(Method::Get)),
            ("POST", Some(Method::Post)),
            ("PATCH", Some(Method::Patch)),
            ("DELETE", Some(Method::Delete)),
            ("PUT", None),
        ] {
            let offered = ROUTES.iter().any(|other| other.path == route.path && Some(other.method) == known);
            let reply = server.send(Request::new(method, &concrete(route.path))).await;
            assert_eq!(reply.status == 405, !offered, "{method} {}: {}", route.path, reply.status);
            if !offered {
                // Below `/v1/` errors have another shape.
                let code = if route.path.starts_with("/v1/") { reply.json()["error"]["code"].clone() } else { reply.code().into() };
                assert_eq!(code, "method_not_allowed");
                let allowed: Vec<&str> = reply.header("allow").unwrap().split(", ").collect();
                assert!(!allowed.contains(&method) && allowed.len() < 5 && !allowed[0].is_empty(), "{}: {allowed:?}", route.path);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_get_the_code_that_fits() {
    let server = TestServer::start().await;
    let many = format!(r#"{{"query":"{}"}}"#, "term ".repeat(10_000));
    let deep = format!(r#"{{"query":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let deep_unknown = format!(r#"{{"x":{}"#, "{\"x\":".repeat(100_000));
    let post: &[(&str, &str, &str)] = &[
        ("/api/v1/search", r#"{"query":""}"#, "question_empty"),
        ("/api/v1/ask", "{\"question\":\" \\n\\u00a0 \"}", "question_empty"),
        ("/api/v1/search", &many, "query_too_long"),
        ("/api/v1/ask", &many.replace("query", "question"), "query_too_long"),
        ("/api/v1/citations/check", r#"{"citations":[{}]}"#, "bad_request"),
        ("/api/v1/search", &deep, "bad_request"),
        ("/api/v1/search", &deep_unknown, "bad_request"),
        ("/api/v1/search", "", "bad_request"),
        ("/api/v1/search", "{", "bad_request"),
        ("/api/v1/search", "null", "bad_request"),
        ("/api/v1/search", r#"{"query":"a","limit":0}"#, "bad_request"),
        ("/api/v1/search", r#"{"query":"a","limit":101}"#, "bad_request"),
        ("/api/v1/search", r#"{"query":"a","offset":99999999}"#, "bad_request"),
        ("/api/v1/search", r#"{"query":"a","limit":-1}"#, "bad_request"),
        ("/api/v1/search", r#"{"query":"a","filters":{"kinds":["exe"]}}"#, "bad_request"),
        ("/api/v1/search", r#"{"query":"a","filters":{"source":[]}}"#, "bad_request"),
        ("/api/v1/search/explain", r#"{"query":"a","limit":0}"#, "bad_request"),
        ("/api/v1/search/explain", r#"{"query":"a","doc_id":"ffffffffffffffffffffffffffffffff"}"#, "not_found"),
        ("/api/v1/search/explain", r#"{"query":""}"#, "question_empty"),
        ("/api/v1/ask", r#"{"question":"a","unknown":1}"#, "bad_request"),
        ("/api/v1/ask", r#"{"query":"a"}"#, "bad_request"),
    ];
    for (path, body, code) in post {
        let reply = server.post(path, body).await;
        assert_eq!(reply.code(), *code, "{path} {}", &body[..body.len().min(60)]);
        assert!(reply.body.len() < 1_000, "an error that quotes too much");
    }
    let get: &[(&str, &str)] = &[
        ("/api/v1/search", "bad_request"),
        ("/api/v1/search?q=", "question_empty"),
        ("/api/v1/search?q=a&kinds=exe", "bad_request"),
        ("/api/v1/search?q=a&limit=x", "bad_request"),
        ("/api/v1/documents?limit=0", "bad_request"),
        ("/api/v1/documents?limit=100000", "bad_request"),
        ("/api/v1/documents?state=lost", "bad_request"),
        ("/api/v1/documents/ffffffffffffffffffffffffffffffff", "not_found"),
        ("/api/v1/documents/..%2f..%2fetc", "not_found"),
        ("/api/v1/documents/ffffffffffffffffffffffffffffffff/content", "not_found"),
        ("/api/v1/jobs/nope", "not_found"),
        ("/api/v1/nothing", "not_found"),
        ("/assets/../Cargo.toml", "not_found"),
        ("/assets/none.js", "not_found"),
    ];
    for (path, code) in get {
        assert_eq!(server.get(path).await.code(), *code, "{path}");
    }
    let unknown = server.send(Request::new("DELETE", "/api/v1/documents/ffffffffffffffffffffffffffffffff")).await;
    assert_eq!(unknown.code(), "not_found");
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let reply = server.send(Request::new("POST", "/api/v1/ask").header("content-type", kind).body(br#"{"question":"a"}"#)).await;
        assert_eq!(reply.code(), "unsupported_media_type", "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_of_ours_say_nothing_of_the_inside() {
    let server = TestServer::start().await;
    for (query, code) in [("broken", "index_damaged"), ("panic", "internal")] {
        let reply = server.post("/api/v1/search", &format!(r#"{{"query":"{query}"}}"#)).await;
        assert_eq!(reply.code(), code);
        for inner in ["/srv", "segment", "library", "panicked", ".rs"] {
            assert!(!reply.text().contains(inner), "{}", reply.text());
        }
    }
    assert_eq!(server.get("/api/v1/search?q=fine").await.status, 200, "others go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_ids_are_kept_or_made() {
    let server = TestServer::start().await;
    let given = server.send(Request::new("GET", "/nothing").header("x-request-id", "from-a-proxy.1")).await;
    assert_eq!((given.code().as_str(), given.header("x-request-id")), ("not_found", Some("from-a-proxy.1")));
    let hostile = server.send(Request::new("GET", "/health/live").header("x-request-id", "<script>")).await;
    let other = server.get("/health/live").await;
    assert_eq!(hostile.header("x-request-id").unwrap().len(), 16);
    assert_ne!(hostile.header("x-request-id"), other.header("x-request-id"));
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_where_get_is() {
    let server = TestServer::start().await;
    for path in ["/", "/health/live", "/api/v1/status"] {
        let reply = server.send(Request::new("HEAD", path)).await;
        assert_eq!((reply.status, reply.body.len()), (200, 0), "{path}");
    }
}
