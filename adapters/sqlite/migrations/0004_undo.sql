-- How often a payout was booked anew after it was undone.
ALTER TABLE payout ADD COLUMN generation INTEGER NOT NULL DEFAULT 0;
