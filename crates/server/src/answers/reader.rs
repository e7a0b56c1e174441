//! Somebody who reads an answer. When the last reader leaves an answer that is not finished, it goes on for a while, to be taken up again,
//! and is then cancelled.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::web::Bytes;
use pinakes_api::{ApiError, AskEvent, Code};
use tokio::runtime::Handle;

use super::log::Next;
use super::{Answer, encode, locked};
use crate::layers::problems::public;

pub(crate) struct Reader {
    answer: Arc<Answer>,
    /// The last event it has had; `None` once nothing more comes.
    after: Option<u64>,
    resume_time_max: Duration,
    runtime: Handle,
}

impl Reader {
    pub(super) fn new(answer: Arc<Answer>, after: u64, resume_time_max: Duration, runtime: Handle) -> Self {
        answer.readers.fetch_add(1, Ordering::SeqCst);
        Self { answer, after: Some(after), resume_time_max, runtime }
    }

    /// The next event, encoded; `None` after the last. Can be dropped while it waits.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        let mut changed = self.answer.changed.subscribe();
        loop {
            let after = self.after?;
            let next = locked(&self.answer.log).after(after);
            match next {
                Next::Event(event) => {
                    self.after = Some(after + 1);
                    // There may be room now.
                    self.answer.changed.send_replace(());
                    return Some(event);
                }
                Next::End => self.after = None,
                Next::Lost => {
                    self.after = None;
                    let lost = ApiError::new(Code::Gone, "What came next is no longer kept. Ask again.");
                    let event = AskEvent::Error(public(&lost, &self.answer.request_id));
                    return Some(encode(&event, &self.answer.id, after + 1));
                }
                Next::Wait => changed.changed().await.ok()?,
            }
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let answer = &self.answer;
        let left = answer.left.fetch_add(1, Ordering::SeqCst) + 1;
        if answer.readers.fetch_sub(1, Ordering::SeqCst) > 1 || locked(&answer.log).ended() {
            return;
        }
        if self.resume_time_max.is_zero() {
            answer.cancel();
            return;
        }
        let (answer, wait) = (Arc::clone(answer), self.resume_time_max);
        self.runtime.spawn(async move {
            tokio::time::sleep(wait).await;
            // Unless somebody came back, or came and left again: then a later wait counts.
            if answer.readers.load(Ordering::SeqCst) == 0 && answer.left.load(Ordering::SeqCst) == left && !locked(&answer.log).ended() {
                answer.cancel();
            }
        });
    }
}
