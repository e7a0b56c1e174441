//! The thread that changes files, in the order in which the shelf changed.

use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use super::Shared;
use super::file::{self, Place};
use super::id::Id;
use crate::engine::guarded;
use crate::limits::disk::FILES_MAX;
use crate::sequence::Sequence;

/// Between the times that files used one after the other are given.
const USE: Duration = Duration::from_millis(1);

/// What there is to do.
pub(super) enum Work {
    /// Write a run.
    Write {
        place: Place,
        /// Of its file.
        bytes: u64,
        tokens: Vec<u32>,
        snapshot: Sequence,
    },
    /// Remove the files of runs that are off the shelf.
    Remove(Vec<Id>),
    /// Say that everything before this is done.
    Tell(SyncSender<()>),
}

/// Works until nobody can ask for more.
pub(super) fn run(shared: &Shared, work: &Receiver<Work>) {
    let mut failing = false;
    for work in work {
        match work {
            Work::Write { place, bytes, tokens, snapshot } => {
                if guarded("write", || write(shared, &place, bytes, &tokens, &snapshot, &mut failing)).is_none() {
                    give_up(shared, &place, bytes);
                }
            }
            Work::Remove(ids) => remove(shared, &ids),
            // Who asked may have left.
            Work::Tell(done) => drop(done.send(())),
        }
        tell_use(shared);
    }
    tell_use(shared);
}

/// Gives what was used lately times in that order, so that the order is known after a restart.
fn tell_use(shared: &Shared) {
    let mut shelf = shared.shelf();
    let used = shelf.own.take_touched();
    let mut time = shelf.latest;
    shelf.latest += USE * used.len() as u32;
    drop(shelf);
    for id in used {
        time += USE;
        shared.files.set_used(id, time);
    }
}

fn write(shared: &Shared, place: &Place, bytes: u64, tokens: &[u32], snapshot: &Sequence, failing: &mut bool) {
    let mut shelf = shared.shelf();
    let left = shared.bytes_max.saturating_sub(bytes);
    let evicted = shelf.make_room(left, FILES_MAX, &shared.cost);
    if shelf.bytes() > left && shelf.own.contains(place.id) {
        // What is left is what this one goes on from.
        shelf.own.remove(place.id);
        shelf.counts.dropped_no_room += 1;
    }
    // Its parent's file may have failed or been found damaged meanwhile; then it is off the shelf too.
    let wanted = shelf.own.contains(place.id);
    drop(shelf);
    remove(shared, &evicted);
    let written = wanted.then(|| shared.files.write(place, tokens, snapshot));

    let mut shelf = shared.shelf();
    shelf.counts.bytes_waiting = shelf.counts.bytes_waiting.saturating_sub(bytes);
    match written {
        Some(Ok(time)) if shelf.own.contains(place.id) => {
            shelf.own.complete(place.id);
            shelf.latest = shelf.latest.max(time);
            shelf.counts.written += 1;
            shelf.counts.bytes_written += bytes;
            if std::mem::take(failing) {
                tracing::info!("the cache on the disk is written again");
            }
        }
        // Taken off the shelf while it was written: the order to remove it follows.
        Some(Ok(_)) | None => {}
        Some(Err(error)) => {
            shelf.counts.write_failures += 1;
            // None of these has a file yet.
            shelf.own.remove(place.id);
            if !std::mem::replace(failing, true) {
                tracing::warn!(%error, "the cache on the disk cannot be written; snapshots stay in memory only");
            }
        }
    }
}

/// Takes a run off the shelf whose writing panicked.
fn give_up(shared: &Shared, place: &Place, bytes: u64) {
    let mut shelf = shared.shelf();
    shelf.counts.defects += 1;
    shelf.counts.bytes_waiting = shelf.counts.bytes_waiting.saturating_sub(bytes);
    // None of these has a whole file yet.
    shelf.own.remove(place.id);
}

fn remove(shared: &Shared, ids: &[Id]) {
    for id in ids {
        // Gone already, never written, or met again when the folder is opened next.
        let _ = fs_err::remove_file(file::path(&shared.files.folder, *id));
    }
}
