//! Clients that are slow, silent or gone, and stopping.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pinakes_config::limits::ServerLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Request, TestServer, read_reply, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_ends_its_work() {
    let limits = ServerLimits { resume_time_max: Duration::ZERO, ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let requests = [
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"first stuck"}"#),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"first stuck","stream":true}"#),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"stuck under way","stream":true}"#),
        Request::new("POST", "/api/v1/ask").json(r#"{"question":"endless","stream":true}"#),
        Request::new("GET", "/api/v1/search?q=stuck"),
    ];
    for (number, request) in requests.into_iter().enumerate() {
        let mut stream = server.connect().await;
        stream.write_all(&request.bytes("localhost")).await.unwrap();
        until("at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
        drop(stream);
        let gone = Instant::now();
        until("the work was dropped", || server.shelf.dropped.load(Ordering::SeqCst) == number + 1).await;
        assert!(gone.elapsed() < Duration::from_millis(500), "{:?}", gone.elapsed());
        assert_eq!(server.shelf.running.load(Ordering::SeqCst), 0);
    }
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("pinakes_http_streams_open 0"), "{}", metrics.text());
    assert!(metrics.text().contains("pinakes_work_running{kind=\"ask\"} 0"), "{}", metrics.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_from_a_stream_ends_its_work_unless_it_comes_back() {
    let limits = ServerLimits { resume_time_max: Duration::from_millis(300), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    // Before the first words nobody knows the answer's id, so nobody could come back.
    for (question, within) in [("first stuck", 250), ("stuck under way", 1_000)] {
        let before = server.shelf.dropped.load(Ordering::SeqCst);
        let mut stream = server.connect().await;
        let body = format!(r#"{{"question":"{question}","stream":true}}"#);
        stream.write_all(&Request::new("POST", "/api/v1/ask").json(&body).bytes("localhost")).await.unwrap();
        if question.starts_with("stuck") {
            let mut some = [0; 64];
            let _ = stream.read(&mut some).await.unwrap();
        }
        until("at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
        drop(stream);
        let gone = Instant::now();
        until("the work was dropped", || server.shelf.dropped.load(Ordering::SeqCst) == before + 1).await;
        assert!(gone.elapsed() < Duration::from_millis(within), "{question}: {:?}", gone.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_or_a_body_that_does_not_come_is_not_waited_for() {
    let limits =
        ServerLimits { header_time_max: Duration::from_millis(300), body_time_max: Duration::from_millis(300), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let mut head = server.connect().await;
    head.write_all(b"GET / HTTP/1.1\r\nhost: local").await.unwrap();
    let mut body = server.connect().await;
    body.write_all(b"POST /api/v1/ask HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{")
        .await
        .unwrap();
    let started = Instant::now();
    assert_eq!(read_reply(&mut body).await.code(), "request_timeout");
    let mut rest = Vec::new();
    head.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty() || rest.starts_with(b"HTTP/1.1 408"), "{rest:?}");
    assert!(started.elapsed() < Duration::from_millis(2_500), "{:?}", started.elapsed());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_is_cut_off() {
    let limits = ServerLimits { write_stall_max: Duration::from_secs(1), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let mut stream = server.connect().await;
    stream
        .write_all(&Request::new("POST", "/api/v1/ask").json(r#"{"question":"endless","stream":true}"#).bytes("localhost"))
        .await
        .unwrap();
    until("at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
    // Nothing is read; the buffers fill, the sender waits, and after a second of that the kernel ends the connection.
    for _ in 0..100 {
        if server.shelf.running.load(Ordering::SeqCst) == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("still at work after 10 s, {} deltas sent", server.shelf.deltas_sent.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_running_requests_finish() {
    let server = TestServer::start().await;
    let mut stream = server.connect().await;
    stream.write_all(&Request::new("POST", "/api/v1/ask").json(r#"{"question":"slow"}"#).bytes("localhost")).await.unwrap();
    until("at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
    let stopper = server.stopper.clone();
    let stopping = tokio::spawn(async move { stopper.stop().await });
    assert_eq!(read_reply(&mut stream).await.status, 200);
    stopping.await.unwrap();
    server.running.await.unwrap();
    assert!(tokio::net::TcpStream::connect(&server.address).await.is_err(), "still listening");
}
