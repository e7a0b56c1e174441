//! Files handed in.

use std::collections::BTreeSet;
use std::time::Duration;

use pinakes_config::limits::ServerLimits;
use pinakes_types::Label;
use tokio::io::AsyncWriteExt;

use crate::support::{Request, TestServer, read_reply};

/// A field of a form: its name, that of its file where it is one, and what it holds.
type Field<'a> = (&'a str, Option<&'a str>, &'a [u8]);

fn form_of(fields: &[Field<'_>]) -> Request {
    let mut body = Vec::new();
    for (field, name, content) in fields {
        let file = name.map_or_else(String::new, |name| format!("; filename=\"{name}\""));
        body.extend_from_slice(format!("--cut\r\ncontent-disposition: form-data; name=\"{field}\"{file}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    Request::new("POST", "/api/v1/documents").header("content-type", "multipart/form-data; boundary=cut").body(&body)
}

fn form(field: &str, name: &str, content: &[u8]) -> Request {
    form_of(&[(field, Some(name), content)])
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

#[tokio::test(flavor = "multi_thread")]
async fn labels_reach_the_library_with_their_file() {
    let server = TestServer::start().await;
    let file: Field<'_> = ("file", Some("a.txt"), b"words");
    let labels = |written: &'static str| -> Field<'_> { ("labels", None, written.as_bytes()) };
    for fields in [&[labels("group:HR, user:ada"), file][..], &[file, labels("public")], &[labels("nobody"), file], &[file]] {
        let reply = server.send(form_of(fields)).await;
        assert_eq!(reply.status, 202, "{}", reply.text());
    }
    let set = |labels: &[&str]| Some(labels.iter().map(|label| Label((*label).into())).collect::<BTreeSet<_>>());
    let expected = [set(&["group:hr", "user:ada"]), set(&["public"]), set(&[]), None];
    assert_eq!(*server.shelf.labels.lock().unwrap(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_wrong_label_the_file_is_not_taken_either() {
    let server = TestServer::start().await;
    let file: Field<'_> = ("file", Some("a.txt"), b"words");
    let many: String = (0..70).map(|number| format!("group:{number},")).collect();
    let long = "group:a,".repeat(1_200);
    let texts = ["", " , ", "everybody", "group:", "group:a=b", "nobody, public", &many, &long].map(str::as_bytes);
    for written in texts.into_iter().chain([&b"\xff"[..]]) {
        for fields in [[("labels", None, written), file], [file, ("labels", None, written)]] {
            assert_eq!(server.send(form_of(&fields)).await.code(), "bad_request", "{}", String::from_utf8_lossy(written));
        }
    }
    assert!(server.shelf.uploads.lock().unwrap().is_empty());
    assert_eq!(staged(&server), 0);
}
