//! Answers as events: in order, alive, taken up again after a lost connection, cancelled.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use pinakes_api::AskEvent;
use pinakes_config::limits::ServerLimits;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Reply, Request, TEXT, TestServer, until};

fn events(reply: &Reply) -> Vec<AskEvent> {
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"), "{reply:?}");
    assert_eq!(reply.header("content-encoding"), None);
    blocks(reply.text()).map(|(_, event)| event).collect()
}

/// Ids and events of what was received.
fn blocks(text: &str) -> impl Iterator<Item = (String, AskEvent)> {
    text.split("\n\n").filter(|block| block.starts_with("event: ")).map(|block| {
        let mut lines = block.lines();
        let name = lines.next().unwrap();
        let id = lines.next().unwrap().strip_prefix("id: ").unwrap();
        let event: AskEvent = serde_json::from_str(lines.next().unwrap().strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name, format!("event: {}", event.name()));
        (id.to_owned(), event)
    })
}

fn names(events: &[AskEvent]) -> Vec<&str> {
    events.iter().map(AskEvent::name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_in_order_and_the_last_holds_the_whole() {
    let server = TestServer::start().await;
    let by_field = server.post("/api/v1/ask", r#"{"question":"When?","stream":true}"#).await;
    let by_header = Request::new("POST", "/api/v1/ask").json(r#"{"question":"When?"}"#).header("accept", "text/event-stream");
    let by_header = server.send(by_header.header("accept-encoding", "gzip")).await;
    for reply in [by_field, by_header] {
        let events = events(&reply);
        assert_eq!(names(&events), ["retrieval", "delta", "citation", "usage", "done"]);
        let AskEvent::Done(response) = events.last().unwrap() else { panic!("no end") };
        assert_eq!(response.answer, TEXT);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_filled_with_comments() {
    let limits = ServerLimits { heartbeat_interval: Duration::from_millis(50), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let reply = server.post("/api/v1/ask", r#"{"question":"slow","stream":true}"#).await;
    assert!(
        reply.text().matches("\n: still here\n\n").count() >= 2 || reply.text().matches(": still here\n\n").count() >= 3,
        "{}",
        reply.text()
    );
    assert_eq!(events(&reply).last().unwrap().name(), "done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_first_is_a_status_and_what_fails_later_an_event() {
    let server = TestServer::start().await;
    let first = server.post("/api/v1/ask", r#"{"question":"first broken","stream":true}"#).await;
    assert_eq!(first.code(), "index_damaged");
    for (question, code) in [("broken", "index_damaged"), ("panic", "internal")] {
        let later = server.post("/api/v1/ask", &format!(r#"{{"question":"{question}","stream":true}}"#)).await;
        let events = events(&later);
        assert_eq!(names(&events), ["retrieval", "error"], "{question}");
        let AskEvent::Error(problem) = &events[1] else { panic!("no error") };
        assert_eq!(problem.code.as_str(), code);
        assert_eq!(Some(problem.request_id.as_str()), later.header("x-request-id"));
        assert!(!later.text().contains("/srv") && !later.text().contains("library"), "{}", later.text());
    }
}

/// Asks for events and reads until `words` came; returns the connection, and the address of the answer.
async fn begin(server: &TestServer, question: &str, words: &str) -> (TcpStream, String) {
    let mut stream = server.connect().await;
    let body = format!(r#"{{"question":"{question}","stream":true}}"#);
    stream.write_all(&Request::new("POST", "/api/v1/ask").json(&body).bytes("localhost")).await.unwrap();
    let mut seen = String::new();
    while !seen.contains(words) {
        let mut some = [0; 4096];
        let read = stream.read(&mut some).await.unwrap();
        assert!(read > 0, "ended early: {seen}");
        seen.push_str(std::str::from_utf8(&some[..read]).unwrap());
    }
    let address = seen.lines().find_map(|line| line.strip_prefix("content-location: ")).unwrap().to_owned();
    (stream, address)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_is_taken_up_after_the_last_event() {
    let server = TestServer::start().await;
    let (stream, address) = begin(&server, "slow under way", "event: retrieval").await;
    drop(stream);
    let id = address.rsplit('/').next().unwrap();
    let rest = server.send(Request::new("GET", &address).header("last-event-id", &format!("{id}-1"))).await;
    assert_eq!(names(&events(&rest)), ["delta", "citation", "usage", "done"]);
    assert_eq!(server.shelf.dropped.load(Ordering::SeqCst), 0, "the work went on");
    let whole = server.get(&address).await;
    assert_eq!(names(&events(&whole)), ["retrieval", "delta", "citation", "usage", "done"]);
    let ids: Vec<String> = blocks(whole.text()).map(|(id, _)| id).collect();
    assert_eq!(ids, (1..=5).map(|number| format!("{id}-{number}")).collect::<Vec<_>>());
    let over = server.send(Request::new("GET", &address).header("last-event-id", &ids[4])).await;
    assert_eq!((over.status, over.body.len()), (204, 0), "a browser would come back for ever");
    for wrong in ["elsewhere-1", "x", ""] {
        let reply = server.send(Request::new("GET", &address).header("last-event-id", wrong)).await;
        assert_eq!(reply.code(), "bad_request", "{wrong:?}");
    }
    let metrics = server.get("/metrics").await;
    assert!(metrics.text().contains("pinakes_answers_kept 1\n"), "{}", metrics.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_cancelled_at_once_and_forgotten() {
    let server = TestServer::start().await;
    let (mut stream, address) = begin(&server, "stuck under way", "event: retrieval").await;
    let asked = Instant::now();
    assert_eq!(server.send(Request::new("DELETE", &address)).await.status, 204);
    until("the work was dropped", || server.shelf.dropped.load(Ordering::SeqCst) == 1).await;
    assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("event: error") && rest.contains(r#""code":"gone""#), "{rest}");
    for request in [Request::new("GET", &address), Request::new("DELETE", &address), Request::new("GET", "/api/v1/ask/nothing")] {
        assert_eq!(server.send(request).await.code(), "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_not_sent_again_once_its_document_is_closed_to_the_asker() {
    let server = TestServer::start().await;
    let reply = server.post("/api/v1/ask", r#"{"question":"When?","stream":true}"#).await;
    let address = reply.header("content-location").unwrap().to_owned();
    assert_eq!(server.get(&address).await.status, 200);
    server.shelf.closed.store(true, Ordering::SeqCst);
    let closed = server.get(&address).await;
    assert_eq!(closed.code(), "not_found");
    let absent = server.get("/api/v1/ask/00000000000000000000000000000000").await;
    assert_eq!(closed.json()["detail"], absent.json()["detail"]);
}
