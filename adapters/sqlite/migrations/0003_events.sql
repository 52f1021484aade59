-- Payment events of web shops, the methods and orders they name, and steps that
-- belong to a flow rather than to a payout.

CREATE TABLE payment_method (
    merchant   TEXT NOT NULL REFERENCES merchant (id),
    id         TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    connection TEXT REFERENCES connection (id),
    authorised INTEGER NOT NULL,
    created_at INTEGER,
    PRIMARY KEY (merchant, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE customer_order (
    merchant TEXT NOT NULL REFERENCES merchant (id),
    number   TEXT NOT NULL,
    content  TEXT NOT NULL,
    at       INTEGER,
    PRIMARY KEY (merchant, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE event (
    num              INTEGER PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    merchant         TEXT NOT NULL REFERENCES merchant (id),
    key              TEXT NOT NULL,
    fingerprint      TEXT NOT NULL,
    kind             TEXT NOT NULL,
    origin           TEXT NOT NULL,
    trade            TEXT NOT NULL, -- the transaction; that word is SQL's
    customer_order   TEXT NOT NULL,
    method           TEXT NOT NULL,
    currency         TEXT NOT NULL,
    amount           INTEGER NOT NULL,
    fee              INTEGER,
    fee_vat          INTEGER,
    at               INTEGER NOT NULL,
    reference        TEXT NOT NULL,
    parts            TEXT,
    taken            TEXT,
    treatment        TEXT NOT NULL,
    country          TEXT NOT NULL,
    state            TEXT NOT NULL,
    fault            TEXT,
    bookings         INTEGER NOT NULL,
    settings_version INTEGER NOT NULL,
    registered_at    INTEGER,
    UNIQUE (merchant, key)
) STRICT;
CREATE INDEX event_of_trade ON event (merchant, trade);
CREATE INDEX event_of_order ON event (merchant, customer_order) WHERE customer_order <> '';
CREATE INDEX event_in_state ON event (merchant, state) WHERE state NOT IN ('recorded', 'booked');

-- Which steps book an event; a summary books many.
CREATE TABLE event_step (
    event INTEGER NOT NULL REFERENCES event (num),
    key   TEXT NOT NULL,
    PRIMARY KEY (event, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_of_step ON event_step (key);

-- The last number of kvitt's own unbroken sequence of vouchers.
CREATE TABLE registration (
    merchant TEXT PRIMARY KEY REFERENCES merchant (id),
    last     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE step_new (
    id                INTEGER PRIMARY KEY,
    payout            INTEGER REFERENCES payout (num), -- NULL if it belongs to none
    flow              TEXT REFERENCES flow (id),       -- of a step without a payout
    line              INTEGER NOT NULL,
    kind              TEXT NOT NULL,
    key               TEXT NOT NULL UNIQUE,
    state             TEXT NOT NULL,
    content           TEXT,
    document          TEXT NOT NULL,
    currency          TEXT NOT NULL,
    amount            INTEGER NOT NULL,
    reverses          TEXT,
    registration      INTEGER,
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
INSERT INTO step_new (id, payout, line, kind, key, state, content, document, currency, amount, intent, attempt, number, outcome,
        run, connector_version, settings_version, opened_at, closed_at, fault)
    SELECT id, payout, line, kind, key, state, content, document, currency, amount, intent, attempt, number, outcome,
        run, connector_version, settings_version, opened_at, closed_at, fault FROM step;
DROP TABLE step;
ALTER TABLE step_new RENAME TO step;
CREATE INDEX step_state ON step (payout, state) WHERE payout IS NOT NULL;
CREATE INDEX step_of_flow ON step (flow, state) WHERE flow IS NOT NULL;
CREATE INDEX step_of_document ON step (document) WHERE document <> '';
CREATE INDEX step_of_number ON step (number) WHERE number <> '';
CREATE INDEX step_reversing ON step (reverses) WHERE reverses IS NOT NULL;

-- Vouchers booked before kvitt numbered them get their numbers in the order in
-- which they were planned.
UPDATE step SET registration = (
    SELECT count(*) FROM step s JOIN payout p ON p.num = s.payout
    WHERE s.kind IN ('voucher', 'correction_voucher') AND s.id <= step.id
        AND p.merchant = (SELECT merchant FROM payout WHERE num = step.payout))
    WHERE kind IN ('voucher', 'correction_voucher');
INSERT INTO registration (merchant, last)
    SELECT p.merchant, max(s.registration) FROM step s JOIN payout p ON p.num = s.payout
    WHERE s.registration IS NOT NULL GROUP BY p.merchant;

ALTER TABLE exception ADD COLUMN event INTEGER NOT NULL DEFAULT 0;
DROP INDEX exception_open;
CREATE UNIQUE INDEX exception_open ON exception (merchant, payout, line, step, event) WHERE state = 'open';
CREATE INDEX exception_open_of_event ON exception (event) WHERE state = 'open' AND event <> 0;
