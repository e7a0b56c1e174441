//! The way back to a caller: a bounded channel, and what it had no room for.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::Event;

pub(super) struct Outbox {
    events: Sender<Event>,
    /// Events that the receiver had no room for.
    unsent: VecDeque<Event>,
    /// Since when there have been some.
    stalled: Option<Instant>,
}

impl Outbox {
    pub(super) fn new(events: Sender<Event>) -> Self {
        Self { events, unsent: VecDeque::new(), stalled: None }
    }

    /// Whether nobody listens, or nobody has read for longer than `stall_time_max`.
    pub(super) fn is_dead(&self, stall_time_max: Duration) -> bool {
        self.events.is_closed() || self.stalled.is_some_and(|since| since.elapsed() > stall_time_max)
    }

    /// Whether everything was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.unsent.is_empty()
    }

    /// Sends in any case, later if there is no room.
    pub(super) fn send(&mut self, event: Event) {
        self.unsent.push_back(event);
        self.flush();
    }

    /// Sends what may be missed, where there is room, and never at the cost of a token's place.
    pub(super) fn mention(&mut self, event: Event) {
        if self.unsent.is_empty() && self.events.capacity() > 1 {
            let _ = self.events.try_send(event);
        }
    }

    /// Sends what the receiver had no room for; true if something could be sent.
    pub(super) fn flush(&mut self) -> bool {
        let mut sent = false;
        while let Some(event) = self.unsent.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => sent = true,
                Err(TrySendError::Full(event)) => {
                    self.unsent.push_front(event);
                    self.stalled = self.stalled.filter(|_| !sent).or_else(|| Some(Instant::now()));
                    return sent;
                }
                Err(TrySendError::Closed(_)) => self.unsent.clear(),
            }
        }
        self.stalled = None;
        sent
    }
}
