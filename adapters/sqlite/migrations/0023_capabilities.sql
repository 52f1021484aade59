-- What the last verification said of the connector's capabilities on this account, as JSON;
-- NULL: nothing was said.
ALTER TABLE connection ADD COLUMN capabilities TEXT;
