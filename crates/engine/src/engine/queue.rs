//! Requests that wait for a place, and whose turn is next: people before reading ahead, who has the fewest places before who has more,
//! then in order of arrival.

use super::Snapshot;
use super::running::Active;

/// Which of `queue` is next, given who has a place.
pub(super) fn next<S: Snapshot>(queue: &[Active<S>], active: &[Active<S>]) -> Option<usize> {
    let places = |client: u64| active.iter().filter(|one| one.client == client && !one.is_done()).count();
    let key = |index: &usize| (queue[*index].priority, places(queue[*index].client), queue[*index].id);
    (0..queue.len()).min_by_key(key)
}
