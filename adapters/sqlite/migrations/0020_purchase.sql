-- Orders at providers, as they were read last, and what is still to be made of them.
CREATE TABLE purchase (
    num        INTEGER PRIMARY KEY,
    connection TEXT NOT NULL REFERENCES connection (id),
    id         TEXT NOT NULL, -- the provider's
    origin     TEXT NOT NULL,
    learned_at INTEGER NOT NULL,
    content    TEXT,
    read_at    INTEGER,
    due_at     INTEGER,
    failures   INTEGER NOT NULL DEFAULT 0,
    fault      TEXT,
    orders     INTEGER NOT NULL DEFAULT 0, -- whether flows of the kind have to look at it
    invoices   INTEGER NOT NULL DEFAULT 0,
    refunds    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (connection, id)
) STRICT;
CREATE INDEX purchase_due ON purchase (connection, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX purchase_orders ON purchase (connection, num) WHERE orders;
CREATE INDEX purchase_invoices ON purchase (connection, num) WHERE invoices;
CREATE INDEX purchase_refunds ON purchase (connection, num) WHERE refunds;

-- By what an order is known: its references and its id.
CREATE TABLE purchase_name (
    connection TEXT NOT NULL,
    name       TEXT NOT NULL,
    purchase   INTEGER NOT NULL REFERENCES purchase (num),
    PRIMARY KEY (connection, name, purchase)
) STRICT, WITHOUT ROWID;
CREATE INDEX purchase_name_of ON purchase_name (purchase);

-- What the accounting system showed of the document that a step made.
ALTER TABLE step ADD COLUMN result TEXT;

-- What of an order at a provider an exception concerns; empty if nothing.
ALTER TABLE exception ADD COLUMN fact TEXT NOT NULL DEFAULT '';
DROP INDEX exception_open;
CREATE UNIQUE INDEX exception_open ON exception (merchant, payout, line, step, event, customer_order, fact) WHERE state = 'open';
