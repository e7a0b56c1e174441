//! A model downloaded from the Hugging Face hub, or a mirror that answers the same addresses: `<hub>/<owner>/<name>/resolve/main/<file>`.
//!
//! The weights go into a `.part` file that outlives a broken connection, this process and a restart; the next try asks for the rest by
//! `Range`. It is only done where a checksum is known: pieces of two different files glued together would otherwise pass.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Client, Response, StatusCode};
use tokio::io::AsyncWriteExt;

use crate::digest::digest;
use crate::folder::{bytes_max, prepare};
use crate::known::{FILES, FileSpec, WEIGHTS};
use crate::{ModelError, Progress, limits};

/// One repository of a hub.
pub(crate) struct Hub<'a> {
    pub(crate) url: &'a str,
    /// `owner/name`.
    pub(crate) repository: &'a str,
    /// Of the weights, where known.
    pub(crate) weights_sha256: Option<&'a str>,
    /// Where partial downloads are kept.
    pub(crate) partial: &'a Path,
    pub(crate) progress: &'a dyn Progress,
}

/// How one attempt at a file ended.
enum Outcome {
    Complete,
    /// The hub has no such file.
    Absent,
    /// The connection broke; what came is kept.
    Broken(String),
}

impl Hub<'_> {
    /// Downloads the files a model has into `target`.
    pub(crate) async fn fetch(&self, target: &Path) -> Result<(), ModelError> {
        self.progress.note(&format!("asking {} for {}", self.url, self.repository));
        let client = Client::builder()
            .connect_timeout(limits::CONNECT_TIMEOUT)
            .read_timeout(limits::READ_TIMEOUT)
            .user_agent(concat!("pinakes/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| self.unavailable(error))?;
        for spec in FILES {
            self.fetch_file(&client, spec, target).await?;
        }
        Ok(())
    }

    async fn fetch_file(&self, client: &Client, spec: FileSpec, target: &Path) -> Result<(), ModelError> {
        let checksum = self.weights_sha256.filter(|_| spec.path == WEIGHTS);
        let part = prepare(self.partial, &format!("{}.part", spec.path.replace('/', "--")))?;
        if checksum.is_none() {
            remove(&part)?;
        }
        let mut problem = String::new();
        for attempt in 0..=limits::RESUMES_MAX {
            if attempt > 0 {
                self.progress.note(&format!("{}: {problem}; going on", spec.path));
                if checksum.is_none() {
                    remove(&part)?;
                }
            }
            match self.attempt(client, spec, &part).await? {
                Outcome::Complete => return self.accept(&part, checksum, &prepare(target, spec.path)?),
                Outcome::Absent if !spec.required => return Ok(()),
                Outcome::Absent => return Err(ModelError::bad(self.address(spec.path), "the repository has no such file")),
                Outcome::Broken(why) => problem = why,
            }
        }
        Err(self.unavailable(format!("{} broke off {} times, last: {problem}", spec.path, limits::RESUMES_MAX + 1)))
    }

    /// One request, from where the `.part` file ends.
    async fn attempt(&self, client: &Client, spec: FileSpec, part: &Path) -> Result<Outcome, ModelError> {
        let have = fs_err::metadata(part).map_or(0, |metadata| metadata.len());
        let mut request = client.get(self.address(spec.path));
        if have > 0 {
            request = request.header(RANGE, format!("bytes={have}-"));
        }
        let response = match request.send().await {
            Ok(response) => response,
            // No connection at all is the hub's state and not the file's: another source may be tried.
            Err(error) if error.is_connect() => return Err(self.unavailable(chain(&error))),
            Err(error) => return Ok(Outcome::Broken(chain(&error))),
        };
        match response.status() {
            StatusCode::OK => self.receive(response, spec, part, 0).await,
            StatusCode::PARTIAL_CONTENT if starts_at(&response, have) => self.receive(response, spec, part, have).await,
            // The part is already whole (or longer than the file; then its checksum will tell).
            StatusCode::RANGE_NOT_SATISFIABLE if have > 0 => Ok(Outcome::Complete),
            StatusCode::PARTIAL_CONTENT => {
                remove(part)?;
                Ok(Outcome::Broken("the server answered with another range than asked".into()))
            }
            StatusCode::NOT_FOUND => Ok(Outcome::Absent),
            status => Err(self.unavailable(format!("{} answers {status}", self.address(spec.path)))),
        }
    }

    async fn receive(&self, response: Response, spec: FileSpec, part: &Path, from: u64) -> Result<Outcome, ModelError> {
        let total = response.content_length().map(|length| from + length);
        self.progress.file(spec.path, from, total);
        let too_long = || ModelError::bad(self.address(spec.path), format!("is longer than {} bytes", bytes_max(spec.path)));
        if total.is_some_and(|total| total > bytes_max(spec.path)) {
            return Err(too_long());
        }
        let mut file = open(part, from).await?;
        let (mut done, mut stream) = (from, response.bytes_stream());
        let mut outcome = Outcome::Complete;
        while let Some(piece) = stream.next().await {
            let piece = match piece {
                Ok(piece) => piece,
                Err(error) => {
                    outcome = Outcome::Broken(chain(&error));
                    break;
                }
            };
            done += piece.len() as u64;
            if done > bytes_max(spec.path) {
                return Err(too_long());
            }
            file.write_all(&piece).await.map_err(ModelError::write(part))?;
            self.progress.advance(piece.len() as u64);
        }
        file.flush().await.map_err(ModelError::write(part))?;
        if matches!(outcome, Outcome::Complete) && total.is_some_and(|total| done < total) {
            outcome = Outcome::Broken(format!("ended after {done} bytes"));
        }
        Ok(outcome)
    }

    /// Moves a whole file into place, or deletes it when it is not the one asked for.
    fn accept(&self, part: &Path, checksum: Option<&str>, to: &Path) -> Result<(), ModelError> {
        if let Some(expected) = checksum {
            let (_, found) = digest(part)?;
            if found != expected {
                remove(part)?;
                return Err(ModelError::bad(self.address(WEIGHTS), format!("has SHA-256 {found}, not {expected}")));
            }
        }
        fs_err::rename(part, to).map_err(ModelError::write(to))
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{}/resolve/main/{path}", self.url.trim_end_matches('/'), self.repository)
    }

    fn unavailable(&self, problem: impl ToString) -> ModelError {
        ModelError::unavailable(format!("the hub at {}", self.url), problem)
    }
}

/// Whether a partial answer begins at that byte.
fn starts_at(response: &Response, byte: u64) -> bool {
    let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    range.strip_prefix("bytes ").and_then(|range| range.split('-').next()).is_some_and(|start| start.parse() == Ok(byte))
}

/// Opens a part to go on at `from`, which is its length or zero.
async fn open(part: &Path, from: u64) -> Result<tokio::fs::File, ModelError> {
    let mut options = tokio::fs::OpenOptions::new();
    if from == 0 {
        options.create(true).write(true).truncate(true)
    } else {
        options.append(true)
    };
    options.open(part).await.map_err(ModelError::write(part))
}

fn remove(part: &Path) -> Result<(), ModelError> {
    match fs_err::remove_file(part) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ModelError::write(part)(error)),
        _ => Ok(()),
    }
}

/// An error with its causes: reqwest's own words alone never say why.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
}

/// The folder of a model's partial downloads.
pub(crate) fn partial_folder(root: &Path, name: &str) -> PathBuf {
    root.join(".downloads").join(name)
}
