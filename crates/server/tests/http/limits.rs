//! Bounds on size and on work at the same time.

use std::time::{Duration, Instant};

use pinakes_config::limits::ServerLimits;

use crate::support::{Request, TestServer, until};
use std::sync::atomic::Ordering;

#[tokio::test(flavor = "multi_thread")]
async fn a_body_above_the_limit_is_refused_at_once() {
    let server = TestServer::start().await;
    let body = format!(r#"{{"query":"{}"}}"#, "x".repeat(10 << 20));
    let started = Instant::now();
    assert_eq!(server.post("/api/v1/search", &body).await.code(), "payload_too_large");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    // Without a length announced: chunks are counted as they come.
    let chunk = format!("{:x}\r\n{}\r\n", 1 << 20, "x".repeat(1 << 20));
    let request = Request::new("POST", "/api/v1/ask").header("content-type", "application/json").header("transfer-encoding", "chunked");
    let request = request.header("content-length", "").body(format!("{chunk}{chunk}0\r\n\r\n").as_bytes());
    let bytes = String::from_utf8(request.bytes("localhost")).unwrap().replace("content-length: \r\n", "");
    let mut stream = server.connect().await;
    let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, bytes.as_bytes()).await;
    assert_eq!(crate::support::read_reply(&mut stream).await.code(), "payload_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_announced_too_large_is_refused_before_it_comes_and_the_connection_ends() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    let head = "POST /api/v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 20000000\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
    let started = Instant::now();
    // Reads until the server closes: it must, as what follows on this connection would be taken for a request.
    assert_eq!(crate::support::read_reply(&mut stream).await.code(), "payload_too_large");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_nesting_is_refused_for_what_it_is() {
    let server = TestServer::start().await;
    for body in [format!(r#"{{"query":{}"#, "[".repeat(100)), format!(r#"{{"x":{}"#, r#"{"x":"#.repeat(100_000))] {
        let reply = server.post("/api/v1/search", &body).await;
        assert!(reply.code() == "bad_request" && reply.text().contains("nested"), "{}", reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_the_places_requests_wait_and_past_the_queue_they_are_turned_away() {
    let limits =
        ServerLimits { concurrent_asks_max: 1, queue_max: 1, queue_time_max: Duration::from_millis(400), ..ServerLimits::default() };
    let server = std::sync::Arc::new(TestServer::limited(limits).await);
    let ask = |question: &'static str| {
        let server = server.clone();
        tokio::spawn(async move { server.post("/api/v1/ask", &format!(r#"{{"question":"{question}"}}"#)).await })
    };
    let stuck = ask("stuck");
    until("the first is at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
    let waiting = ask("waiting");
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = ask("refused").await.unwrap();
    assert_eq!((refused.code().as_str(), refused.status), ("busy", 429));
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    let waited = waiting.await.unwrap();
    assert_eq!((waited.code().as_str(), waited.status), ("overloaded", 503));
    assert_eq!(server.get("/api/v1/search?q=a").await.status, 200, "searches have places of their own");
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("pinakes_work_refused_total{kind=\"ask\"} 2"), "{}", metrics.text());
    stuck.abort();
    until("its place is free", || server.shelf.running.load(Ordering::SeqCst) == 0).await;
    assert_eq!(ask("after").await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn work_past_its_deadline_is_stopped() {
    let limits = ServerLimits { ask_time_max: Duration::from_millis(200), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    assert_eq!(server.post("/api/v1/ask", r#"{"question":"stuck"}"#).await.code(), "timeout");
    assert_eq!(server.shelf.running.load(Ordering::SeqCst), 0);
}
