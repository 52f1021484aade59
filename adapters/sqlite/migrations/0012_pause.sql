-- Who keeps all calls from a connection, since when and why; NULL if nobody does.
ALTER TABLE connection ADD COLUMN paused_at INTEGER;
ALTER TABLE connection ADD COLUMN paused_by TEXT;
ALTER TABLE connection ADD COLUMN pause_reason TEXT;

-- Who has set an exception aside, when, why and until when; NULL if nobody has.
ALTER TABLE exception ADD COLUMN parked_by TEXT;
ALTER TABLE exception ADD COLUMN parked_at INTEGER;
ALTER TABLE exception ADD COLUMN parking_note TEXT;
ALTER TABLE exception ADD COLUMN parked_until INTEGER;

CREATE INDEX audit_of_subject ON audit (subject);

CREATE INDEX payout_held ON payout (flow, date, reference, id) WHERE state = 'held';
