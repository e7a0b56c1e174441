//! The tools over a library of one document, through the SDK's own framing.

use futures::FutureExt;
use pinakes_api::{AskRequest, AskResponse, Code, DocumentContent, SearchRequest, SearchResponse};
use pinakes_types::{CharSpan, DocId, DocVersion, DocumentKind, Principal};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::*;
use crate::mcp::reading::Read;

struct Shelf;

const CHARS: usize = 45_000;

impl Reading for Shelf {
    fn search(&self, _: Scope, request: SearchRequest) -> Read<'_, SearchResponse> {
        async move { Ok(SearchResponse { query: request.query, hits: vec![], took_ms: 0, documents_searched: request.limit as u64 }) }
            .boxed()
    }

    fn ask(&self, _: Scope, request: AskRequest) -> Read<'_, AskResponse> {
        async move { Ok(AskResponse { answer: request.question, refused: true, ..AskResponse::default() }) }.boxed()
    }

    fn read(&self, scope: Scope, doc: DocId, at: usize) -> Read<'_, DocumentContent> {
        async move {
            if doc.0 != "d1" || scope.subject() != "ada" {
                return Err(ApiError::new(Code::NotFound, "There is no such document."));
            }
            let span = if at < 30_000 { CharSpan::new(0, 30_000) } else { CharSpan::new(30_000, CHARS) };
            Ok(DocumentContent {
                doc_id: doc,
                doc_version: DocVersion("v".into()),
                title: "Lease".into(),
                path: "lease.md".into(),
                kind: DocumentKind::Text,
                language: None,
                page: 1,
                page_count: 2,
                paged: false,
                span,
                chars: CHARS,
                text: "ü".repeat(span.len()),
                blocks: vec![],
                markup: vec![],
            })
        }
        .boxed()
    }
}

/// Sends requests over a pipe and gives the results.
async fn speak(requests: &[Value]) -> Vec<Value> {
    let scope = Scope::check(&Principal::person("ada", [])).unwrap();
    let tools = Tools { reading: Arc::new(Shelf), caller: Some(Caller { scope, page: Some("http://here".into()) }) };
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let serving = tokio::spawn(async move {
        let (read, write) = tokio::io::split(theirs);
        let running = rmcp::ServiceExt::serve(tools, (read, write)).await.unwrap();
        running.waiting().await.unwrap();
    });
    let (read, mut write) = tokio::io::split(ours);
    let mut lines = BufReader::new(read).lines();
    let about = json!({ "name": "test", "version": "0" });
    let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": about } });
    let mut results = Vec::new();
    for request in [hello].into_iter().chain(requests.iter().cloned()) {
        write.write_all(format!("{request}\n").as_bytes()).await.unwrap();
        results.push(serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap());
        if results.len() == 1 {
            write.write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n").await.unwrap();
        }
    }
    drop((write, lines));
    serving.abort();
    results
}

fn call(name: &str, arguments: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": name, "arguments": arguments } })
}

#[tokio::test]
async fn tools_are_announced_with_what_goes_in_and_comes_out() {
    let results = speak(&[json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })]).await;
    assert_eq!(results[0]["result"]["serverInfo"]["name"], "pinakes");
    let listed = results[1]["result"]["tools"].as_array().unwrap();
    let names: Vec<&str> = listed.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, tools::NAMES);
    assert!(listed.iter().all(|tool| tool["inputSchema"]["type"] == "object" && tool["outputSchema"]["required"].is_array()));
    assert!(listed.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true));
}

#[tokio::test]
async fn a_long_document_is_read_part_by_part_to_its_end() {
    let (mut start, mut parts) = (0, 0);
    loop {
        let results = speak(&[call("read_document", json!({ "doc_id": "d1", "start": start }))]).await;
        let part = &results[1]["result"]["structuredContent"];
        assert_eq!(part["start"], start);
        let read = part["text"].as_str().unwrap().chars().count() as u64;
        assert!(read <= 20_000 && part["url"].as_str().unwrap().starts_with("http://here/documents/d1?span="));
        parts += 1;
        match part["next_start"].as_u64() {
            Some(next) => {
                assert_eq!(next, start + read);
                start = next;
            }
            None => break assert_eq!((start + read, parts), (CHARS as u64, 3)),
        }
    }
}

#[tokio::test]
async fn bad_calls_are_answered_in_words_and_do_not_end_the_conversation() {
    let calls = [
        (call("search", json!({})), "bad_request"),
        (call("search", json!({ "query": " " })), "question_empty"),
        (call("search", json!({ "query": "a", "limit": 21 })), "bad_request"),
        (call("search", json!({ "query": "a", "kinds": ["exe"] })), "bad_request"),
        (call("search", json!({ "query": "a", "wider": true })), "bad_request"),
        (call("ask", json!({ "question": "x".repeat(5_000) })), "query_too_long"),
        (call("read_document", json!({ "doc_id": "../etc" })), "not_found"),
        (call("read_document", json!({ "doc_id": "d2" })), "not_found"),
    ];
    let requests: Vec<Value> =
        calls.iter().map(|(call, _)| call.clone()).chain([call("search", json!({ "query": "rent", "limit": 3 }))]).collect();
    let results = speak(&requests).await;
    for ((_, code), result) in calls.iter().zip(&results[1..]) {
        assert_eq!(result["result"]["isError"], true, "{result}");
        assert!(result["result"]["content"][0]["text"].as_str().unwrap().starts_with(code), "{result}");
    }
    let last = &results.last().unwrap()["result"]["structuredContent"];
    assert_eq!((&last["hits"], &last["documents_searched"]), (&json!([]), &json!(3)));
    let unknown = speak(&[call("delete", json!({}))]).await;
    assert_eq!(unknown[1]["error"]["code"], -32602);
}
