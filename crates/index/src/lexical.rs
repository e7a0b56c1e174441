//! The lexical leg: what tantivy stores, and how it is opened and written.
//!
//! Title, heading path and body of a chunk are searched as one field, which is what keeps the ranking at that of plain BM25 over one
//! text; title, headings and path stand once more in fields of their own, which add a little. The first chunk of each neighbourhood also
//! carries the words of all its chunks, without positions. No text is stored: the catalog has it.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    path::{Path, PathBuf},
};

use pinakes_types::ChunkId;
use serde::{Deserialize, Serialize};
use tantivy::{
    Index, IndexReader, IndexWriter, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    directory::{MmapDirectory, error::LockError},
    indexer::IndexWriterOptions,
    schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions},
    tokenizer::{PreTokenizedString, Token},
};

use crate::{
    error::{IndexError, Result},
    model::{IndexedChunk, Leg},
    neighbourhood::neighbourhoods,
    stems::{Stemming, WordStemmer},
    sums::Sums,
    words::{Purpose, words},
};

/// Names of the fast fields, as the collector wants them.
pub(crate) const ID: &str = "id";
/// See [`ID`].
pub(crate) const VERSION: &str = "version";

/// The schema's fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields {
    pub id: Field,
    pub version: Field,
    /// Title, heading path and body together, with positions.
    pub text: Field,
    pub title: Field,
    pub heading: Field,
    pub path: Field,
    /// Title, headings and bodies of a whole [`crate::neighbourhood`], on its first chunk.
    pub around: Field,
}

impl Fields {
    /// The fields words are looked up in.
    pub(crate) fn searched(&self) -> [Field; 4] {
        [self.text, self.title, self.heading, self.path]
    }

    /// The fields whose words are counted for BM25.
    pub(crate) fn counted(&self) -> [Field; 5] {
        [self.text, self.title, self.heading, self.path, self.around]
    }
}

fn schema() -> (Schema, Fields) {
    let text = |option| {
        // The tokenizer's name is never used: text comes in already cut into words.
        TextOptions::default().set_indexing_options(TextFieldIndexing::default().set_tokenizer("raw").set_index_option(option))
    };
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_u64_field(ID, FAST),
        version: builder.add_u64_field(VERSION, FAST | INDEXED),
        text: builder.add_text_field("text", text(IndexRecordOption::WithFreqsAndPositions)),
        title: builder.add_text_field("title", text(IndexRecordOption::WithFreqs)),
        heading: builder.add_text_field("heading", text(IndexRecordOption::WithFreqs)),
        path: builder.add_text_field("path", text(IndexRecordOption::WithFreqs)),
        around: builder.add_text_field("around", text(IndexRecordOption::WithFreqs)),
    };
    (builder.build(), fields)
}

/// What a commit carries beside the documents.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Payload {
    /// [`crate::Record::sequence`].
    pub sequence: u64,
}

/// The leg, open for reading.
pub(crate) struct Lexical {
    index: Index,
    reader: IndexReader,
    pub fields: Fields,
    folder: PathBuf,
}

impl Lexical {
    /// Opens or creates the leg in a folder.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] when the files cannot be read, [`IndexError::Incompatible`] when another release made them.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        contained(folder, || Self::open_files(folder))
    }

    fn open_files(folder: &Path) -> Result<Self> {
        fs_err::create_dir_all(folder)?;
        let (schema, fields) = schema();
        let damaged = |error: &dyn std::fmt::Display| damaged(folder, error);
        let directory = MmapDirectory::open(folder).map_err(|error| damaged(&error))?;
        let exists = Index::exists(&directory).map_err(|error| damaged(&error))?;
        let index =
            if exists { Index::open(directory) } else { Index::create(directory, schema.clone(), tantivy::IndexSettings::default()) };
        let index = index.map_err(|error| damaged(&error))?;
        if index.schema() != schema {
            return Err(IndexError::Incompatible {
                leg: Leg::Lexical,
                found: "another release".into(),
                needed: "the fields of this one".into(),
            });
        }
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(1).try_into();
        let reader = reader.map_err(|error: TantivyError| damaged(&error))?;
        Ok(Self { index, reader, fields, folder: folder.to_owned() })
    }

    /// The newest commit's stamp and payload; no payload means that nothing was ever committed.
    pub(crate) fn committed(&self) -> Result<(u64, Option<Payload>)> {
        let meta = self.index.load_metas().map_err(|error| damaged(&self.folder.join("meta.json"), &error))?;
        let payload = meta.payload.as_deref().map(serde_json::from_str).transpose();
        Ok((meta.opstamp, payload.map_err(|error| damaged(&self.folder.join("meta.json"), &error))?))
    }

    /// Looks for commits and gives a view that stays as it is.
    pub(crate) fn searcher(&self) -> Result<Searcher> {
        contained(&self.folder, || {
            self.reader.reload().map_err(|error| damaged(&self.folder, &error))?;
            Ok(self.reader.searcher())
        })
    }

    /// The only writer. Its documents are collected in `heap_bytes` of memory.
    ///
    /// # Errors
    /// [`IndexError::Busy`] when there is another one.
    pub(crate) fn writer(&self, heap_bytes: usize) -> Result<LexicalWriter> {
        let options = IndexWriterOptions::builder().memory_budget_per_thread(heap_bytes).num_worker_threads(1).num_merge_threads(1).build();
        let writer = self.index.writer_with_options(options).map_err(|error| match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => IndexError::Busy { path: self.folder.clone() },
            other => other.into(),
        })?;
        Ok(LexicalWriter { writer, fields: self.fields, stemmers: HashMap::new() })
    }

    /// Files whose checksum is wrong, or that are not what was committed. Reads every byte.
    pub(crate) fn damaged_files(&self, opstamp: u64) -> Result<Vec<PathBuf>> {
        let mut files: BTreeSet<PathBuf> = self.index.validate_checksum()?.into_iter().map(|file| self.folder.join(file)).collect();
        match Sums::read(&self.folder)? {
            Some(sums) => files.extend(sums.damaged(&self.folder)?),
            None if opstamp > 0 => files.extend([Sums::file(&self.folder)]),
            None => {}
        }
        let searcher = self.reader.searcher();
        let sound = self.index.load_metas().is_ok_and(|meta| {
            let chunks: u64 = meta.segments.iter().map(|segment| u64::from(segment.num_docs())).sum();
            let same = meta.opstamp > opstamp || chunks == searcher.num_docs();
            meta.opstamp >= opstamp && same && meta.payload.is_some() == (opstamp > 0) && meta.schema == self.index.schema()
        });
        if !sound {
            files.insert(self.folder.join("meta.json"));
        }
        Ok(files.into_iter().collect())
    }
}

