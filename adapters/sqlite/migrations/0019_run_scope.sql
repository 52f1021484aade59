-- Which payouts a run is about, as JSON; NULL: all that are due.
ALTER TABLE run ADD COLUMN scope TEXT;
