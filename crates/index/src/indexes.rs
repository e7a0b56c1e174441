//! Both legs as one index.

use std::{
    collections::{BTreeSet, HashSet},
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use futures::{FutureExt, future::BoxFuture};
use pinakes_config::limits::CANDIDATES_MAX;
use pinakes_types::{ChunkId, Label, Scope, VersionSeq};
use tantivy::Searcher;
use tokio::sync::Mutex;

use crate::{
    blocking::{blocking, to_the_end},
    directory::{Directory, Gate},
    error::{IndexError, Result},
    fusion::{Ranked, fuse},
    lexical::{self, Lexical},
    lookup::Lookup,
    model::{Candidate, Filter, IndexSettings, IndexStats, IndexedChunk, Leg, Mode, OpenReport, OptimizeReport, Query, Record},
    opening::{self, Opened, leg_folder},
    overlay::Overlay,
    predicate,
    quarantine::set_aside,
    question::Question,
    reading,
    resident::{Resident, normalized},
    scoped::ScopeViews,
    stems::QuestionStemmers,
    sums::Sums,
    table::{VectorSnapshot, table_folder},
    writing::Writer,
};

/// Both legs at the same commit. Searches hold on to the one they began with.
pub(crate) struct Snapshot {
    pub searcher: Searcher,
    pub vectors: VectorSnapshot,
    pub directory: Arc<Directory>,
    pub resident: Option<Resident>,
    pub scopes: ScopeViews,
    /// Whether the lexical leg holds versions that were never published.
    pub strays: bool,
    pub fragments: usize,
    pub record: Record,
    /// Labels that changed since versions were indexed.
    pub overlay: Arc<Overlay>,
}

/// The two indexes. Cheap to clone; all clones are the same index. Reading never waits for writing, writers wait for each other.
#[derive(Clone)]
pub struct Indexes {
    inner: Arc<Inner>,
}

struct Inner {
    root: PathBuf,
    settings: IndexSettings,
    /// `None` after a failed write, until it is recovered.
    writer: Mutex<Option<Writer>>,
    /// The lexical leg's files and the view searches use.
    current: RwLock<(Arc<Lexical>, Arc<Snapshot>)>,
}

impl Indexes {
    /// Opens or creates the index in `root`, at exactly the recorded state. Without a record nothing was ever published: whatever is
    /// there is set aside, and the index is empty.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] names the leg, the file and the remedy; [`IndexError::Busy`] when another process writes here.
    pub async fn open(root: &Path, settings: IndexSettings, record: Option<&Record>) -> Result<(Self, OpenReport)> {
        let Opened { lexical, writer, snapshot, report } = opening::open(root, &settings, record).await?;
        let inner = Inner { root: root.to_owned(), settings, writer: Mutex::new(Some(writer)), current: RwLock::new((lexical, snapshot)) };
        Ok((Self { inner: Arc::new(inner) }, report))
    }

    /// Opens what is there at exactly the recorded state, for reading: nothing on the disk is changed, and a writer may be at work
    /// beside, in this process or another. Every write is refused with [`IndexError::NeedsRecovery`].
    ///
    /// # Errors
    /// [`IndexError::Damaged`] names the leg and the file.
    pub async fn open_for_reading(root: &Path, settings: IndexSettings, record: &Record) -> Result<Self> {
        let current = reading::open(root, &settings, record).await?;
        let inner = Inner { root: root.to_owned(), settings, writer: Mutex::new(None), current: RwLock::new(current) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Moves on to a newer recorded state; searches go on over the old one meanwhile. Only for an index opened for reading: a writer
    /// sees its own commits.
    ///
    /// # Errors
    /// As [`Indexes::open_for_reading`]; the old state stays.
    pub async fn follow(&self, record: &Record) -> Result<()> {
        if self.inner.current().1.record == *record {
            return Ok(());
        }
        let current = reading::open(&self.inner.root, &self.inner.settings, record).await?;
        *self.inner.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// Sets both legs aside, so that an [`Indexes::open`] without a record begins anew; returns where they are now. For rebuilding.
    ///
    /// # Errors
    /// When files cannot be moved.
    pub fn reset(root: &Path) -> Result<Vec<PathBuf>> {
        let legs = [Leg::Lexical, Leg::Vector].map(|leg| leg_folder(root, leg));
        Ok(set_aside(root, &legs.into_iter().filter(|leg| leg.exists()).collect::<Vec<_>>())?)
    }

    /// Stages chunks in both legs. They are found and durable after [`Indexes::commit`].
    ///
    /// # Errors
    /// A vector of the wrong length or with NaN stages nothing; any other error needs [`Indexes::recover`].
    pub async fn add(&self, chunks: &[IndexedChunk]) -> Result<()> {
        for chunk in chunks {
            self.check_vector(&chunk.vector, || format!("chunk {}", chunk.id))?;
        }
        let chunks = chunks.to_vec();
        self.write("adding chunks", |inner, writer| writer.add(chunks, &inner.settings).boxed()).await
    }

    /// Stages the removal of every chunk of these versions, staged ones included.
    ///
    /// # Errors
    /// Any error needs [`Indexes::recover`].
    pub async fn remove(&self, versions: &[VersionSeq]) -> Result<()> {
        let versions = versions.to_vec();
        self.write("removing versions", |_, writer| writer.remove(versions).boxed()).await
    }

    /// Stages a change of who may read these versions. No text or vector is read again; until the commit the old labels filter, and
    /// the catalog decides in any case.
    ///
    /// # Errors
    /// Any error needs [`Indexes::recover`].
    pub async fn set_labels(&self, changes: &[(VersionSeq, BTreeSet<Label>)]) -> Result<()> {
        let changes = changes.to_vec();
        self.write("changing labels", |_, writer| {
            changes.into_iter().for_each(|(version, labels)| writer.set_labels(version, labels));
            futures::future::ready(Ok(())).boxed()
        })
        .await
    }

    /// Makes everything staged durable in both legs, and found by searches that begin from now on. The record is to be stored in the
    /// transaction that publishes; until then this state counts as never written.
    ///
    /// # Errors
    /// After an error nothing staged is kept: [`Indexes::recover`], then stage again.
    pub async fn commit(&self) -> Result<Record> {
        self.write("committing", |inner, writer| {
            async move {
                let record = writer.commit(&inner.root).await?;
                inner.show(writer).await?;
                Ok(record)
            }
            .boxed()
        })
        .await
    }

    /// Goes back to the recorded state after a failed write, in place; searches go on meanwhile. What was staged is gone.
    ///
    /// # Errors
    /// As [`Indexes::open`].
    pub async fn recover(&self, record: Option<&Record>) -> Result<OpenReport> {
        let (inner, record) = (Arc::clone(&self.inner), record.copied());
        to_the_end("recovering", async move {
            let mut slot = inner.writer.lock().await;
            // Tantivy allows one writer: the old one goes first.
            drop(slot.take());
            let Opened { lexical, writer, snapshot, report } = opening::open(&inner.root, &inner.settings, record.as_ref()).await?;
            *inner.current.write().unwrap_or_else(PoisonError::into_inner) = (lexical, snapshot);
            *slot = Some(writer);
            Ok(report)
        })
        .await
    }

    /// Candidates for a question, best first. Both legs look only among chunks the scope and the filter allow.
    ///
    /// # Errors
    /// A query vector that is missing, too short, too long or not finite; damaged files.
    pub async fn search(&self, scope: &Scope, query: &Query) -> Result<Vec<Candidate>> {
        let vector = match (&query.vector, query.mode) {
            (None, Mode::Vector) => return Err(IndexError::NoVector),
            (None, _) | (_, Mode::Lexical) => None,
            (Some(vector), _) => {
                self.check_vector(vector, || "the question".into())?;
                Some(normalized(vector))
            }
        };
        let depth = query.depth.clamp(1, CANDIDATES_MAX);
        let (fields, snapshot) = self.inner.current();
        let question = Arc::new(Question::read(&query.text));
        let gate = Arc::new(Gate::new(Arc::clone(&snapshot.directory), &snapshot.scopes.parts, scope, &query.filter));
        let gated = snapshot.strays || scope.labels().is_some() || query.filter != Filter::default();

        let words = {
            let (snapshot, question, gate) = (Arc::clone(&snapshot), Arc::clone(&question), Arc::clone(&gate));
            let (scope, wanted) = (scope.clone(), query.mode != Mode::Vector);
            blocking("searching words", move || {
                let view = snapshot.scopes.of(&snapshot.searcher, fields, &snapshot.directory, &scope)?;
                let stemmers = match &view {
                    Some(view) => QuestionStemmers::new(view.languages()),
                    None => QuestionStemmers::new(snapshot.directory.languages()),
                };
                let neighbourhoods = snapshot.scopes.neighbourhoods(&snapshot.searcher, view.as_deref())?;
                let mut lookup = Lookup { searcher: &snapshot.searcher, fields, stemmers, view: view.as_deref(), neighbourhoods };
                let holding = (!question.phrases.is_empty()).then(|| lookup.holding_phrases(&question, Arc::clone(&gate))).transpose()?;
                let ranked = if wanted { lookup.search(&question, gated.then_some(gate), depth)? } else { Ranked::new() };
                Ok((ranked, holding))
            })
        };
        let Some(vector) = vector else {
            return Ok(fuse(&words.await?.0, &Ranked::new(), depth, query.fusion));
        };
        // What stands in quotation marks binds the vector leg too, so it has to wait for the words.
        let (lexical, near) = if question.phrases.is_empty() {
            tokio::try_join!(words, nearest(Arc::clone(&snapshot), gate, scope, query, vector, depth, None))?
        } else {
            let (ranked, holding) = words.await?;
            ((ranked, None), nearest(Arc::clone(&snapshot), gate, scope, query, vector, depth, holding).await?)
        };
        Ok(fuse(&lexical.0, &near, depth, query.fusion))
    }

    /// All chunks a leg holds, ascending, read from its files. For verification.
    ///
    /// # Errors
    /// When the files cannot be read.
    pub async fn chunk_ids(&self, leg: Leg) -> Result<Vec<ChunkId>> {
        let (_, snapshot) = self.inner.current();
        match leg {
            Leg::Lexical => blocking("listing chunks", move || lexical::chunk_ids(&snapshot.searcher)).await,
            Leg::Vector => snapshot.vectors.chunk_ids().await,
        }
    }

    /// Files of either leg that are not as they were made durable; reads every byte.
    ///
    /// # Errors
    /// When the files cannot be read at all, which is damage too.
    pub async fn damaged_files(&self) -> Result<Vec<PathBuf>> {
        let lexical = Arc::clone(&self.inner.current.read().unwrap_or_else(PoisonError::into_inner).0);
        let opstamp = self.inner.current().1.record.lexical_opstamp;
        let leg = leg_folder(&self.inner.root, Leg::Vector);
        blocking("checking files", move || {
            let mut files = lexical.damaged_files(opstamp)?;
            match Sums::read(&leg)? {
                Some(sums) => files.extend(sums.damaged(&table_folder(&leg))?),
                None if opstamp > 0 => files.push(Sums::file(&leg)),
                None => {}
            }
            Ok(files)
        })
        .await
    }

    /// Upkeep of the vector leg, to be called now and then: removes states older than `recorded` (the record the catalog holds at this
    /// moment, which is kept), joins fragments, and builds or extends the approximate index once there are enough rows. Writers wait,
    /// searches do not. The record in the report is to be stored like that of a commit. Staged changes must be committed first.
    ///
    /// # Errors
    /// After an error: [`Indexes::recover`].
    pub async fn optimize(&self, recorded: &Record) -> Result<OptimizeReport> {
        let recorded = *recorded;
        self.write("optimizing", move |inner, writer| inner.optimize(writer, recorded).boxed()).await
    }

    /// Sizes and bounds it was opened with.
    #[must_use]
    pub fn settings(&self) -> &IndexSettings {
        &self.inner.settings
    }

    /// Gauges, from memory.
    #[must_use]
    pub fn stats(&self) -> IndexStats {
        let (_, snapshot) = self.inner.current();
        IndexStats {
            lexical_chunks: snapshot.searcher.num_docs(),
            lexical_segments: snapshot.searcher.segment_readers().len(),
            vector_chunks: snapshot.directory.chunks(),
            vector_fragments: snapshot.fragments,
            versions: snapshot.directory.len(),
            resident_vector_bytes: snapshot.resident.as_ref().map_or(0, Resident::bytes),
            record: Some(snapshot.record),
        }
    }

    pub(crate) fn current_view(&self) -> &RwLock<(Arc<Lexical>, Arc<Snapshot>)> {
        &self.inner.current
    }

    fn check_vector(&self, vector: &[f32], whose: impl Fn() -> String) -> Result<()> {
        let needed = self.inner.settings.dimensions;
        if vector.len() != needed {
            return Err(IndexError::Dimensions { found: vector.len(), needed });
        }
        if vector.iter().all(|number| number.is_finite()) { Ok(()) } else { Err(IndexError::NotFinite(whose())) }
    }

    /// Runs a write to its end. When it fails the writer is given up: half of it may stand in one leg only.
    async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        work: impl for<'a> FnOnce(&'a Inner, &'a mut Writer) -> BoxFuture<'a, Result<T>> + Send + 'static,
    ) -> Result<T> {
        let inner = Arc::clone(&self.inner);
        to_the_end(doing, async move {
            let mut slot = inner.writer.lock().await;
            let mut writer = slot.take().ok_or(IndexError::NeedsRecovery)?;
            let result = work(&inner, &mut writer).await?;
            *slot = Some(writer);
            Ok(result)
        })
        .await
    }
}

impl Inner {
    fn current(&self) -> (lexical::Fields, Arc<Snapshot>) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        (current.0.fields, Arc::clone(&current.1))
    }

    async fn optimize(&self, writer: &mut Writer, recorded: Record) -> Result<OptimizeReport> {
        let before = writer.table.fragments().await?;
        let (versions_removed, bytes_removed) = writer.table.prune(recorded.vector_version).await?;
        if before > self.settings.fragments_max || writer.table.mostly_holes().await? {
            writer.table.compact().await?;
        }
        if writer.directory.chunks() >= self.settings.approximate_rows_min as u64 && writer.resident.is_none() {
            writer.table.build_approximate().await?;
        }
        writer.sweep(&self.root).await?;
        writer.record.vector_version = writer.table.version().await?;
        self.show(writer).await?;
        let (_, snapshot) = self.current();
        let (fragments, approximate) = ((before, snapshot.fragments), snapshot.vectors.approximate());
        Ok(OptimizeReport { record: writer.record, fragments, versions_removed, bytes_removed, approximate })
    }

    /// Lets searches see what the writer has committed.
    async fn show(&self, writer: &Writer) -> Result<()> {
        let lexical = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).0);
        let reader = Arc::clone(&lexical);
        let (searcher, versions) = blocking("reading words", move || {
            let searcher = reader.searcher()?;
            let versions = lexical::versions(&searcher)?;
            Ok((searcher, versions))
        })
        .await?;
        let snapshot = Snapshot {
            searcher,
            vectors: writer.table.snapshot().await?,
            directory: Arc::new(writer.directory.clone()),
            resident: writer.resident.clone(),
            scopes: ScopeViews::default(),
            strays: versions.iter().any(|&version| !writer.directory.contains(version)),
            fragments: writer.table.fragments().await?,
            record: writer.record,
            overlay: Arc::default(),
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (lexical, Arc::new(snapshot));
        Ok(())
    }
}

/// The vector leg's candidates: from memory where the vectors fit, else from Lance.
async fn nearest(
    snapshot: Arc<Snapshot>,
    gate: Arc<Gate>,
    scope: &Scope,
    query: &Query,
    vector: Vec<f32>,
    depth: usize,
    only: Option<HashSet<u64>>,
) -> Result<Ranked> {
    if snapshot.resident.is_none() {
        let condition = predicate::condition(scope, &query.filter, &snapshot.overlay);
        return snapshot.vectors.search(&vector, depth, condition, only.as_ref()).await;
    }
    blocking("searching vectors", move || {
        let held = |chunk| only.as_ref().is_none_or(|only| only.contains(&chunk));
        Ok(snapshot
            .resident
            .as_ref()
            .map_or_else(Ranked::new, |resident| resident.search(&vector, depth, |version| gate.allows(version), held)))
    })
    .await
}
