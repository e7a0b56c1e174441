//! A client small enough to read: one request, one connection.
#![allow(dead_code, reason = "shared by tests that use different parts")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Sends a request with a body of some type and reads the answer to its end.
pub(crate) fn send(address: &str, method: &str, path: &str, kind: &str, accept: &str, body: &[u8]) -> Response {
    send_with(address, method, path, &[("Accept", accept), ("Content-Type", kind)], body)
}

/// The same with any headers.
pub(crate) fn send_with(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let split = answer.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..split]).to_lowercase();
    let rest = &answer[split + 4..];
    let body = if head.contains("transfer-encoding: chunked") { unchunk(rest) } else { rest.to_vec() };
    let status = head.split_whitespace().nth(1).and_then(|code| code.parse().ok()).expect("a status");
    Response { status, head, body: String::from_utf8_lossy(&body).into_owned() }
}

pub(crate) fn get(address: &str, path: &str) -> Response {
    send(address, "GET", path, "text/plain", "*/*", b"")
}

pub(crate) fn post(address: &str, path: &str, body: &Value) -> Response {
    send(address, "POST", path, "application/json", "application/json", body.to_string().as_bytes())
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap().trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[line + 2..line + 2 + size]);
        rest = &rest[line + 4 + size..];
    }
    body
}
