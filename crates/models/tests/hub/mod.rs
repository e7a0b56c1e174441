//! A hub on a local port: answers `…/resolve/main/<file>` from a folder, with ranges, and misbehaves as told.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// How it misbehaves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Behaviour {
    /// Closes the connection after so many bytes of the weights, each time.
    pub(crate) cut_weights_after: Option<usize>,
    /// Answers everything with this.
    pub(crate) status: Option<&'static str>,
}

/// It lives as long as the test process.
pub(crate) struct FakeHub {
    pub(crate) url: String,
    ranges: Arc<Mutex<Vec<String>>>,
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
        self.ranges.lock().unwrap().clone()
    }
}

/// Answers one request and closes. Errors are the client's going away, which it may.
fn answer(mut stream: TcpStream, folder: &Path, behaviour: &Behaviour, seen: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    let headers: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let path = first.split(' ').nth(1).unwrap().split("/resolve/main/").nth(1).unwrap().to_owned();
    let range = headers.iter().find_map(|line| line.to_lowercase().strip_prefix("range: ").map(str::to_owned)).unwrap_or_default();
    let is_weights = path == "model.safetensors";
    if is_weights {
        seen.lock().unwrap().push(range.clone());
    }
    let status = |stream: &mut TcpStream, status: &str| {
        let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    if let Some(code) = behaviour.status {
        return status(&mut stream, code);
    }
    let Ok(body) = fs_err::read(PathBuf::from(folder).join(&path)) else { return status(&mut stream, "404 Not Found") };
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
    let cut = behaviour.cut_weights_after.filter(|_| is_weights).unwrap_or(usize::MAX).min(rest.len());
    let _ = stream.write_all(&rest[..cut]);
}
