//! Files handed in.

use std::time::Duration;

use pinakes_config::limits::ServerLimits;
use tokio::io::AsyncWriteExt;

use crate::support::{Request, TestServer, read_reply};

fn form(field: &str, name: &str, content: &[u8]) -> Request {
    let head = format!("--cut\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n");
    let body = [head.as_bytes(), content, b"\r\n--cut--\r\n"].concat();
    Request::new("POST", "/api/v1/documents").header("content-type", "multipart/form-data; boundary=cut").body(&body)
}

fn staged(server: &TestServer) -> usize {
    fs_err::read_dir(server.staging.path()).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_whole_and_is_acknowledged_with_its_job() {
    let server = TestServer::start().await;
    let content: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
    let reply = server.send(form("file", "Übersicht 2026.bin", &content)).await;
    assert_eq!(reply.status, 202, "{}", reply.text());
    assert_eq!(reply.header("location"), Some("/api/v1/jobs/j1"));
    assert_eq!(reply.json()["bytes"], content.len());
    let uploads = server.shelf.uploads.lock().unwrap();
    assert_eq!((uploads[0].0.as_str(), uploads[0].1 == content), ("Übersicht 2026.bin", true));
    assert_eq!(staged(&server), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_uploads_leave_nothing_behind() {
    let limits = ServerLimits { upload_bytes_max: 200_000, upload_envelope_bytes_max: 1_000, ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let big = vec![7; 200_500];
    let huge = vec![7; 5 << 20];
    let cut_short = Request::new("POST", "/api/v1/documents")
        .header("content-type", "multipart/form-data; boundary=cut")
        .body(b"--cut\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello");
    let cases = [
        (form("file", "big.txt", &big), "payload_too_large"),
        (form("file", "huge.txt", &huge), "payload_too_large"),
        (form("other", "a.txt", b"x"), "bad_request"),
        (form("file", "", b"x"), "bad_request"),
        (form("file", &"x".repeat(300), b"x"), "bad_request"),
        (cut_short, "bad_request"),
        (Request::new("POST", "/api/v1/documents").json("{}"), "unsupported_media_type"),
        (Request::new("POST", "/api/v1/documents"), "unsupported_media_type"),
        (Request::new("POST", "/api/v1/documents").header("content-type", "multipart/form-data").body(b"x"), "bad_request"),
    ];
    for (number, (request, code)) in cases.into_iter().enumerate() {
        assert_eq!(server.send(request).await.code(), code, "case {number}");
    }
    assert!(server.shelf.uploads.lock().unwrap().is_empty());
    assert_eq!(staged(&server), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_stalls_is_given_up() {
    let limits = ServerLimits { upload_time_max: Duration::from_millis(300), ..ServerLimits::default() };
    let server = TestServer::limited(limits).await;
    let bytes = form("file", "a.txt", &[b'x'; 5_000]).bytes("localhost");
    let mut stream = server.connect().await;
    stream.write_all(&bytes[..bytes.len() / 2]).await.unwrap();
    assert_eq!(read_reply(&mut stream).await.code(), "request_timeout");
    assert_eq!(staged(&server), 0);
}
