-- What a chat platform reported and must be answered once, however often it is reported and whatever ends in between.
CREATE TABLE bot_events (
    event_id    TEXT PRIMARY KEY,
    message_key TEXT UNIQUE,              -- the message it is about, where it is about one
    done        BIGINT NOT NULL,          -- 0: still to be answered
    body        TEXT NOT NULL,            -- JSON of the bot
    received_at BIGINT NOT NULL           -- milliseconds since 1970, as all *_at
);
CREATE INDEX bot_events_by_state ON bot_events (done, received_at);

-- What the bot keeps besides: settings of channels, threads with their conversations, answers for their buttons.
CREATE TABLE bot_values (
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    value      TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);

-- Which person a chat account belongs to, where an administrator said so. `account` is an account's own name, such as slack:T1:U1, or an
-- e-mail address that the platform vouches for.
CREATE TABLE chat_accounts (
    account   TEXT PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES people (person_id),
    linked_at BIGINT NOT NULL
);
