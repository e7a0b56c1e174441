//! The events of one answer, numbered from 1, within a bound on their bytes. Those go first that somebody has read; while none of the
//! oldest was read there is no room, and the answer waits for its reader.

use std::collections::VecDeque;

use actix_web::web::Bytes;

/// What a reader gets next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    Event(Bytes),
    /// Nothing yet.
    Wait,
    /// Nothing more.
    End,
    /// What comes next is no longer kept.
    Lost,
}

#[derive(Debug)]
pub(super) struct Log {
    events: VecDeque<Bytes>,
    /// Events that went to make room.
    dropped: u64,
    /// The last one that was handed out to anybody.
    read: u64,
    bytes: usize,
    bytes_max: usize,
    ended: bool,
}

impl Log {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { events: VecDeque::new(), dropped: 0, read: 0, bytes: 0, bytes_max, ended: false }
    }

    /// The number the next event gets.
    pub(super) fn next_number(&self) -> u64 {
        self.dropped + self.events.len() as u64 + 1
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Makes room and says whether there is some.
    pub(super) fn has_room(&mut self) -> bool {
        while self.bytes >= self.bytes_max && self.dropped < self.read {
            self.bytes -= self.events.pop_front().map_or(0, |event| event.len());
            self.dropped += 1;
        }
        self.bytes < self.bytes_max
    }

    /// Adds an event, whether there is room or not; after the last one nothing is added.
    pub(super) fn push(&mut self, event: Bytes, last: bool) {
        if !self.ended {
            self.bytes += event.len();
            self.events.push_back(event);
            self.ended = last;
        }
    }

    /// What comes after the event of this number; 0 is before all.
    pub(super) fn after(&mut self, number: u64) -> Next {
        let Some(place) = number.checked_sub(self.dropped) else { return Next::Lost };
        match self.events.get(usize::try_from(place).unwrap_or(usize::MAX)) {
            Some(event) => {
                self.read = self.read.max(number + 1);
                Next::Event(event.clone())
            }
            None if self.ended => Next::End,
            None => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(words: &'static str) -> Bytes {
        Bytes::from_static(words.as_bytes())
    }

    #[test]
    fn events_are_kept_and_read_again_until_the_end() {
        let mut log = Log::new(100);
        assert_eq!(log.after(0), Next::Wait);
        log.push(event("one"), false);
        log.push(event("two"), true);
        log.push(event("late"), false);
        for _ in 0..2 {
            assert_eq!((log.after(0), log.after(1), log.after(2)), (Next::Event(event("one")), Next::Event(event("two")), Next::End));
        }
        assert_eq!(log.after(99), Next::End);
        assert_eq!((log.bytes(), log.next_number()), (6, 3));
    }

    #[test]
    fn what_was_read_makes_room_and_what_was_not_holds_up() {
        let mut log = Log::new(6);
        log.push(event("one"), false);
        assert!(log.has_room());
        log.push(event("two"), false);
        assert!(!log.has_room(), "nobody has read anything");
        log.after(0);
        assert!(log.has_room());
        assert_eq!((log.bytes(), log.next_number()), (3, 3));
        log.push(event("three"), false);
        assert_eq!((log.after(0), log.after(1), log.after(2)), (Next::Lost, Next::Event(event("two")), Next::Event(event("three"))));
    }
}
