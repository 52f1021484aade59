-- How many lines of a payout needed a document when they were planned, and how many
-- found one by the keys.
ALTER TABLE payout ADD COLUMN coverage_lines INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payout ADD COLUMN coverage_found INTEGER NOT NULL DEFAULT 0;
