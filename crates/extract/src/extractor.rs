//! The parent's side: a pool of children, one file at a time each. Whatever happens to a child costs the file it was reading.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pinakes_config::limits::ExtractLimits;
use pinakes_types::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::outcome::{Extraction, Rejection};
use crate::protocol::{Request, checked_length, frame};
use crate::reasons;
use crate::seen::{PageSeen, PageWanted};

/// Longest answer taken from a child, in bytes: the text limit's worst case in JSON stays below it for all real text.
const ANSWER_BYTES_MAX: u32 = 512 << 20;
/// How much of what a dying child says is kept, in bytes.
const LAST_WORDS_BYTES_MAX: usize = 4 << 10;
/// How long a child that closed its output may take to end.
const END_GRACE: Duration = Duration::from_secs(2);

/// How to start the extraction child: normally the pinakes binary itself with the hidden argument `extract-worker`.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program, which must end up in [`crate::run_worker`].
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
}

/// Reads files in child processes.
#[derive(Debug)]
pub struct Extractor {
    command: WorkerCommand,
    limits: ExtractLimits,
    slots: Semaphore,
    idle: Mutex<Vec<Worker>>,
}

impl Extractor {
    /// A pool of at most `workers` children (one at least), started when first needed.
    #[must_use]
    pub fn new(command: WorkerCommand, limits: ExtractLimits, workers: usize) -> Self {
        Self { command, limits, slots: Semaphore::new(workers.max(1)), idle: Mutex::new(Vec::new()) }
    }

    /// Reads one file in a child. Never fails: every outcome is a state. When dropped before its end, the child is killed.
    pub async fn extract(&self, path: &Path) -> Extraction {
        let read = |[answer]: [Vec<u8>; 1]| serde_json::from_slice(&answer).ok();
        self.answer(path, None, read).await.unwrap_or_else(|rejection| rejection.into_extraction(None, 0))
    }

    /// Looks at one page of a PDF in a child. When dropped before its end, the child is killed.
    ///
    /// # Errors
    /// Why it cannot be seen.
    pub async fn look_at(&self, path: &Path, wanted: PageWanted) -> Result<PageSeen, Reason> {
        let read = |[answer, png]: [Vec<u8>; 2]| {
            let seen: Result<PageSeen, Reason> = serde_json::from_slice(&answer).ok()?;
            Some(seen.map(|seen| PageSeen { png, ..seen }))
        };
        self.answer(path, Some(wanted), read).await.map_err(|rejection| rejection.reason().clone())?
    }

    /// What a child says to a request, in messages that `read` understands; or why it says nothing.
    async fn answer<T, const MESSAGES: usize>(
        &self,
        path: &Path,
        page: Option<PageWanted>,
        read: impl Fn([Vec<u8>; MESSAGES]) -> Option<T>,
    ) -> Result<T, Rejection> {
        let _slot = self.slots.acquire().await.expect("the pool's semaphore is never closed");
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let request = frame(&Request { path: path.into_os_string(), page }).map_err(|error| reasons::cannot_read(&error))?;
        loop {
            let mut worker = self.worker().map_err(|error| reasons::worker_unavailable(&error))?;
            let answer = worker.ask(&request, Duration::from_secs(self.limits.wall_seconds_max)).await;
            match answer.and_then(|answer| read(answer).ok_or(Ended::Broke)) {
                Ok(answer) => {
                    worker.served += 1;
                    self.put_back(worker);
                    return Ok(answer);
                }
                // A child that read other files before may have died of them, or been killed while idle: a fresh one decides.
                Err(Ended::Broke) if worker.served > 0 => {}
                Err(ended) => return Err(worker.blame(ended, &self.limits).await),
            }
        }
    }

    fn worker(&self) -> io::Result<Worker> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| Worker::start(&self.command), Ok)
    }

    fn put_back(&self, worker: Worker) {
        if worker.served < self.limits.files_per_child_max {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
        }
    }
}

/// Why a child gave no answer.
enum Ended {
    /// It died or said nonsense.
    Broke,
    /// It took too long.
    TimedOut,
    /// Its answer is longer than is taken.
    TooMuch,
}

