-- Amounts are minor units (INTEGER) beside a currency, moments are microseconds since
-- 1970 (INTEGER), dates are YYYY-MM-DD, NULL is "not set". The tables that grow with
-- every settlement row name payouts and connections by number, not by id.

CREATE TABLE merchant (
    id                  TEXT PRIMARY KEY,
    name                TEXT NOT NULL,
    organisation_number TEXT NOT NULL,
    country             TEXT NOT NULL,
    zone                TEXT NOT NULL,
    currency            TEXT NOT NULL,
    created_at          INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE connection (
    num          INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    merchant     TEXT NOT NULL REFERENCES merchant (id),
    connector    TEXT NOT NULL,
    label        TEXT NOT NULL,
    settings     TEXT,
    account_id   TEXT NOT NULL,
    account_name TEXT NOT NULL,
    state        TEXT NOT NULL,
    credentials  BLOB,
    checks       TEXT,
    verified_at  INTEGER,
    created_at   INTEGER,
    updated_at   INTEGER
) STRICT;
CREATE INDEX connection_of_merchant ON connection (merchant, id);
CREATE UNIQUE INDEX connection_account ON connection (merchant, connector, account_id) WHERE account_id <> '';

CREATE TABLE flow (
    id               TEXT PRIMARY KEY,
    merchant         TEXT NOT NULL REFERENCES merchant (id),
    kind             TEXT NOT NULL,
    source           TEXT NOT NULL REFERENCES connection (id),
    target           TEXT NOT NULL REFERENCES connection (id),
    enabled          INTEGER NOT NULL,
    settings_version INTEGER NOT NULL,
    since            INTEGER,
    created_at       INTEGER,
    UNIQUE (merchant, kind, source, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX flow_of_source ON flow (source);
CREATE INDEX flow_of_target ON flow (target);

CREATE TABLE flow_settings (
    flow     TEXT NOT NULL REFERENCES flow (id),
    version  INTEGER NOT NULL,
    settings TEXT,
    at       INTEGER,
    by       TEXT NOT NULL,
    PRIMARY KEY (flow, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    num         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    flow        TEXT NOT NULL REFERENCES flow (id),
    merchant    TEXT NOT NULL REFERENCES merchant (id),
    cause       TEXT NOT NULL,
    state       TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    report      TEXT NOT NULL,
    fault       TEXT
) STRICT;
CREATE INDEX run_of_merchant ON run (merchant, started_at);
CREATE INDEX run_current ON run (flow, started_at) WHERE state = 'running';

CREATE TABLE payout (
    num               INTEGER PRIMARY KEY,
    id                TEXT NOT NULL UNIQUE,
    flow              TEXT NOT NULL REFERENCES flow (id),
    merchant          TEXT NOT NULL REFERENCES merchant (id),
    connection        TEXT NOT NULL REFERENCES connection (id),
    reference         TEXT NOT NULL,
    date              INTEGER NOT NULL,
    currency          TEXT NOT NULL,
    net               INTEGER NOT NULL,
    account           TEXT NOT NULL,
    hold_reason       TEXT NOT NULL,
    raw_page          TEXT NOT NULL,
    raw_offset        INTEGER NOT NULL,
    raw_length        INTEGER NOT NULL,
    state             TEXT NOT NULL,
    hold              TEXT,
    fingerprint       TEXT NOT NULL,
    line_cursor       TEXT NOT NULL,
    planned_to        INTEGER NOT NULL,
    connector_version TEXT NOT NULL,
    settings_version  INTEGER NOT NULL,
    created_at        INTEGER,
    updated_at        INTEGER,
    UNIQUE (connection, reference)
) STRICT;
CREATE INDEX payout_of_merchant ON payout (merchant, date, reference, id);
CREATE INDEX payout_unfinished ON payout (flow, date, reference, id) WHERE state NOT IN ('held', 'closed');

-- Texts that very many rows share: hashes of raw pages, names of references.
CREATE TABLE word (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE
) STRICT;

-- What lines have in common. A payout of a million lines has a few dozen classes.
CREATE TABLE line_class (
    id           INTEGER PRIMARY KEY,
    kind         TEXT NOT NULL,
    raw_type     TEXT NOT NULL,
    currency     TEXT NOT NULL,
    fee_vat_rate TEXT NOT NULL,
    synthesised  INTEGER NOT NULL,
    -- JSON array of the names of the references, in the order of line.refs.
    names        TEXT NOT NULL,
    UNIQUE (kind, raw_type, currency, fee_vat_rate, synthesised, names)
) STRICT;

-- Rows of payouts as received; never changed. The id is the payout's number times
-- 2^28 plus the ordinal, so that the lines of a payout lie together in their order.
CREATE TABLE line (
    id          INTEGER PRIMARY KEY,
    payout      INTEGER NOT NULL,
    class       INTEGER NOT NULL,
    key         TEXT NOT NULL, -- unique in the payout; the store sees to it
    gross       INTEGER,
    fee         INTEGER,
    fee_vat     INTEGER,
    occurred_at INTEGER,
    -- JSON array of the values of the references.
    refs        TEXT NOT NULL,
    -- The group of a line stands in one of two columns, so that only the fees,
    -- which are looked up by their group, are indexed.
    grp         TEXT,
    fee_grp     TEXT,
    raw_page    INTEGER NOT NULL,
    raw_offset  INTEGER NOT NULL,
    raw_length  INTEGER NOT NULL
) STRICT;
CREATE INDEX line_fees ON line (payout, fee_grp) WHERE fee_grp IS NOT NULL;

-- What has become of a line. A line without a row here is pending.
CREATE TABLE line_fate (
    line          INTEGER PRIMARY KEY,
    state         INTEGER NOT NULL, -- 1 pending, 2 matched, 3 no_document, 4 waiting, 5 exception
    document      TEXT,
    decision      TEXT,
    waiting_since INTEGER
) STRICT;
CREATE INDEX line_fate_state ON line_fate (state, line);

CREATE TABLE raw_page (
    id         INTEGER PRIMARY KEY,
    connection INTEGER NOT NULL REFERENCES connection (num),
    sha256     TEXT NOT NULL,
    media_type TEXT NOT NULL,
    at         INTEGER,
    content    BLOB NOT NULL, -- zstd
    UNIQUE (connection, sha256)
) STRICT;

CREATE TABLE document (
    id         INTEGER PRIMARY KEY,
    connection INTEGER NOT NULL REFERENCES connection (num),
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    currency   TEXT NOT NULL,
    total      INTEGER NOT NULL,
    balance    INTEGER NOT NULL,
    date       TEXT,
    due        TEXT,
    booked     INTEGER NOT NULL,
    cancelled  INTEGER NOT NULL,
    partial    INTEGER NOT NULL,
    names      INTEGER NOT NULL REFERENCES word (id),
    refs       TEXT NOT NULL,
    -- The values of refs as they stand in document_key, NULL if they are the same.
    keys       TEXT,
    claimed    INTEGER NOT NULL DEFAULT 0,
    paid       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connection, number)
) STRICT;

CREATE TABLE document_key (
    connection INTEGER NOT NULL,
    value      TEXT NOT NULL,
    reference  INTEGER NOT NULL,
    document   INTEGER NOT NULL,
    PRIMARY KEY (connection, value, reference, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE document_search (
    connection INTEGER NOT NULL,
    value      TEXT NOT NULL,
    reference  INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (connection, value, reference)
) STRICT, WITHOUT ROWID;

CREATE TABLE step (
    id                INTEGER PRIMARY KEY,
    payout            INTEGER NOT NULL REFERENCES payout (num),
    line              INTEGER NOT NULL,
    kind              TEXT NOT NULL,
    key               TEXT NOT NULL UNIQUE,
    state             TEXT NOT NULL,
    content           TEXT,
    document          TEXT NOT NULL,
    currency          TEXT NOT NULL,
    amount            INTEGER NOT NULL,
    intent            TEXT,
    attempt           INTEGER NOT NULL,
    number            TEXT NOT NULL,
    outcome           TEXT NOT NULL,
    run               TEXT NOT NULL,
    connector_version TEXT NOT NULL,
    settings_version  INTEGER NOT NULL,
    opened_at         INTEGER,
    closed_at         INTEGER,
    fault             TEXT
) STRICT;
CREATE INDEX step_state ON step (payout, state);
CREATE INDEX step_of_document ON step (document) WHERE document <> '';

CREATE TABLE exception (
    num         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    merchant    TEXT NOT NULL REFERENCES merchant (id),
    payout      INTEGER NOT NULL, -- 0 if it concerns none
    line        INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    code        TEXT NOT NULL,
    reference   TEXT NOT NULL,
    reason      TEXT NOT NULL,
    remedy      TEXT NOT NULL,
    currency    TEXT NOT NULL,
    amount      INTEGER NOT NULL,
    document    TEXT NOT NULL,
    state       TEXT NOT NULL,
    resolution  TEXT NOT NULL,
    raised_at   INTEGER NOT NULL,
    resolved_at INTEGER,
    resolved_by TEXT NOT NULL
) STRICT;
CREATE INDEX exception_of_merchant ON exception (merchant, raised_at);
CREATE INDEX exception_of_payout ON exception (payout, raised_at);
CREATE UNIQUE INDEX exception_open ON exception (merchant, payout, line, step) WHERE state = 'open';
CREATE INDEX exception_open_of_line ON exception (line) WHERE state = 'open' AND line <> 0;

CREATE TABLE stream_cursor (
    connection TEXT NOT NULL REFERENCES connection (id),
    stream     TEXT NOT NULL,
    value      TEXT NOT NULL,
    PRIMARY KEY (connection, stream)
) STRICT, WITHOUT ROWID;

CREATE TABLE lane (
    key   TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    clean INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id         TEXT PRIMARY KEY,
    sha256     TEXT NOT NULL UNIQUE,
    label      TEXT NOT NULL,
    scope      TEXT NOT NULL,
    merchant   TEXT REFERENCES merchant (id),
    created_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE reply (
    caller      TEXT NOT NULL,
    key         TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status      INTEGER NOT NULL,
    body        BLOB,
    at          INTEGER,
    PRIMARY KEY (caller, key)
) STRICT;

CREATE TABLE audit (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant TEXT NOT NULL,
    at       INTEGER,
    by       TEXT NOT NULL,
    act      TEXT NOT NULL,
    subject  TEXT NOT NULL,
    detail   TEXT NOT NULL
) STRICT;
CREATE INDEX audit_of_merchant ON audit (merchant);