/// Runs what reads tantivy's files. It panics on some that are damaged (tantivy 0.27: `CompositeFile::open`), which must not take the
/// process down.
fn contained<T>(folder: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(read));
    result.unwrap_or_else(|_| Err(damaged(folder, &"a file is not what was written")))
}

fn damaged(path: &Path, error: &dyn std::fmt::Display) -> IndexError {
    IndexError::Damaged { leg: Leg::Lexical, path: path.to_owned(), detail: error.to_string() }
}

/// The leg, open for writing.
pub(crate) struct LexicalWriter {
    writer: IndexWriter,
    fields: Fields,
    stemmers: HashMap<Option<String>, WordStemmer>,
}

impl LexicalWriter {
    /// Stages chunks.
    pub(crate) fn add(&mut self, chunks: &[IndexedChunk]) -> Result<()> {
        for neighbours in neighbourhoods(chunks) {
            for (place, chunk) in neighbours.iter().enumerate() {
                let around = if place == 0 { neighbours } else { &[] };
                let document = self.document(chunk, around);
                self.writer.add_document(document)?;
            }
        }
        Ok(())
    }

    /// Stages the removal of all chunks of a version that were added before.
    pub(crate) fn remove(&self, version: u64) {
        self.writer.delete_term(Term::from_field_u64(self.fields.version, version));
    }

    /// Makes everything staged durable and visible to new searchers; returns the stamp and the files it consists of.
    pub(crate) fn commit(&mut self, payload: Payload) -> Result<(u64, HashSet<PathBuf>)> {
        let mut prepared = self.writer.prepare_commit()?;
        prepared.set_payload(&serde_json::to_string(&payload).expect("a number always serialises"));
        let opstamp = prepared.commit()?;
        Ok((opstamp, self.writer.index().load_metas()?.list_segment_files()))
    }

    fn document(&mut self, chunk: &IndexedChunk, around: &[IndexedChunk]) -> TantivyDocument {
        let stemmer = self
            .stemmers
            .entry(chunk.language.clone())
            .or_insert_with(|| WordStemmer::new(chunk.language.as_deref().and_then(Stemming::of)));
        let fields = self.fields;
        let mut document = TantivyDocument::default();
        document.add_u64(fields.id, chunk.id.0);
        document.add_u64(fields.version, chunk.id.version().0);
        document.add_pre_tokenized_text(fields.text, tokens(stemmer, [&*chunk.title, &*chunk.heading, &*chunk.body]));
        document.add_pre_tokenized_text(fields.title, tokens(stemmer, [&*chunk.title]));
        document.add_pre_tokenized_text(fields.heading, tokens(stemmer, [&*chunk.heading]));
        document.add_pre_tokenized_text(fields.path, tokens(stemmer, [&*chunk.path]));
        if !around.is_empty() {
            let texts = around.iter().flat_map(|chunk| [&*chunk.heading, &*chunk.body]);
            document.add_pre_tokenized_text(fields.around, tokens(stemmer, std::iter::once(&*chunk.title).chain(texts)));
        }
        document
    }
}

/// Texts behind one another, with a gap between them that no phrase bridges.
fn tokens<'a>(stemmer: &mut WordStemmer, texts: impl IntoIterator<Item = &'a str>) -> PreTokenizedString {
    const GAP: usize = 100;
    let mut tokens = Vec::new();
    let mut start = 0;
    for text in texts {
        let words = words(text, Purpose::Document);
        let end = words.last().map_or(start, |word| start + word.position + GAP);
        for word in words {
            let (term, plain) = stemmer.document_terms(&word);
            let position = start + word.position;
            let token = |text| Token { offset_from: 0, offset_to: 0, position, text, position_length: 1 };
            tokens.extend([Some(term), plain].into_iter().flatten().map(token));
        }
        start = end;
    }
    PreTokenizedString { text: String::new(), tokens }
}

/// All chunks a view holds, ascending.
pub(crate) fn chunk_ids(searcher: &Searcher) -> Result<Vec<ChunkId>> {
    let mut ids = Vec::new();
    for segment in searcher.segment_readers() {
        let column = segment.fast_fields().u64(ID)?;
        ids.extend(segment.doc_ids_alive().filter_map(|doc| column.first(doc)).map(ChunkId));
    }
    ids.sort_unstable();
    Ok(ids)
}

/// All versions a view holds.
pub(crate) fn versions(searcher: &Searcher) -> Result<BTreeSet<u64>> {
    let mut versions = BTreeSet::new();
    for segment in searcher.segment_readers() {
        let column = segment.fast_fields().u64(VERSION)?;
        let mut last = None;
        for version in segment.doc_ids_alive().filter_map(|doc| column.first(doc)) {
            if last.replace(version) != Some(version) {
                versions.insert(version);
            }
        }
    }
    Ok(versions)
}
