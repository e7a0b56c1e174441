//! A hub on a local port: answers `…/resolve/main/<file>` from a folder, with ranges and checksums, and misbehaves as told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How it misbehaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    /// Closes the connection after so many bytes of the weights, each time.
    pub(crate) cut_weights_after: Option<usize>,
    /// Does so with this file of weights only.
    pub(crate) cut_only: Option<&'static str>,
    /// Gives this checksum for all weights.
    pub(crate) etag: Option<String>,
    /// Gives the checksum of each file of weights, as the public hub does: with the address of the storage that has it.
    pub(crate) etags: bool,
    /// The repository's name, when another redirects to it.
    pub(crate) renamed_to: Option<&'static str>,
    /// Answers everything with this.
    pub(crate) status: Option<&'static str>,
}

/// It lives as long as the test process.
pub(crate) struct FakeHub {
    pub(crate) url: String,
    ranges: Arc<Mutex<Vec<(String, String)>>>,
}

impl FakeHub {
    pub(crate) fn serve(folder: &Path, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let ranges = Arc::new(Mutex::new(Vec::new()));
        let (folder, seen) = (folder.to_owned(), ranges.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (folder, behaviour, seen) = (folder.clone(), behaviour.clone(), seen.clone());
                std::thread::spawn(move || answer(stream.unwrap(), &folder, &behaviour, &seen));
            }
        });
        Self { url, ranges }
    }

    /// The `Range` header of each request for the weights; empty where there was none.
    pub(crate) fn weight_ranges(&self) -> Vec<String> {
        self.requests().into_iter().map(|(_, range)| range).collect()
    }

    /// File and `Range` header of each request for weights.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        self.ranges.lock().unwrap().clone()
    }
}

/// Answers one request and closes. Errors are the client's going away, which it may.
fn answer(mut stream: TcpStream, folder: &Path, behaviour: &Behaviour, seen: &Mutex<Vec<(String, String)>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let path = first.split(' ').nth(1).unwrap().split("/resolve/main/").nth(1).unwrap().to_owned();
    let range = headers.iter().find_map(|line| line.to_lowercase().strip_prefix("range: ").map(str::to_owned)).unwrap_or_default();
    let is_weights = path.ends_with(".safetensors") || path.ends_with(".gguf");
    let is_head = first.starts_with("HEAD ");
    let is_moved = behaviour.renamed_to.is_some_and(|name| !first.contains(&format!(" /{name}/")));
    if is_weights && !is_head && !is_moved {
        seen.lock().unwrap().push((path.clone(), range.clone()));
    }
    let status = |stream: &mut TcpStream, status: &str| {
        let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    if let Some(code) = behaviour.status {
        return status(&mut stream, code);
    }
    if let Some(name) = behaviour.renamed_to.filter(|_| is_moved) {
        let _ = write!(
            stream,
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: /{name}/resolve/main/{path}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        return;
    }
    let Ok(body) = fs_err::read(PathBuf::from(folder).join(&path)) else { return status(&mut stream, "404 Not Found") };
    if is_head {
        let etag = behaviour.etag.clone().or_else(|| behaviour.etags.then(|| sha256(&body))).filter(|_| is_weights);
        let etag = etag.map_or("ETag: \"a git hash\"".into(), |etag| format!("X-Linked-ETag: \"{etag}\"\r\nETag: \"storage's own\""));
        let _ = write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n{etag}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        return;
    }
    let from: usize = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')).map_or(0, |start| start.parse().unwrap());
    if from > 0 && from >= body.len() {
        return status(&mut stream, "416 Range Not Satisfiable");
    }
    let rest = &body[from..];
    let line = if from > 0 {
        format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", body.len() - 1, body.len())
    } else {
        "200 OK".into()
    };
    let _ = write!(stream, "HTTP/1.1 {line}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len());
    let is_cut = is_weights && behaviour.cut_only.is_none_or(|only| only == path);
    let cut = behaviour.cut_weights_after.filter(|_| is_cut).unwrap_or(usize::MAX).min(rest.len());
    let _ = stream.write_all(&rest[..cut]);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
