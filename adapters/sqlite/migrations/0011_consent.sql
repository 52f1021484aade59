-- Ways that were shown to merchants to give consent.
CREATE TABLE consent_request (
    state      TEXT PRIMARY KEY, -- its hash
    connection TEXT NOT NULL REFERENCES connection (id),
    caller     TEXT NOT NULL,
    by         TEXT NOT NULL,
    verifier   BLOB,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_request_expiry ON consent_request (expires_at);

-- What a consent has given: sealed tokens, at most one set in use and one on trial.
CREATE TABLE consent_grant (
    connection TEXT NOT NULL REFERENCES connection (id),
    trial      INTEGER NOT NULL,
    tokens     BLOB NOT NULL,
    ended      INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (connection, trial)
) STRICT, WITHOUT ROWID;
