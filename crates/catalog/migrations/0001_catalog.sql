-- Types and statements are kept to what SQLite and PostgreSQL both understand.

-- Where documents come from: a folder indexed in place, or the folder of uploads.
CREATE TABLE sources (
    source_id TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,              -- folder | file | uploads
    root      TEXT NOT NULL,
    added_at  BIGINT NOT NULL             -- milliseconds since 1970, as all *_at
);

-- One row per file seen, whatever became of it.
CREATE TABLE documents (
    doc_id          TEXT PRIMARY KEY,
    source_id       TEXT NOT NULL REFERENCES sources (source_id),
    path            TEXT NOT NULL,        -- relative to the source's root, '/' between parts
    title           TEXT NOT NULL,
    kind            TEXT,
    language        TEXT,
    state           TEXT NOT NULL,        -- indexed | partial | skipped | failed
    reason_code     TEXT,
    reason_message  TEXT,
    bytes           BIGINT NOT NULL,
    modified_ns     BIGINT NOT NULL,      -- the file's own time, as the file system gives it
    doc_version     TEXT,                 -- BLAKE3 of the content, where it was read
    read_by         TEXT NOT NULL,        -- fingerprint of extractor, chunker and embedder: another one re-reads
    current_version BIGINT,               -- NULL: nothing of it is searchable
    pages           BIGINT NOT NULL,
    chunks          BIGINT NOT NULL,
    indexed_at      BIGINT NOT NULL,
    UNIQUE (source_id, path)
);
CREATE INDEX documents_by_path ON documents (path, doc_id);
CREATE UNIQUE INDEX documents_by_version ON documents (current_version);

-- Any one of a document's labels suffices to read it.
CREATE TABLE document_labels (
    doc_id TEXT NOT NULL REFERENCES documents (doc_id) ON DELETE CASCADE,
    label  TEXT NOT NULL,
    PRIMARY KEY (doc_id, label)
);

-- What a document said when it was read: the extracted text with its structure.
CREATE TABLE texts (
    version_seq BIGINT PRIMARY KEY,
    doc_id      TEXT NOT NULL,
    structured  BLOB NOT NULL             -- zstd over the JSON of StructuredText
);

-- The passages both legs index. `body` is the prose that was embedded and searched; the quotation is cut from the text by its span.
CREATE TABLE chunks (
    chunk_id    BIGINT PRIMARY KEY,
    version_seq BIGINT NOT NULL,
    span_start  BIGINT NOT NULL,          -- characters
    span_end    BIGINT NOT NULL,
    page        BIGINT,
    heading     TEXT NOT NULL,
    body        TEXT NOT NULL
);
CREATE INDEX chunks_by_version ON chunks (version_seq);

-- Reads that are no longer current and still stand in the legs, until the background drop has removed them there.
CREATE TABLE dropped_versions (
    version_seq BIGINT PRIMARY KEY,
    dropped_at  BIGINT NOT NULL
);

-- Which state of the legs is published. Anything newer on disk is not trusted.
CREATE TABLE publications (
    publication  BIGINT PRIMARY KEY,
    record       TEXT NOT NULL,
    published_at BIGINT NOT NULL
);

CREATE TABLE jobs (
    job_id     TEXT PRIMARY KEY,
    kind       TEXT NOT NULL,
    state      TEXT NOT NULL,             -- queued | running | done | failed | cancelled
    detail     TEXT NOT NULL,             -- JSON
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX jobs_by_time ON jobs (created_at);

-- Single values: the embedding model the vectors were made by, counters.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
INSERT INTO settings (name, value) VALUES ('next_version', '1');
