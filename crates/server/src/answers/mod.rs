//! Answers on their way, kept so that a lost connection costs nothing: each has an id and a log of its events, from which whoever asked
//! reads, and reads on after coming back.
//!
//! Promised: only who asked finds an answer; one that nobody reads any more is cancelled after `server.resume_time_max`, which frees its
//! place and the engine's; a finished one is forgotten after `server.answer_keep_time`, or sooner when there are too many; and what is
//! replayed is held to the rights of the moment: the documents an answer drew on are known by [`Answer::documents`].

mod log;
mod reader;

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use pinakes_answer::Figure;
use pinakes_api::{ApiError, AskEvent, AskResponse, Code};
use pinakes_config::limits::ServerLimits;
use pinakes_types::{DocId, Scope};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use crate::layers::problems::public;
use crate::work::Work;
use log::Log;
pub(crate) use reader::Reader;

/// One answer.
pub(crate) struct Answer {
    id: String,
    /// Whoever asked: `Scope::subject`.
    owner: String,
    /// The request that began it, for the log and for its last event.
    request_id: String,
    log: Mutex<Log>,
    documents: Mutex<BTreeSet<DocId>>,
    /// Told of every event and of every reading.
    changed: watch::Sender<()>,
    readers: AtomicUsize,
    /// Readers that have gone.
    left: AtomicU64,
    work: Mutex<Option<AbortHandle>>,
}

/// What an answer begins with.
pub(crate) struct Begun {
    /// One that nobody guesses.
    pub(crate) id: String,
    /// The event that came first.
    pub(crate) first: AskEvent,
    /// Unless it has ended already.
    pub(crate) work: Option<Work<AskResponse>>,
    pub(crate) events: mpsc::Receiver<AskEvent>,
    pub(crate) owner: String,
    pub(crate) request_id: String,
}

/// An answer and the task that forgets it.
struct Kept {
    answer: Arc<Answer>,
    forgetting: AbortHandle,
}

/// All of them, oldest first.
pub(crate) struct Answers {
    kept: Mutex<VecDeque<Kept>>,
    runtime: Handle,
    resume_time_max: Duration,
    keep_time: Duration,
    kept_max: usize,
    bytes_max: usize,
    answer_bytes_max: usize,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Answers {
    pub(crate) fn new(limits: &ServerLimits, runtime: Handle) -> Self {
        Self {
            kept: Mutex::default(),
            runtime,
            resume_time_max: limits.resume_time_max,
            keep_time: limits.answer_keep_time,
            kept_max: limits.answers_kept_max,
            bytes_max: limits.answers_bytes_max,
            answer_bytes_max: limits.answer_bytes_max,
        }
    }

    /// Takes an answer over that has said its first words, and lets it go on.
    pub(crate) fn keep(self: &Arc<Self>, begun: Begun) -> Arc<Answer> {
        let Begun { id, first, work, events, owner, request_id } = begun;
        let answer = Arc::new(Answer {
            id,
            owner,
            request_id,
            log: Mutex::new(Log::new(self.answer_bytes_max)),
            documents: Mutex::default(),
            changed: watch::Sender::new(()),
            readers: AtomicUsize::new(0),
            left: AtomicU64::new(0),
            work: Mutex::default(),
        });
        answer.push(&first);
        let collecting = self.runtime.spawn(collect(Arc::clone(&answer), work, events, first.is_last()));
        *locked(&answer.work) = Some(collecting.abort_handle());
        let (answers, id, keep_time) = (Arc::clone(self), answer.id.clone(), self.keep_time);
        let forgetting = self.runtime.spawn(async move {
            let _ = collecting.await;
            tokio::time::sleep(keep_time).await;
            locked(&answers.kept).retain(|kept| kept.answer.id != id);
        });
        let mut kept = locked(&self.kept);
        self.make_room(&mut kept);
        kept.push_back(Kept { answer: Arc::clone(&answer), forgetting: forgetting.abort_handle() });
        answer
    }

    /// The oldest finished ones go while there are too many or too much. Those under way are bounded by the places there are for them.
    fn make_room(&self, kept: &mut VecDeque<Kept>) {
        let mut bytes: usize = kept.iter().map(|kept| locked(&kept.answer.log).bytes()).sum();
        while kept.len() >= self.kept_max || bytes > self.bytes_max {
            let Some(place) = kept.iter().position(|kept| locked(&kept.answer.log).ended()) else { return };
            let Some(gone) = kept.remove(place) else { return };
            gone.forgetting.abort();
            bytes = bytes.saturating_sub(locked(&gone.answer.log).bytes());
        }
    }

    /// An answer to somebody; those of others are not found.
    pub(crate) fn find(&self, scope: &Scope, id: &str) -> Option<Arc<Answer>> {
        let kept = locked(&self.kept);
        kept.iter().map(|kept| &kept.answer).find(|answer| answer.id == id && answer.owner == scope.subject()).cloned()
    }

    /// Cancels and forgets an answer.
    pub(crate) fn cancel(&self, answer: &Answer) {
        answer.cancel();
        locked(&self.kept).retain(|kept| {
            let other = kept.answer.id != answer.id;
            if !other {
                kept.forgetting.abort();
            }
            other
        });
    }

    /// Somebody who reads an answer from after an event on.
    pub(crate) fn reader(&self, answer: Arc<Answer>, after: u64) -> Reader {
        Reader::new(answer, after, self.resume_time_max, self.runtime.clone())
    }

    /// Gauges.
    pub(crate) fn figures(&self) -> [Figure; 2] {
        let kept = locked(&self.kept);
        let bytes: usize = kept.iter().map(|kept| locked(&kept.answer.log).bytes()).sum();
        let gauge = |name, help, value: usize| Figure { name, labels: "", help, counter: false, value: value as u64 };
        [
            gauge("pinakes_answers_kept", "Streamed answers that can be taken up again.", kept.len()),
            gauge("pinakes_answers_bytes", "Bytes of their events.", bytes),
        ]
    }
}

impl Answer {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The documents it shows something of.
    pub(crate) fn documents(&self) -> Vec<DocId> {
        locked(&self.documents).iter().cloned().collect()
    }

