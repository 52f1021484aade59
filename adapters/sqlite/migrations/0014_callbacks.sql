-- The addresses at which providers' messages arrive.
CREATE TABLE callback_token (
    sha256     TEXT PRIMARY KEY,
    connection INTEGER NOT NULL REFERENCES connection (num),
    created_at INTEGER NOT NULL,
    expires_at INTEGER, -- NULL: the newest of its connection
    declared   TEXT NOT NULL -- JSON: how the connector wants messages answered
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX callback_token_newest ON callback_token (connection) WHERE expires_at IS NULL;
CREATE INDEX callback_token_connection ON callback_token (connection, created_at);

-- Messages as they arrived, and what has become of them.
CREATE TABLE callback (
    num         INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    connection  INTEGER NOT NULL REFERENCES connection (num),
    method      TEXT NOT NULL,
    query       TEXT NOT NULL,
    headers     TEXT, -- JSON
    body        BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    state       TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    fault       TEXT, -- JSON
    read_at     INTEGER
) STRICT;
CREATE INDEX callback_of_connection ON callback (connection, num);
CREATE INDEX callback_waiting ON callback (connection, num) WHERE state = 'received';
CREATE INDEX callback_age ON callback (received_at);

-- What messages are about.
CREATE TABLE callback_notice (
    callback    INTEGER NOT NULL REFERENCES callback (num),
    ordinal     INTEGER NOT NULL,
    connection  INTEGER NOT NULL REFERENCES connection (num),
    key         TEXT NOT NULL,
    subject     TEXT NOT NULL,
    id          TEXT NOT NULL,
    of_order    TEXT NOT NULL,
    event       TEXT NOT NULL,
    occurred_at INTEGER,
    outcome     TEXT NOT NULL,
    detail      TEXT NOT NULL,
    PRIMARY KEY (callback, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX callback_notice_key ON callback_notice (connection, key);
