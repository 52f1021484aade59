-- The newest payouts of a flow, in whatever state: what a swap compares of each connection.
CREATE INDEX payout_of_flow ON payout (flow, date, reference, id);
