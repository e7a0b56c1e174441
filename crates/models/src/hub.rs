//! A model downloaded from the Hugging Face hub, or a mirror that answers the same addresses: `<hub>/<owner>/<name>/resolve/main/<file>`.
//!
//! Weights go into a `.part` file that outlives a broken connection, this process and a restart; the next try asks for the rest by
//! `Range`. It is only done where a checksum is known, from our own list or from the hub: pieces of two different files glued together
//! would otherwise pass. Whole shards wait as parts too until the last one is there, so that a pull that breaks off in the tenth of
//! eleven does not fetch nine again.

use std::path::{Path, PathBuf};

use futures::StreamExt;
use reqwest::header::{CONTENT_RANGE, ETAG, HeaderMap, RANGE};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::io::AsyncWriteExt;

use crate::digest::digest;
use crate::gather::{FileSpec, Origin};
use crate::local::{bytes_max, prepare};
use crate::weights::is_weights;
use crate::{ModelError, Progress, limits};

/// One repository of a hub.
pub(crate) struct Hub<'a> {
    client: Client,
    /// Stays at the hub: its own answer has the checksum, the storage that it points to need not.
    asking: Client,
    url: &'a str,
    /// `owner/name`.
    repository: &'a str,
    /// SHA-256 by path, where we know it ourselves.
    known: &'static [(&'static str, &'static str)],
    /// Where partial downloads are kept.
    partial: &'a Path,
    progress: &'a dyn Progress,
    /// Weights that are whole, and their places.
    arrived: Vec<(PathBuf, PathBuf)>,
}

/// How one attempt at a file ended.
enum Outcome {
    Complete,
    /// The hub has no such file.
    Absent,
    /// The connection broke; what came is kept.
    Broken(String),
}

impl<'a> Hub<'a> {
    /// Makes ready; nothing is asked yet.
    pub(crate) fn open(
        url: &'a str,
        repository: &'a str,
        known: &'static [(&'static str, &'static str)],
        partial: &'a Path,
        progress: &'a dyn Progress,
    ) -> Result<Self, ModelError> {
        progress.note(&format!("asking {url} for {repository}"));
        let client = |redirects: redirect::Policy| {
            Client::builder()
                .connect_timeout(limits::CONNECT_TIMEOUT)
                .read_timeout(limits::READ_TIMEOUT)
                .user_agent(concat!("pinakes/", env!("CARGO_PKG_VERSION")))
                .redirect(redirects)
                .build()
                .map_err(|error| ModelError::unavailable(format!("the hub at {url}"), error))
        };
        let (client, asking) = (client(redirect::Policy::default())?, client(redirect::Policy::custom(stay))?);
        Ok(Self { client, asking, url, repository, known, partial, progress, arrived: Vec::new() })
    }

    /// Puts the weights in their places, after everything has arrived.
    pub(crate) fn settle(self) -> Result<(), ModelError> {
        self.arrived.into_iter().try_for_each(|(part, to)| fs_err::rename(part, &to).map_err(ModelError::write(&to)))
    }

    /// The checksum a file must have, where anyone knows it.
    async fn checksum(&self, path: &str) -> Option<String> {
        if let Some((_, sha256)) = self.known.iter().find(|(name, _)| *name == path) {
            return Some((*sha256).into());
        }
        if !is_weights(path) {
            return None;
        }
        // A hub that does not answer this will be met again, and named, when the file itself is asked for.
        let response = self.asking.head(self.address(path)).send().await.ok()?;
        let found = published_sha256(response.headers());
        if found.is_none() && response.status() != StatusCode::NOT_FOUND {
            self.progress.note(&format!("the hub gives no checksum for {path}"));
        }
        found
    }

    /// One request, from where the `.part` file ends.
    async fn attempt(&self, spec: FileSpec<'_>, part: &Path) -> Result<Outcome, ModelError> {
        let have = fs_err::metadata(part).map_or(0, |metadata| metadata.len());
        let mut request = self.client.get(self.address(spec.path));
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

    async fn receive(&self, response: Response, spec: FileSpec<'_>, part: &Path, from: u64) -> Result<Outcome, ModelError> {
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

    /// Keeps a whole file, or deletes it when it is not the one asked for.
    fn accept(&mut self, spec: FileSpec<'_>, part: PathBuf, checksum: Option<&str>, to: PathBuf) -> Result<(), ModelError> {
        if let Some(expected) = checksum {
            let (_, found) = digest(&part)?;
            if found != expected {
                remove(&part)?;
                return Err(ModelError::bad(self.address(spec.path), format!("has SHA-256 {found}, not {expected}")));
            }
        }
        if is_weights(spec.path) {
            self.arrived.push((part, to));
            return Ok(());
        }
        fs_err::rename(part, &to).map_err(ModelError::write(&to))
    }

    fn address(&self, path: &str) -> String {
        format!("{}/{}/resolve/main/{path}", self.url.trim_end_matches('/'), self.repository)
    }

    fn unavailable(&self, problem: impl ToString) -> ModelError {
        ModelError::unavailable(format!("the hub at {}", self.url), problem)
    }
}

impl Origin for Hub<'_> {
    async fn take(&mut self, file: FileSpec<'_>, target: &Path) -> Result<bool, ModelError> {
        let checksum = self.checksum(file.path).await;
        // Named after the content too: what is left of an older revision is not gone on with.
        let revision = checksum.as_ref().map_or(String::new(), |sha256| format!(".{}", &sha256[..16]));
        let part = prepare(self.partial, &format!("{}{revision}.part", file.path.replace('/', "--")))?;
        if checksum.is_none() {
            remove(&part)?;
        }
        let mut problem = String::new();
        for attempt in 0..=limits::RESUMES_MAX {
            if attempt > 0 {
                self.progress.note(&format!("{}: {problem}; going on", file.path));
                if checksum.is_none() {
                    remove(&part)?;
                }
            }
            match self.attempt(file, &part).await? {
                Outcome::Complete => {
                    let to = prepare(target, file.stored)?;
                    return self.accept(file, part, checksum.as_deref(), to).map(|()| true);
                }
                Outcome::Absent if !file.required => return Ok(false),
                Outcome::Absent => return Err(ModelError::bad(self.address(file.path), absent(file.path))),
                Outcome::Broken(why) => problem = why,
            }
        }
        Err(self.unavailable(format!("{} broke off {} times, last: {problem}", file.path, limits::RESUMES_MAX + 1)))
    }
}

/// A repository that was renamed is followed (307, 308, to the same host); the way to the storage (302) is not.
fn stay(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let is_rename = [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT].contains(&attempt.status());
    let is_here = attempt.previous().last().is_some_and(|from| from.host_str() == attempt.url().host_str());
    match is_rename && is_here && attempt.previous().len() <= limits::RENAMES_MAX {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

/// What to say of a file that must be there and is not.
fn absent(path: &str) -> &'static str {
    match path {
        "config.json" => "the repository has no such file; of a repository of GGUF files, name the one you want with --file",
        _ => "the repository has no such file",
    }
}

/// The SHA-256 in the hub's answer: the etag of a file in large file storage is its checksum, that of others a git hash (40 digits).
fn published_sha256(headers: &HeaderMap) -> Option<String> {
    let etag = headers.get("x-linked-etag").or_else(|| headers.get(ETAG))?.to_str().ok()?;
    let digits = etag.trim_start_matches("W/").trim_matches('"');
    (digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| digits.to_ascii_lowercase())
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
