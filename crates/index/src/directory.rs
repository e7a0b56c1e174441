//! What both legs know of each document version, once: who may read it, where it is from, when it changed. Filters are decided here per
//! version and applied inside the legs per chunk, so a change of labels touches no text and no vector in the lexical leg, and both legs
//! agree on what a filter means.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use pinakes_types::{Label, Scope};

use crate::model::{Filter, Part};
use crate::parts::PartViews;

/// Facts about one version as they are written and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    pub source: String,
    pub kind: String,
    pub language: Option<String>,
    pub path: Arc<str>,
    pub modified: i64,
    pub labels: BTreeSet<Label>,
}

/// Facts with the repeated ones replaced by numbers.
#[derive(Debug, Clone)]
struct Entry {
    source: u32,
    kind: u32,
    language: Option<u32>,
    labels: u32,
    path: Arc<str>,
    modified: i64,
    chunks: u32,
}

/// Values seen so far; few, so never forgotten.
#[derive(Debug, Clone)]
struct Names<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Names<T> {
    fn number(&mut self, value: &T) -> u32 {
        if let Some(&number) = self.numbers.get(value) {
            return number;
        }
        let number = u32::try_from(self.values.len()).expect("there are fewer distinct sources and label sets than 2^32");
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }
}

/// All versions the vector leg holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Directory {
    versions: HashMap<u64, Entry>,
    sources: Names<String>,
    kinds: Names<String>,
    languages: Names<String>,
    label_sets: Names<BTreeSet<Label>>,
    chunks: u64,
}

impl Directory {
    /// Counts one more chunk of a version; the first one decides its facts.
    pub(crate) fn add_chunk(&mut self, version: u64, facts: impl FnOnce() -> Facts) {
        self.chunks += 1;
        if let Some(entry) = self.versions.get_mut(&version) {
            entry.chunks += 1;
            return;
        }
        let facts = facts();
        let entry = Entry {
            source: self.sources.number(&facts.source),
            kind: self.kinds.number(&facts.kind),
            language: facts.language.as_ref().map(|language| self.languages.number(language)),
            labels: self.label_sets.number(&facts.labels),
            path: facts.path,
            modified: facts.modified,
            chunks: 1,
        };
        self.versions.insert(version, entry);
    }

    /// Forgets a version.
    pub(crate) fn remove(&mut self, version: u64) {
        if let Some(entry) = self.versions.remove(&version) {
            self.chunks -= u64::from(entry.chunks);
        }
    }

    /// Changes who may read a version; `false` when it is not held.
    pub(crate) fn set_labels(&mut self, version: u64, labels: &BTreeSet<Label>) -> bool {
        let number = self.label_sets.number(labels);
        self.versions.get_mut(&version).map(|entry| entry.labels = number).is_some()
    }

    pub(crate) fn contains(&self, version: u64) -> bool {
        self.versions.contains_key(&version)
    }

    pub(crate) fn versions(&self) -> impl Iterator<Item = u64> {
        self.versions.keys().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.versions.len()
    }

    /// Chunks of all versions.
    pub(crate) fn chunks(&self) -> u64 {
        self.chunks
    }

    /// Languages documents were ever in.
    pub(crate) fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.values.iter().map(String::as_str)
    }

    /// Versions of documents in a part.
    pub(crate) fn versions_in(&self, part: &Part) -> HashSet<u64> {
        let source = |entry: &Entry| self.sources.values[entry.source as usize].as_str();
        let held = self.versions.iter().filter(|(_, entry)| part.holds(source(entry), &entry.path));
        held.map(|(version, _)| *version).collect()
    }

    /// Languages of the documents a gate lets through.
    pub(crate) fn languages_in(&self, gate: &Gate) -> BTreeSet<&str> {
        let through = self.versions.iter().filter(|&(&version, _)| gate.allows(version));
        through.filter_map(|(_, entry)| entry.language).map(|number| self.languages.values[number as usize].as_str()).collect()
    }
}

/// Decides for each version whether its chunks may be candidates.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    directory: Arc<Directory>,
    labels: Option<Vec<bool>>,
    sources: Option<Vec<bool>>,
    kinds: Option<Vec<bool>>,
    languages: Option<Vec<bool>>,
    path_prefix: Option<String>,
    within: Option<Arc<HashSet<u64>>>,
    modified_from: i64,
    modified_until: i64,
}

