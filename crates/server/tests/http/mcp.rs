//! The Model Context Protocol over HTTP, as its specification writes it down; the official client is held against it in the repository's
//! `tests/clients`.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{DOC, Reply, Request, TEXT, TestServer, until};

fn request(body: &Value) -> Request {
    Request::new("POST", "/mcp").json(&body.to_string()).header("accept", "application/json, text/event-stream")
}

async fn call(server: &TestServer, name: &str, arguments: Value) -> Value {
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": name, "arguments": arguments } });
    let reply = server.send(request(&body).header("mcp-protocol-version", "2025-06-18")).await;
    assert_eq!((reply.status, reply.json()["id"].as_u64()), (200, Some(7)), "{reply:?}");
    reply.json()["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_greeted_and_calls_tools_without_a_session() {
    let server = TestServer::start().await;
    let about = json!({ "name": "test", "version": "0" });
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": about } });
    let greeted = server.send(request(&hello)).await;
    assert_eq!(greeted.json()["result"]["serverInfo"]["name"], "pinakes", "{greeted:?}");
    assert_eq!(greeted.header("mcp-session-id"), None);
    let noted = server.send(request(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))).await;
    assert_eq!((noted.status, noted.body.len()), (202, 0));

    let answer = call(&server, "ask", json!({ "question": "When is rent due?" })).await;
    let citation = &answer["structuredContent"]["citations"][0];
    assert_eq!((&answer["structuredContent"]["answer"], &citation["quote"]), (&json!(TEXT), &json!(TEXT)));
    assert_eq!(citation["url"], format!("http://localhost/documents/{DOC}?span=0-{}", TEXT.len()));
    let read = call(&server, "read_document", json!({ "doc_id": DOC, "start": 8 })).await;
    assert_eq!((&read["structuredContent"]["text"], &read["structuredContent"]["next_start"]), (&json!(TEXT[8..]), &Value::Null));
    let gone = call(&server, "read_document", json!({ "doc_id": "ffffffffffffffffffffffffffffffff" })).await;
    assert_eq!((&gone["isError"], &gone["content"][0]["text"]), (&json!(true), &json!("not_found: There is no such document.")));
    let broken = call(&server, "search", json!({ "query": "broken" })).await;
    let words = broken["content"][0]["text"].as_str().unwrap();
    assert!(words.starts_with("index_damaged: ") && !words.contains("/srv"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_protocol_is_refused() {
    let server = TestServer::start().await;
    let status = async |request: Request| server.send(request).await.status;
    assert_eq!(status(Request::new("POST", "/mcp").json("{}")).await, 406, "accepts no event stream");
    assert_eq!(status(request(&json!({ "hello": 1 }))).await, 415, "no message of the protocol");
    assert_eq!(status(Request::new("POST", "/mcp").header("accept", "*/*, application/json, text/event-stream").body(b"{}")).await, 415);
    assert_eq!(status(request(&json!({ "x": "y".repeat(2 << 20) }))).await, 413);
    assert_eq!(status(Request::new("GET", "/mcp").header("accept", "text/event-stream")).await, 405);
    let foreign: Reply = server.send(request(&json!({})).header("origin", "http://evil.example")).await;
    assert_eq!(foreign.code(), "cross_site");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_ends_its_tool() {
    let server = TestServer::start().await;
    let body = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": "ask", "arguments": { "question": "first stuck" } } });
    let mut connection = server.connect().await;
    connection.write_all(&request(&body).bytes("localhost")).await.unwrap();
    until("at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
    drop(connection);
    until("the work was dropped", || server.shelf.dropped.load(Ordering::SeqCst) == 1).await;
}