/// One child.
#[derive(Debug)]
struct Worker {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
    last_words: Arc<Mutex<Vec<u8>>>,
    listener: JoinHandle<()>,
    /// Files answered for.
    served: u32,
}

impl Worker {
    fn start(command: &WorkerCommand) -> io::Result<Self> {
        // The environment may hold secrets, and a parser needs none of it.
        let mut child = Command::new(&command.program)
            .args(&command.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let gone = || io::Error::other("a pipe of the new process is missing");
        let (input, output) = (child.stdin.take().ok_or_else(gone)?, child.stdout.take().ok_or_else(gone)?);
        let last_words = Arc::new(Mutex::new(Vec::new()));
        let listener = tokio::spawn(listen(child.stderr.take().ok_or_else(gone)?, Arc::clone(&last_words)));
        Ok(Self { child, input, output, last_words, listener, served: 0 })
    }

    async fn ask<const MESSAGES: usize>(&mut self, request: &[u8], patience: Duration) -> Result<[Vec<u8>; MESSAGES], Ended> {
        timeout(patience, self.exchange(request)).await.map_err(|_| Ended::TimedOut)?
    }

    async fn exchange<const MESSAGES: usize>(&mut self, request: &[u8]) -> Result<[Vec<u8>; MESSAGES], Ended> {
        let broke = |_: io::Error| Ended::Broke;
        self.input.write_all(request).await.map_err(broke)?;
        self.input.flush().await.map_err(broke)?;
        let mut answer = [const { Vec::new() }; MESSAGES];
        for message in &mut answer {
            let mut header = [0; 4];
            self.output.read_exact(&mut header).await.map_err(broke)?;
            let length = checked_length(header, ANSWER_BYTES_MAX).map_err(|_| Ended::TooMuch)?;
            message.resize(length, 0);
            self.output.read_exact(message).await.map_err(broke)?;
        }
        Ok(answer)
    }

    /// Ends the child and says what its file did to it.
    async fn blame(mut self, ended: Ended, limits: &ExtractLimits) -> Rejection {
        match ended {
            Ended::TimedOut => return reasons::timed_out(limits.wall_seconds_max, "time"),
            Ended::TooMuch => {
                return reasons::too_large(
                    u64::from(ANSWER_BYTES_MAX),
                    u64::from(ANSWER_BYTES_MAX),
                    "bytes of text and more",
                    "text_chars_max",
                );
            }
            Ended::Broke => {}
        }
        let status = timeout(END_GRACE, self.child.wait()).await.ok().and_then(Result::ok);
        // What it said last is complete once its end of the pipe is closed.
        let _ = timeout(END_GRACE, &mut self.listener).await;
        let words = String::from_utf8_lossy(&self.last_words.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        cause_of_death(status, &words, limits)
    }
}

fn cause_of_death(status: Option<ExitStatus>, words: &str, limits: &ExtractLimits) -> Rejection {
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    let Some(status) = status else { return reasons::parser_crashed("it answered nonsense") };
    if words.contains("memory allocation of") || words.contains("out of memory") {
        return reasons::memory_limit();
    }
    if words.contains("overflowed its stack") {
        return reasons::nested_too_deep(limits.nesting_depth_max);
    }
    match status.signal() {
        Some(SIGXCPU) => reasons::timed_out(limits.cpu_seconds_max, "CPU time"),
        Some(SIGKILL) => reasons::parser_crashed("it was killed, perhaps for want of memory"),
        Some(signal) => reasons::parser_crashed(&format!("signal {signal}")),
        None => {
            let last: String = words.lines().last().unwrap_or_default().chars().take(200).collect();
            reasons::parser_crashed(&format!("it ended with {status}. {last}"))
        }
    }
}

/// Keeps the end of what a child says on standard error, and keeps the pipe empty.
async fn listen(mut stderr: ChildStderr, kept: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&buffer[..read]);
        let over = kept.len().saturating_sub(LAST_WORDS_BYTES_MAX);
        kept.drain(..over);
    }
}
