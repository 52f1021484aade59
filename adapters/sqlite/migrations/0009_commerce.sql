-- Orders as the connection of a shop told them last, and what has become of each.
CREATE TABLE shop_order (
    num         INTEGER PRIMARY KEY,
    connection  TEXT NOT NULL REFERENCES connection (id),
    number      TEXT NOT NULL,
    content     TEXT NOT NULL,
    fingerprint TEXT NOT NULL, -- of the content without its pointers to raw pages
    state       TEXT NOT NULL,
    fault       TEXT,
    told_at     INTEGER,
    UNIQUE (connection, number)
) STRICT;
CREATE INDEX shop_order_in_state ON shop_order (connection, state, num) WHERE state <> 'registered';

-- The number of the order that an exception concerns; empty if none.
ALTER TABLE exception ADD COLUMN customer_order TEXT NOT NULL DEFAULT '';
DROP INDEX exception_open;
CREATE UNIQUE INDEX exception_open ON exception (merchant, payout, line, step, event, customer_order) WHERE state = 'open';
