//! Pages as people see them.

use crate::support::{DOC, Request, TestServer};

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_kept_by_the_browser_but_asked_after_each_time() {
    let server = TestServer::start().await;
    let path = format!("/api/v1/documents/{DOC}/pages/1.png");
    let image = server.get(&path).await;
    assert_eq!(
        (image.status, image.header("content-type"), image.header("cache-control")),
        (200, Some("image/png"), Some("private, no-cache"))
    );
    let tag = image.header("etag").unwrap();
    let again = server.send(Request::new("GET", &path).header("if-none-match", tag)).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_page_or_no_span_says_so() {
    let server = TestServer::start().await;
    for (path, code) in [
        (format!("/api/v1/documents/{DOC}/pages/1?span=9-3"), "bad_request"),
        (format!("/api/v1/documents/{DOC}/pages/1?span=x"), "bad_request"),
        (format!("/api/v1/documents/{DOC}/pages/one"), "not_found"),
        (format!("/api/v1/documents/{DOC}/pages/-1.png"), "not_found"),
        (format!("/api/v1/documents/{DOC}/pages/99999999999.png"), "not_found"),
        ("/api/v1/documents/00000000000000000000000000000002/pages/1".to_owned(), "not_found"),
        ("/api/v1/documents/00000000000000000000000000000002/pages/1.png".to_owned(), "not_found"),
        ("/api/v1/audit?limit=0".to_owned(), "bad_request"),
    ] {
        assert_eq!(server.get(&path).await.code(), code, "{path}");
    }
}
