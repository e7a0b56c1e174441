//! Answers as events.

use std::time::Duration;

use pinakes_api::AskEvent;
use pinakes_config::limits::ServerLimits;

use crate::support::{Reply, Request, TEXT, TestServer};

fn events(reply: &Reply) -> Vec<AskEvent> {
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"), "{reply:?}");
    assert_eq!(reply.header("content-encoding"), None);
    let blocks = reply.text().split("\n\n").filter(|block| block.starts_with("event: "));
    blocks
        .map(|block| {
            let (name, data) = block.split_once('\n').unwrap();
            let event: AskEvent = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            assert_eq!(name, format!("event: {}", event.name()));
            event
        })
        .collect()
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
