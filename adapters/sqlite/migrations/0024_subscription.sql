-- What merchants want of their providers' messages, and what is registered there.
CREATE TABLE subscription (
    connection    INTEGER PRIMARY KEY REFERENCES connection (num),
    wanted        INTEGER NOT NULL,
    phase         TEXT NOT NULL,
    id            TEXT NOT NULL, -- the provider's, empty for none
    subjects      TEXT NOT NULL, -- JSON
    sealed        BLOB NOT NULL, -- the address and what the provider has granted
    attempt       INTEGER NOT NULL,
    failures      INTEGER NOT NULL,
    fault         TEXT, -- JSON
    registered_at INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL
) STRICT;