impl Gate {
    /// What the reader may see and the filter asks for; `parts` are those of this directory.
    pub(crate) fn new(directory: Arc<Directory>, parts: &PartViews, scope: &Scope, filter: &Filter) -> Self {
        fn any_of<T, W>(names: &Names<T>, wanted: &[W], is: impl Fn(&T, &W) -> bool) -> Option<Vec<bool>> {
            (!wanted.is_empty()).then(|| names.values.iter().map(|name| wanted.iter().any(|one| is(name, one))).collect())
        }
        Self {
            labels: scope.labels().map(|_| directory.label_sets.values.iter().map(|set| scope.allows(set)).collect()),
            sources: any_of(&directory.sources, &filter.sources, |name, source| *name == source.0),
            kinds: any_of(&directory.kinds, &filter.kinds, |name, kind| name == kind.as_str()),
            languages: any_of(&directory.languages, &filter.languages, |name, language| name == language),
            path_prefix: filter.path_prefix.clone().filter(|prefix| !prefix.is_empty()),
            within: filter.within.as_ref().map(|part| parts.of(&directory, part)),
            modified_from: filter.modified_after.map_or(i64::MIN, |time| time.0),
            modified_until: filter.modified_before.map_or(i64::MAX, |time| time.0),
            directory,
        }
    }

    /// Whether chunks of this version may be candidates. Versions the directory does not hold never are.
    pub(crate) fn allows(&self, version: u64) -> bool {
        let Some(entry) = self.directory.versions.get(&version) else { return false };
        let among = |allowed: &Option<Vec<bool>>, number: u32| allowed.as_ref().is_none_or(|allowed| allowed[number as usize]);
        among(&self.labels, entry.labels)
            && among(&self.sources, entry.source)
            && among(&self.kinds, entry.kind)
            && self.languages.as_ref().is_none_or(|allowed| entry.language.is_some_and(|number| allowed[number as usize]))
            && self.modified_from <= entry.modified
            && (entry.modified < self.modified_until || self.modified_until == i64::MAX)
            && self.within.as_ref().is_none_or(|within| within.contains(&version))
            && self.path_prefix.as_ref().is_none_or(|prefix| entry.path.starts_with(prefix.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use pinakes_types::{DocumentKind, Principal, SourceId, Timestamp};

    use super::*;

    fn directory() -> Arc<Directory> {
        let mut directory = Directory::default();
        for (version, source, kind, language, path, modified, label) in [
            (1, "files", "pdf", Some("en"), "hr/leave.pdf", 100, "public"),
            (2, "files", "markdown", Some("de"), "hr/urlaub.md", 200, "group:hr"),
            (3, "uploads", "pdf", None, "x.pdf", 300, "group:finance"),
        ] {
            directory.add_chunk(version, || Facts {
                source: source.into(),
                kind: kind.into(),
                language: language.map(str::to_owned),
                path: path.into(),
                modified,
                labels: BTreeSet::from([Label(label.into())]),
            });
        }
        Arc::new(directory)
    }

    fn allowed(scope: &Scope, filter: &Filter) -> Vec<u64> {
        let gate = Gate::new(directory(), &PartViews::default(), scope, filter);
        (0..5).filter(|&version| gate.allows(version)).collect()
    }

    #[test]
    fn filters_and_scope_are_joined_by_and() {
        let all = Scope::check(&Principal::local_operator()).unwrap();
        let hr = Scope::check(&Principal::person("ada", [Label("group:hr".into())])).unwrap();
        let nobody = Scope::check(&Principal::person("bob", [])).unwrap();
        let filter = Filter::default();
        assert_eq!(allowed(&all, &filter), [1, 2, 3]);
        assert_eq!(allowed(&hr, &filter), [1, 2]);
        assert_eq!(allowed(&nobody, &filter), [1]);
        assert_eq!(allowed(&all, &Filter { kinds: vec![DocumentKind::Pdf], ..filter.clone() }), [1, 3]);
        assert_eq!(allowed(&hr, &Filter { kinds: vec![DocumentKind::Pdf], ..filter.clone() }), [1]);
        assert_eq!(allowed(&all, &Filter { languages: vec!["de".into(), "fr".into()], ..filter.clone() }), [2]);
        assert_eq!(allowed(&all, &Filter { path_prefix: Some("hr/".into()), ..filter.clone() }), [1, 2]);
        assert_eq!(allowed(&all, &Filter { sources: vec![SourceId("nowhere".into())], ..filter.clone() }), Vec::<u64>::new());
        let window = Filter { modified_after: Some(Timestamp(200)), modified_before: Some(Timestamp(300)), ..filter };
        assert_eq!(allowed(&all, &window), [2]);
    }

    #[test]
    fn labels_change_and_versions_go() {
        let mut directory = directory().as_ref().clone();
        assert!(directory.set_labels(3, &BTreeSet::from([Label::public()])));
        assert!(!directory.set_labels(9, &BTreeSet::new()));
        directory.remove(1);
        assert_eq!((directory.len(), directory.chunks()), (2, 2));
        let nobody = Scope::check(&Principal::person("bob", [])).unwrap();
        let gate = Gate::new(Arc::new(directory), &PartViews::default(), &nobody, &Filter::default());
        assert_eq!((1..4).filter(|&version| gate.allows(version)).collect::<Vec<_>>(), [3]);
    }
}