    /// Whether nothing comes after this event.
    pub(crate) fn ends_at(&self, number: u64) -> bool {
        let log = locked(&self.log);
        log.ended() && number + 1 >= log.next_number()
    }

    /// Ends the work at once; readers are told.
    fn cancel(&self) {
        if let Some(work) = locked(&self.work).take() {
            work.abort();
        }
        let cancelled = ApiError::new(Code::Gone, "The answer was cancelled.");
        self.push(&AskEvent::Error(public(&cancelled, &self.request_id)));
    }

    fn push(&self, event: &AskEvent) {
        match event {
            AskEvent::Retrieval(retrieval) => locked(&self.documents).extend(retrieval.hits.iter().map(|hit| hit.doc_id.clone())),
            AskEvent::Citation(citation) => drop(locked(&self.documents).insert(citation.doc_id.clone())),
            AskEvent::Done(done) => {
                // What was read for it stands there with title and path, whether or not it is cited.
                let read = done.sources.iter().map(|source| &source.doc_id);
                locked(&self.documents).extend(done.citations.iter().map(|citation| &citation.doc_id).chain(read).cloned());
            }
            _ => {}
        }
        let mut log = locked(&self.log);
        let encoded = encode(event, &self.id, log.next_number());
        log.push(encoded, event.is_last());
        drop(log);
        self.changed.send_replace(());
    }
}

/// Takes the events of an answer to its log, as far as there is room, and then what the work came to.
async fn collect(answer: Arc<Answer>, mut work: Option<Work<AskResponse>>, mut events: mpsc::Receiver<AskEvent>, mut over: bool) {
    let mut changed = answer.changed.subscribe();
    while !over {
        while !locked(&answer.log).has_room() {
            if changed.changed().await.is_err() {
                return;
            }
        }
        let event = match (events.recv().await, work.take()) {
            (Some(event), under_way) => {
                work = under_way;
                event
            }
            (None, Some(ended)) => last(ended.await, &answer.request_id),
            (None, None) => return,
        };
        over = event.is_last();
        answer.push(&event);
    }
    // What is done after the last words, such as keeping them, is not cut off.
    drop(events);
    if let Some(work) = work {
        let _ = work.await;
    }
}

fn last(result: Result<AskResponse, ApiError>, request_id: &str) -> AskEvent {
    match result {
        Ok(response) => AskEvent::Done(Box::new(response)),
        Err(error) => {
            tracing::error!(request_id, code = %error.code, cause = %error, "answer failed under way");
            AskEvent::Error(public(&error, request_id))
        }
    }
}

fn encode(event: &AskEvent, id: &str, number: u64) -> Bytes {
    let data = serde_json::to_string(event).expect("an event is plain data");
    Bytes::from(format!("event: {}\nid: {id}-{number}\ndata: {data}\n\n", event.name()))
}

#[cfg(test)]
mod tests;
