//! Who may read what lies in a source: decided anew whenever the source is looked through, and when a server with accounts starts, as
//! rules, sidecars and file modes change without any file being touched. A change is a transaction of the catalog and in force at once;
//! no text is read or embedded again.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use pinakes_access::Deciding;
use pinakes_catalog::{Decided, SourceRow};
use pinakes_types::{DocId, Principal, Scope};

use crate::source::place_of;
use crate::{IngestError, Store};

/// What was decided for the files of a source, by their paths in it.
pub(crate) type ByPath = HashMap<String, Decided>;

impl Store {
    /// Decides for these files of a source: their paths in it, and where they are.
    pub(crate) async fn decide(&self, source: &SourceRow, files: Vec<(String, PathBuf)>) -> Result<ByPath, IngestError> {
        let (config, source) = (self.config.access.clone(), source.clone());
        let decided = tokio::task::spawn_blocking(move || {
            let mut deciding = Deciding::new(&config)?;
            let root = Path::new(&source.root);
            let decided = files.into_iter().map(|(relative, path)| {
                let decided = deciding.decide(source.kind, root, &relative, &path);
                (relative, decided)
            });
            Ok::<_, pinakes_access::RuleError>(decided.collect())
        });
        Ok(decided.await??)
    }

    /// Brings the rights of a source's documents to what was decided. Returns how many documents have other labels now.
    pub(crate) async fn apply(&self, source: &SourceRow, decided: &ByPath) -> Result<u64, IngestError> {
        let known = self.catalog.rights_in(&source.id).await?;
        let changes: Vec<(DocId, Decided)> = known
            .into_iter()
            .filter_map(|(path, (doc, now))| decided.get(&path).filter(|wanted| **wanted != now).map(|wanted| (doc, wanted.clone())))
            .collect();
        if changes.is_empty() {
            return Ok(0);
        }
        Ok(self.catalog.set_rights(&changes).await?)
    }

    /// Decides anew for every document whose file is there. Reads no file and needs no lock.
    ///
    /// # Errors
    /// Rules that cannot be understood; catalog errors.
    pub async fn relabel(&self) -> Result<u64, IngestError> {
        let mut changed = 0;
        for source in self.catalog.sources().await? {
            let known = self.catalog.known_files(&source.id).await?;
            let files: Vec<(String, PathBuf)> =
                known.into_keys().map(|relative| (relative.clone(), place_of(&source, &relative))).collect();
            // What is not there now (a folder that is not mounted) keeps what it had.
            let there = tokio::task::spawn_blocking(move || files.into_iter().filter(|(_, path)| path.exists()).collect()).await?;
            let decided = self.decide(&source, there).await?;
            changed += self.apply(&source, &decided).await?;
        }
        Ok(changed)
    }

    /// Who may read a document by the rules, whatever was said of it by hand; `None` when there is no such document.
    ///
    /// # Errors
    /// As [`Store::relabel`].
    pub async fn rules_for(&self, doc: &DocId) -> Result<Option<Decided>, IngestError> {
        let operator = Scope::check(&Principal::local_operator()).expect("the operator is never switched off");
        let Some(row) = self.catalog.document(&operator, doc).await? else { return Ok(None) };
        let Some(source) = self.catalog.sources().await?.into_iter().find(|source| source.id == row.source) else { return Ok(None) };
        let path = place_of(&source, &row.path);
        let mut decided = self.decide(&source, vec![(row.path.clone(), path)]).await?;
        Ok(decided.remove(&row.path))
    }
}
