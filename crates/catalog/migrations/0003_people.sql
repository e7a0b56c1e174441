-- People, how they sign in, and what was decided about who may read which document.

CREATE TABLE people (
    person_id    TEXT PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,     -- lower case; the NAME of the label user:NAME, and never given to somebody else
    display      TEXT NOT NULL,
    role         TEXT NOT NULL,            -- reader | editor | admin
    active       BIGINT NOT NULL,          -- 0: may not sign in, and every session and key is dead
    password     TEXT,                     -- argon2id in PHC form; NULL: signs in through a provider only
    issuer       TEXT,                     -- the provider that knows the person
    subject      TEXT,                     -- and what it calls them
    failures     BIGINT NOT NULL,          -- wrong passwords in a row
    locked_until BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    UNIQUE (issuer, subject)
);

CREATE TABLE memberships (
    person_id  TEXT NOT NULL REFERENCES people (person_id) ON DELETE CASCADE,
    group_name TEXT NOT NULL,
    origin     TEXT NOT NULL,              -- local | provider: what the provider says replaces what it said before, and nothing else
    PRIMARY KEY (person_id, group_name, origin)
);

-- Of what a browser or program holds, only a hash is kept.
CREATE TABLE sessions (
    session_hash TEXT PRIMARY KEY,
    person_id    TEXT NOT NULL REFERENCES people (person_id) ON DELETE CASCADE,
    created_at   BIGINT NOT NULL,
    used_at      BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);
CREATE INDEX sessions_by_person ON sessions (person_id);

CREATE TABLE api_keys (
    key_id     TEXT PRIMARY KEY,           -- the part of the key by which it is looked up; no secret
    person_id  TEXT NOT NULL REFERENCES people (person_id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    key_hash   TEXT NOT NULL,
    scopes     TEXT NOT NULL,              -- separated by spaces
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at    BIGINT,
    revoked_at BIGINT
);
CREATE INDEX api_keys_by_person ON api_keys (person_id);

-- Links that work once: the first administrator's, and those that let somebody choose a password.
CREATE TABLE sign_in_links (
    link_hash  TEXT PRIMARY KEY,
    person_id  TEXT REFERENCES people (person_id) ON DELETE CASCADE, -- NULL: whoever comes makes the first administrator
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Tokens of answers by person and day (days since 1970, UTC).
CREATE TABLE token_usage (
    subject TEXT NOT NULL,
    day     BIGINT NOT NULL,
    tokens  BIGINT NOT NULL,
    PRIMARY KEY (subject, day)
);

-- What was said of one document by hand or with its upload. It outlives the document's row, so that a file that comes back is not
-- open to more people than it was.
CREATE TABLE label_overrides (
    doc_id TEXT PRIMARY KEY,
    labels TEXT NOT NULL,                  -- JSON array; empty: nobody
    origin TEXT NOT NULL,
    set_at BIGINT NOT NULL
);

-- What decided on a document's labels, in words.
ALTER TABLE documents ADD COLUMN labels_origin TEXT NOT NULL DEFAULT '';
-- The rights epoch at which its labels last became others than those both legs hold; 0: they hold the same.
ALTER TABLE documents ADD COLUMN rights_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX documents_by_rights ON documents (rights_at);

INSERT INTO settings (name, value) VALUES ('rights_epoch', '1');
