//! Sign-ins that are under way: in memory, bounded, each good for one return.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use pinakes_config::limits::access::SIGN_INS_MAX;
use pinakes_types::Timestamp;

/// What is needed when the browser comes back.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    /// Hash of what the browser's cookie holds.
    pub(crate) browser: String,
    pub(crate) nonce: String,
    pub(crate) verifier: String,
    pub(crate) return_to: String,
    pub(crate) until: Timestamp,
}

/// By the hash of the state.
#[derive(Debug, Default)]
pub(crate) struct Pending(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_state: HashMap<String, Waiting>,
    in_order: VecDeque<String>,
}

impl Pending {
    pub(crate) fn add(&self, state: String, waiting: Waiting, now: Timestamp) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(oldest) = kept.in_order.front().cloned() {
            let over = kept.by_state.get(&oldest).is_none_or(|waiting| waiting.until <= now);
            if !over && kept.in_order.len() < SIGN_INS_MAX {
                break;
            }
            kept.in_order.pop_front();
            kept.by_state.remove(&oldest);
        }
        kept.in_order.push_back(state.clone());
        kept.by_state.insert(state, waiting);
    }

    /// Takes one out: whoever comes again with the same state is a stranger.
    pub(crate) fn take(&self, state: &str, now: Timestamp) -> Option<Waiting> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.by_state.remove(state).filter(|waiting| now < waiting.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_good_once_for_a_while_and_there_are_never_too_many() {
        let pending = Pending::default();
        let waiting = |until| Waiting {
            browser: String::new(),
            nonce: String::new(),
            verifier: String::new(),
            return_to: String::new(),
            until: Timestamp(until),
        };
        pending.add("a".into(), waiting(10), Timestamp(0));
        pending.add("b".into(), waiting(10), Timestamp(0));
        assert!(pending.take("a", Timestamp(9)).is_some() && pending.take("a", Timestamp(9)).is_none());
        assert!(pending.take("b", Timestamp(10)).is_none());
        for number in 0..SIGN_INS_MAX + 5 {
            pending.add(format!("n{number}"), waiting(100), Timestamp(20));
        }
        let kept = pending.0.lock().unwrap();
        assert!(kept.by_state.len() <= SIGN_INS_MAX && kept.in_order.len() <= SIGN_INS_MAX);
        assert!(!kept.by_state.contains_key("n0") && kept.by_state.contains_key(&format!("n{}", SIGN_INS_MAX + 4)));
    }
}
