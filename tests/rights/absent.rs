//! What somebody may not read and what is not there are the same to them: whatever names a document answers for both alike, but for the id
//! that was named (RELIABILITY A1).

use pinakes_api::{Method, ROUTES};
use serde_json::json;

use crate::oracle::{DOCUMENTS, words_of};
use crate::world::{Came, World};

/// A document that person 0 may not read, and one that they may.
const CLOSED: usize = 0;
const OPEN: usize = 1;

/// Every request that names a document.
fn naming(world: &World, id: &str) -> Vec<(String, String, String)> {
    let routes = ROUTES.iter().filter(|route| route.path.starts_with("/api/v1/documents/{id}"));
    let routes = routes.map(|route| {
        let path = route.path.replace("{id}", id).replace("{page}", "1").replace("{name}", "person0");
        let body = if route.method == Method::Post { json!({ "labels": ["public"] }).to_string() } else { String::new() };
        (format!("{:?}", route.method).to_uppercase(), path, body)
    });
    let [.., secret] = words_of(CLOSED);
    let quote = json!({ "doc_id": id, "doc_version": "", "char_span": [0, 0], "quote": format!("Its word is {secret}.") });
    let summary = json!({ "kind": "summarise" });
    let draft = |template: &str| json!({ "kind": "draft", "template": template, "instructions": "A note on travel." });
    let read = json!({ "name": "read_document", "arguments": { "doc_id": id } });
    let open = world.id(OPEN).0;
    let bodies = [
        ("/api/v1/search/explain", json!({ "query": "travel plan", "doc_id": id })),
        ("/api/v1/citations/check", json!({ "citations": [quote] })),
        ("/api/v1/tasks", json!({ "task": summary, "documents": [id] })),
        ("/api/v1/tasks", json!({ "task": summary, "documents": [id], "background": true })),
        ("/api/v1/tasks", json!({ "task": summary, "documents": [open, id] })),
        ("/api/v1/tasks", json!({ "task": draft(id), "documents": [open] })),
        ("/api/v1/tasks", json!({ "task": draft(&open), "documents": [id] })),
        ("/mcp", json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": read })),
    ];
    routes.chain(bodies.map(|(path, body)| ("POST".to_owned(), path.to_owned(), body.to_string()))).collect()
}

/// What came back, without the names of the request and of the document, its lines in one order: that of headers is by chance.
fn told(came: &Came, id: &str) -> (u16, String) {
    let request = came.header("x-request-id").unwrap();
    let whole = came.whole().replace(request, "REQUEST").replace(id, "DOCUMENT");
    let mut lines: Vec<&str> = whole.lines().filter(|line| !line.to_lowercase().starts_with("date: ")).collect();
    lines.sort_unstable();
    (came.status, lines.join("\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_read_is_as_if_it_were_not_there() {
    let Some(world) = World::new().await else { return };
    for document in 0..DOCUMENTS {
        let group = if document == CLOSED { "group:1" } else { "group:0" };
        world.set_labels(document, &[group.into()]).await;
    }
    world.set_groups(0, &[0]).await;
    world.set_groups(1, &[1]).await;
    let (closed, never) = (world.id(CLOSED).0, "f".repeat(32));
    for ((method, path, body), (_, path_never, body_never)) in naming(&world, &closed).into_iter().zip(naming(&world, &never)) {
        let seen = world.send(0, &method, &path, &body).await;
        let seen_never = world.send(0, &method, &path_never, &body_never).await;
        assert_eq!(told(&seen, &closed), told(&seen_never, &never), "{method} {path} {body}");
    }
    // It was there all along, and still is.
    assert_eq!(world.send(1, "GET", &format!("/api/v1/documents/{closed}"), "").await.status, 200);
}
