-- What providers state of a line in other currencies than that of its payout, and the
-- rate at which a document is booked.
ALTER TABLE line ADD COLUMN fee_vat_local INTEGER;
ALTER TABLE line ADD COLUMN original INTEGER;
ALTER TABLE line ADD COLUMN rate TEXT;
ALTER TABLE document ADD COLUMN rate TEXT;

CREATE TABLE line_class_new (
    id                INTEGER PRIMARY KEY,
    kind              TEXT NOT NULL,
    raw_type          TEXT NOT NULL,
    currency          TEXT NOT NULL,
    -- The currencies of line.fee_vat_local and line.original, '' if there is none.
    local_currency    TEXT NOT NULL DEFAULT '',
    original_currency TEXT NOT NULL DEFAULT '',
    fee_vat_rate      TEXT NOT NULL,
    synthesised       INTEGER NOT NULL,
    -- JSON array of the names of the references, in the order of line.refs.
    names             TEXT NOT NULL,
    UNIQUE (kind, raw_type, currency, local_currency, original_currency, fee_vat_rate, synthesised, names)
) STRICT;
INSERT INTO line_class_new (id, kind, raw_type, currency, fee_vat_rate, synthesised, names)
    SELECT id, kind, raw_type, currency, fee_vat_rate, synthesised, names FROM line_class;
DROP TABLE line_class;
ALTER TABLE line_class_new RENAME TO line_class;
