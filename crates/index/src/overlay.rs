//! Labels that changed after a version was indexed, laid over what the legs hold. Only the directory in memory changes, which decides for
//! the words and for vectors in memory; where Lance is searched instead, the condition it gets names the versions concerned.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

use pinakes_types::{Label, VersionSeq};

use crate::{
    indexes::{Indexes, Snapshot},
    scoped::ScopeViews,
};

/// Versions named in the condition for Lance. Beyond it the labels it holds filter alone until a writer has brought the new ones over:
/// what was closed is still refused by the catalog, what was opened is found a little later.
pub(crate) const NAMED_MAX: usize = 2_000;

/// Labels by version, where they are others than those indexed.
pub(crate) type Overlay = BTreeMap<u64, BTreeSet<Label>>;

impl Indexes {
    /// Lets searches that begin from now on filter by these labels instead of those the versions were indexed with.
    pub fn lay_over(&self, labels: &BTreeMap<VersionSeq, BTreeSet<Label>>) {
        let overlay: Overlay = labels.iter().map(|(version, labels)| (version.0, labels.clone())).collect();
        let mut current = self.current_view().write().unwrap_or_else(PoisonError::into_inner);
        let before = &current.1;
        if overlay.is_empty() && before.overlay.is_empty() {
            return;
        }
        let mut directory = before.directory.as_ref().clone();
        for (version, labels) in &overlay {
            directory.set_labels(*version, labels);
        }
        let snapshot = Snapshot {
            searcher: before.searcher.clone(),
            vectors: before.vectors.clone(),
            directory: Arc::new(directory),
            resident: before.resident.clone(),
            // What a word's rarity is counted over has changed with the labels.
            scopes: ScopeViews::default(),
            strays: before.strays,
            fragments: before.fragments,
            record: before.record,
            overlay: Arc::new(overlay),
        };
        current.1 = Arc::new(snapshot);
    }
}
