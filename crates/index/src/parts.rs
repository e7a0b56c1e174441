//! Which versions are in a part of the documents, found once for each part and commit: patterns take longer to match than a number takes
//! to look up, and searches ask for every chunk.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use crate::directory::Directory;
use crate::model::Part;

/// Parts remembered.
const KEPT_MAX: usize = 64;

/// Versions by part.
type Known = VecDeque<(Part, Arc<HashSet<u64>>)>;

/// The parts asked for last.
#[derive(Default)]
pub(crate) struct PartViews(Mutex<Known>);

impl PartViews {
    /// The versions in a part. Takes milliseconds the first time after each commit.
    pub(crate) fn of(&self, directory: &Directory, part: &Part) -> Arc<HashSet<u64>> {
        let known = |parts: &Known| parts.iter().find(|(known, _)| known == part).map(|(_, versions)| Arc::clone(versions));
        if let Some(versions) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return versions;
        }
        let versions = Arc::new(directory.versions_in(part));
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known(&parts).is_none() {
            parts.truncate(KEPT_MAX - 1);
            parts.push_front((part.clone(), Arc::clone(&versions)));
        }
        versions
    }
}
