//! OpenAI's interface, byte for byte; the official clients are held against it in the repository's `tests/clients`.

use std::sync::atomic::Ordering;
use std::time::Duration;

use pinakes_config::limits::ServerLimits;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::support::{DOC, Reply, Request, TEXT, TestServer, until};

async fn chat(server: &TestServer, body: Value) -> Reply {
    server.post("/v1/chat/completions", &body.to_string()).await
}

fn asked(model: &str, question: &str) -> Value {
    json!({ "model": model, "messages": [{ "role": "user", "content": question }] })
}

/// The code of an error, after its shape was checked.
fn code(reply: &Reply) -> String {
    assert_eq!(reply.header("content-type"), Some("application/json"), "{reply:?}");
    let error = &reply.json()["error"];
    assert!(error["message"].is_string() && error["type"].is_string() && error["param"].is_null(), "{error}");
    error["code"].as_str().unwrap().to_owned()
}

/// The data of a stream's events; the last must be the end.
fn chunks(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.header("content-type"), Some("text/event-stream; charset=utf-8"), "{reply:?}");
    let mut data: Vec<&str> = reply.text().split("\n\n").filter_map(|event| event.strip_prefix("data: ")).collect();
    assert_eq!(data.pop(), Some("[DONE]"), "{}", reply.text());
    data.into_iter().map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_answer_with_citations_as_annotations() {
    let server = TestServer::start().await;
    let reply = chat(&server, asked("pinakes", "When is rent due?")).await.json();
    assert_eq!(
        (&reply["object"], &reply["model"], &reply["created"]),
        (&json!("chat.completion"), &json!("pinakes"), &json!(1_700_000_000))
    );
    let message = &reply["choices"][0]["message"];
    assert_eq!((&message["role"], &message["content"]), (&json!("assistant"), &json!(TEXT)));
    let citation = &message["annotations"][0]["url_citation"];
    assert_eq!(citation["url"], format!("http://localhost/documents/{DOC}?span=0-{}", TEXT.len()));
    assert_eq!((&citation["title"], &citation["start_index"], &citation["end_index"]), (&json!("Lease"), &json!(0), &json!(TEXT.len())));
    assert_eq!(reply["choices"][0]["finish_reason"], "stop");

    let follow_up = json!([
        { "role": "user", "content": "When is rent due?" },
        { "role": "assistant", "content": TEXT },
        { "role": "user", "content": "And the deposit?" },
    ]);
    assert_eq!(chat(&server, json!({ "model": "pinakes", "messages": follow_up })).await.status, 200);
    let said: Vec<String> = server.shelf.said.lock().unwrap().iter().map(|turn| turn.text.clone()).collect();
    assert_eq!(said, ["When is rent due?", TEXT]);

    let mut streamed = asked("pinakes/files", "When?");
    streamed["stream"] = true.into();
    streamed["stream_options"] = json!({ "include_usage": true });
    let chunks = chunks(&chat(&server, streamed).await);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let text: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, TEXT);
    assert_eq!(chunks.iter().filter(|chunk| chunk["choices"][0]["delta"]["annotations"].is_array()).count(), 1);
    let last = &chunks[chunks.len() - 2..];
    assert_eq!((&last[0]["choices"][0]["finish_reason"], &last[1]["choices"]), (&json!("stop"), &json!([])));
    assert_eq!(last[1]["usage"]["prompt_tokens_details"]["cached_tokens"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_by_its_own_name_hears_all_turns_and_no_documents() {
    let server = TestServer::start().await;
    let turns = json!([
        { "role": "system", "content": "Be brief." },
        { "role": "user", "content": [{ "type": "text", "text": "Hello" }] },
        { "role": "assistant", "content": "Yes?" },
        { "role": "user", "content": "Bye" },
    ]);
    let reply = chat(&server, json!({ "model": "echo", "messages": turns, "max_tokens": 4, "temperature": 0.5 })).await.json();
    assert_eq!(reply["choices"][0]["message"]["content"], "System: Be brief.\nUser: Hello\nAssistant: Yes?\nUser: Bye\n");
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
    assert_eq!(
        reply["usage"],
        json!({ "prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14, "prompt_tokens_details": { "cached_tokens": 4 } })
    );
    let streamed = chunks(&chat(&server, json!({ "model": "echo", "messages": turns, "stream": true })).await);
    assert_eq!(streamed.len(), 6, "role, four turns, the end: {streamed:?}");
    assert!(streamed.iter().all(|chunk| chunk.get("usage").is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_errors_in_their_shape() {
    let server = TestServer::start().await;
    let with = |field: &str, value: Value| {
        let mut body = asked("echo", "a");
        body[field] = value;
        body
    };
    let picture = json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "data:" } }] }]);
    let cases = [
        (asked("gpt-4o", "a"), 404, "model_not_found"),
        (asked("pinakes/secret", "a"), 404, "model_not_found"),
        (asked("unit", "a"), 400, "bad_request"),
        (asked("pinakes", " "), 422, "question_empty"),
        (asked("pinakes", &"x".repeat(5_000)), 413, "query_too_long"),
        (asked("echo", &"x".repeat(1 << 20)), 413, "payload_too_large"),
        (asked("echo", "busy"), 429, "busy"),
        (asked("echo", "first panic"), 500, "internal"),
        (with("tools", json!([{ "type": "function" }])), 400, "bad_request"),
        (with("n", json!(2)), 400, "bad_request"),
        (with("logprobs", json!(true)), 400, "bad_request"),
        (with("max_tokens", json!(0)), 400, "bad_request"),
        (with("max_tokens", json!(-1)), 400, "bad_request"),
        (with("messages", json!([])), 400, "bad_request"),
        (with("messages", picture), 400, "bad_request"),
        (with("messages", json!([{ "role": "tool", "content": "x" }])), 400, "bad_request"),
        (with("messages", json!([{ "role": "queen", "content": "x" }])), 400, "bad_request"),
        (with("response_format", json!({ "type": "json_object" })), 400, "bad_request"),
        (json!({ "model": "pinakes", "messages": [{ "role": "assistant", "content": "x" }] }), 400, "bad_request"),
        (json!({ "messages": [] }), 400, "bad_request"),
        (json!([]), 400, "bad_request"),
    ];
    for (body, status, expected) in cases {
        let reply = chat(&server, body.clone()).await;
        let words: String = body.to_string().chars().take(100).collect();
        assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{words}: {}", reply.text());
    }
    let busy = chat(&server, asked("echo", "busy")).await;
    assert_eq!(busy.header("retry-after"), Some("7"));
    assert_eq!(busy.json()["error"]["type"], "rate_limit_error");
    for (method, path, status, expected) in [
        ("GET", "/v1/nothing", 404, "not_found"),
        ("GET", "/v1/models/gpt-4o", 404, "model_not_found"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("POST", "/v1/chat/completions", 415, "unsupported_media_type"),
    ] {
        let reply = server.send(Request::new(method, path)).await;
        assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{path}");
    }
    let broken = server.post("/v1/chat/completions", "{").await;
    assert_eq!((broken.status, code(&broken).as_str()), (400, "bad_request"));
    let foreign = server.send(Request::new("GET", "/v1/models").header("host", "evil.example")).await;
    assert_eq!(code(&foreign), "host_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_under_way_is_an_event_and_says_nothing_of_the_inside() {
    let server = TestServer::start().await;
    let mut body = asked("echo", "broken");
    body["stream"] = true.into();
    let reply = chat(&server, body).await;
    assert_eq!(reply.status, 200);
    let last = reply.text().trim_end().rsplit("\n\n").next().unwrap();
    let error: Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(error["error"]["code"], "index_damaged");
    assert!(!reply.text().contains("/srv") && !reply.text().contains("[DONE]"), "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_ends_its_work_at_once() {
    let server = TestServer::start().await;
    for (number, (model, stream)) in [("pinakes", false), ("pinakes", true), ("echo", false), ("echo", true)].into_iter().enumerate() {
        let mut body = asked(model, "stuck");
        body["stream"] = stream.into();
        let mut connection = server.connect().await;
        connection.write_all(&Request::new("POST", "/v1/chat/completions").json(&body.to_string()).bytes("localhost")).await.unwrap();
        until("at work", || server.shelf.running.load(Ordering::SeqCst) == 1).await;
        drop(connection);
        until("the work was dropped", || server.shelf.dropped.load(Ordering::SeqCst) == number + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_filled_from_the_start() {
    let limits = ServerLimits { heartbeat_interval: Duration::from_millis(50), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let mut body = asked("echo", "slow");
    body["stream"] = true.into();
    let reply = chat(&server, body).await;
    assert!(reply.text().matches(": still here\n\n").count() >= 2, "{}", reply.text());
    assert_eq!(chunks(&reply).last().unwrap()["choices"][0]["finish_reason"], "stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_say_the_same_in_their_shape() {
    let server = TestServer::start().await;
    let post = async |body: Value| server.post("/v1/responses", &body.to_string()).await;
    let whole = post(json!({ "model": "pinakes", "input": "When?", "instructions": "Be brief." })).await.json();
    assert_eq!((&whole["status"], &whole["output"][0]["type"]), (&json!("completed"), &json!("message")));
    let part = &whole["output"][0]["content"][0];
    assert_eq!(
        (&part["type"], &part["text"], &part["annotations"][0]["type"]),
        (&json!("output_text"), &json!(TEXT), &json!("url_citation"))
    );
    let streamed =
        post(json!({ "model": "echo", "input": [{ "role": "user", "content": "a" }], "max_output_tokens": 4, "stream": true })).await;
    let events: Vec<Value> =
        streamed.text().lines().filter_map(|line| line.strip_prefix("data: ")).map(|data| serde_json::from_str(data).unwrap()).collect();
    let kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "incomplete",
    ];
    assert_eq!(kinds, expected.map(|kind| format!("response.{kind}")));
    assert!(events.iter().enumerate().all(|(place, event)| event["sequence_number"] == place));
    assert_eq!(events.last().unwrap()["response"]["usage"]["input_tokens_details"]["cached_tokens"], 4);
    for (field, value) in [
        ("previous_response_id", json!("resp-1")),
        ("input", json!([{ "type": "function_call_output", "output": "x" }])),
        ("input", json!([])),
        ("tools", json!([{ "type": "web_search" }])),
    ] {
        let mut body = json!({ "model": "echo", "input": "a" });
        body[field] = value;
        let reply = post(body).await;
        assert_eq!((reply.status, code(&reply).as_str()), (400, "bad_request"), "{field}");
    }
    assert_eq!(code(&post(json!({ "model": "gpt-5", "input": "a" })).await), "model_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn embeddings_come_as_numbers_or_base64() {
    let server = TestServer::start().await;
    let post = async |body: Value| server.post("/v1/embeddings", &body.to_string()).await;
    let plain = post(json!({ "model": "unit", "input": ["a", "b"], "user": "u" })).await.json();
    assert_eq!((&plain["data"][1]["index"], &plain["data"][1]["embedding"]), (&json!(1), &json!([1.0, -0.5])));
    assert_eq!(plain["usage"], json!({ "prompt_tokens": 6, "total_tokens": 6 }));
    let packed = post(json!({ "model": "unit", "input": "a", "encoding_format": "base64", "dimensions": 2 })).await.json();
    assert_eq!(packed["data"][0]["embedding"], "AACAPwAAAL8=");
    for (input, status, expected) in [
        (json!([]), 400, "bad_request"),
        (json!(""), 400, "bad_request"),
        (json!(["a", " "]), 400, "bad_request"),
        (json!([1, 2, 3]), 400, "bad_request"),
        (json!([[1, 2]]), 400, "bad_request"),
        (json!(vec!["x"; 257]), 400, "bad_request"),
        (json!(null), 400, "bad_request"),
    ] {
        let reply = post(json!({ "model": "unit", "input": input })).await;
        assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{input}");
    }
    for (model, status) in [("echo", 400), ("pinakes", 400), ("text-embedding-3-small", 404)] {
        assert_eq!(post(json!({ "model": model, "input": "a" })).await.status, status, "{model}");
    }
    assert_eq!(post(json!({ "model": "unit", "input": "a", "dimensions": 3 })).await.status, 400);
}
