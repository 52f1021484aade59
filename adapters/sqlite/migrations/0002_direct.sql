-- Lines that payments bring to the bank account by themselves, with their fees. The
-- mark is made when the payout is planned and stays whatever becomes of the line.
ALTER TABLE line_fate ADD COLUMN direct INTEGER NOT NULL DEFAULT 0;
