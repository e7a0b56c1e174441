//! The page and its files.

use crate::support::{Request, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn the_page_and_all_it_names_are_served() {
    let server = TestServer::start().await;
    let page = server.get("/").await;
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    let named: Vec<&str> = page.text().split('"').filter(|word| word.starts_with("/assets/")).collect();
    assert!(named.len() >= 3, "{named:?}");
    for path in named {
        let asset = server.get(path).await;
        assert_eq!(asset.status, 200, "{path}");
        let tag = asset.header("etag").unwrap();
        let again = server.send(Request::new("GET", path).header("if-none-match", tag)).await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    for inline in ["<script>", "<style", " onclick", " style=", "javascript:"] {
        assert!(!page.text().contains(inline), "the policy would refuse {inline}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_compressed_for_who_takes_it() {
    let server = TestServer::start().await;
    let plain = server.get("/assets/style.css").await;
    let small = server.send(Request::new("GET", "/assets/style.css").header("accept-encoding", "gzip")).await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert!(small.body.len() * 2 < plain.body.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_document_opens_the_page_at_it() {
    let server = TestServer::start().await;
    for (path, place) in [("/documents/abc123", "/#/doc/abc123"), ("/documents/abc123?span=4-9", "/#/doc/abc123?span=4-9")] {
        let reply = server.get(path).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some(place)));
    }
    let hostile = server.get("/documents/abc?span=4%0d%0aset-cookie:x").await;
    assert_eq!(hostile.header("location"), Some("/#/doc/abc"));
}
