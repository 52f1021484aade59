-- When flows run by themselves. Flows that are there already keep running by hand alone.
ALTER TABLE flow ADD COLUMN schedule_cron TEXT NOT NULL DEFAULT ''; -- empty: never
ALTER TABLE flow ADD COLUMN schedule_zone TEXT NOT NULL DEFAULT '';
ALTER TABLE flow ADD COLUMN schedule_jitter INTEGER NOT NULL DEFAULT 0; -- seconds
ALTER TABLE flow ADD COLUMN next_run_at INTEGER; -- NULL: nothing is due
CREATE INDEX flow_due ON flow (next_run_at) WHERE next_run_at IS NOT NULL;
CREATE INDEX run_of_flow ON run (flow, started_at);
