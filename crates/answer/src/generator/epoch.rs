//! The epoch of rights: who may read what, as a number that rises whenever that changes.
//!
//! It is part of the domain that a prompt is cached in. What was read before a change is then out of everybody's reach; that it is also
//! dropped is for the memory, and so that what somebody could once read does not lie about.

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

/// The epoch, once it is known.
#[derive(Default)]
pub(super) struct Epoch {
    /// 0 until it was said: the catalog begins at 1.
    now: RwLock<u64>,
}

impl Epoch {
    /// The epoch, which stays while this is held.
    pub(super) fn now(&self) -> RwLockReadGuard<'_, u64> {
        self.now.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets it. When it was another, `forget` is called before anybody can use the new one. The first one that is said may be what is on
    /// the disk already, so nothing is forgotten then; what is there of older ones cannot be found, and goes when room is needed.
    pub(super) fn rotate(&self, epoch: u64, forget: impl FnOnce()) {
        if *self.now() == epoch {
            return;
        }
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *now, epoch);
        if before != 0 && before != epoch {
            forget();
        }
    }
}
