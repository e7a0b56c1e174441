-- What somebody asked and was answered, kept for that person alone. `owner` is the subject of a checked scope.
CREATE TABLE conversations (
    conversation_id TEXT PRIMARY KEY,
    owner           TEXT NOT NULL,
    title           TEXT NOT NULL,
    turns           BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL       -- of the last question or renaming
);
CREATE INDEX conversations_by_owner ON conversations (owner, updated_at, conversation_id);
CREATE INDEX conversations_by_time ON conversations (updated_at);

-- One row per question with its answer: neither is ever there without the other.
CREATE TABLE turns (
    answer_id       TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (conversation_id) ON DELETE CASCADE,
    turn            BIGINT NOT NULL,      -- from 1
    question        TEXT NOT NULL,
    response        TEXT NOT NULL,        -- JSON of the whole answer with its citations
    retrieval       TEXT NOT NULL,        -- JSON of what was searched for and found: what feedback judges
    asked_at        BIGINT NOT NULL,
    UNIQUE (conversation_id, turn)
);

-- What the owner thought of an answer; goes when the conversation goes.
CREATE TABLE feedback (
    answer_id TEXT PRIMARY KEY REFERENCES turns (answer_id) ON DELETE CASCADE,
    verdict   TEXT NOT NULL,              -- up | down
    reason    TEXT,
    comment   TEXT,
    given_at  BIGINT NOT NULL
);
CREATE INDEX feedback_by_time ON feedback (given_at, answer_id);
