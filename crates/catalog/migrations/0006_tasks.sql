-- Tasks on many documents: a row of `jobs` each, whose it is, and one item a document.

CREATE TABLE tasks (
    job_id TEXT PRIMARY KEY REFERENCES jobs (job_id) ON DELETE CASCADE,
    owner  TEXT NOT NULL                   -- who asked: `subject` of the scope
);

CREATE TABLE task_items (
    job_id TEXT NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    place  BIGINT NOT NULL,
    doc_id TEXT NOT NULL,
    result TEXT,                           -- JSON; NULL: not done yet
    failed BIGINT NOT NULL,
    PRIMARY KEY (job_id, place)
);
