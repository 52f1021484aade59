-- Who keeps all calls from a connection, since when and why; NULL if nobody does.
ALTER TABLE connection ADD COLUMN paused_at INTEGER;
ALTER TABLE connection ADD COLUMN paused_by TEXT;
ALTER TABLE connection ADD COLUMN pause_reason TEXT;
