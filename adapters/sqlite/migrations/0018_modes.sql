-- What a flow may write, and which planned documents a person has released. Flows that are there already write as before.
ALTER TABLE flow ADD COLUMN mode TEXT NOT NULL DEFAULT 'live';
ALTER TABLE flow ADD COLUMN left_shadow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE step ADD COLUMN released_at INTEGER; -- NULL: nobody has
ALTER TABLE step ADD COLUMN released_by TEXT NOT NULL DEFAULT '';
