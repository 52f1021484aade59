-- Search by any reference, compared as matching does: upper case, without leading zeros
-- and "#", without surrounding space. SQLite folds the letters of ASCII only; the
-- search asks for the other ways to write a text.

-- The references of lines. An index by text would change another page for each of
-- them; this one has a row for each batch of lines and each of 64 buckets of hashes, so
-- that new rows go to 64 places, and a search reads one bucket. The entries are the
-- hash (4 bytes) and how far the line's ordinal is above first (2 bytes).
CREATE TABLE line_reference (
    bucket  INTEGER NOT NULL,
    payout  INTEGER NOT NULL,
    first   INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (bucket, payout, first)
) STRICT, WITHOUT ROWID;

-- Payouts whose lines were stored before; their references are added at the next start.
CREATE TABLE line_reference_due (payout INTEGER PRIMARY KEY) STRICT;
INSERT INTO line_reference_due SELECT num FROM payout
    WHERE EXISTS (SELECT 1 FROM line WHERE id > payout.num << 28 AND id < (payout.num + 1) << 28);

CREATE INDEX payout_search ON payout (upper(ltrim(rtrim(reference), '0# ')));
CREATE INDEX line_correction_search ON line_correction (upper(ltrim(rtrim(value), '0# ')));
CREATE INDEX document_search_number ON document (upper(ltrim(rtrim(number), '0# ')));
CREATE INDEX step_search ON step (upper(ltrim(rtrim(number), '0# '))) WHERE number <> '';
CREATE INDEX customer_order_search ON customer_order (upper(ltrim(rtrim(number), '0# ')));
CREATE INDEX shop_order_search ON shop_order (upper(ltrim(rtrim(number), '0# ')));
CREATE INDEX event_search_key ON event (upper(ltrim(rtrim(key), '0# ')));
CREATE INDEX event_search_trade ON event (upper(ltrim(rtrim(trade), '0# ')));
CREATE INDEX event_search_order ON event (upper(ltrim(rtrim(customer_order), '0# '))) WHERE customer_order <> '';
CREATE INDEX event_search_reference ON event (upper(ltrim(rtrim(reference), '0# '))) WHERE reference <> '';
CREATE INDEX exception_search_reference ON exception (upper(ltrim(rtrim(reference), '0# '))) WHERE reference <> '';
CREATE INDEX exception_search_document ON exception (upper(ltrim(rtrim(document), '0# '))) WHERE document <> '';
CREATE INDEX exception_search_order ON exception (upper(ltrim(rtrim(customer_order), '0# '))) WHERE customer_order <> '';
