-- When the goods of a captured payment were delivered, and of a refund that what it
-- takes back had been; NULL if they were not.
ALTER TABLE event ADD COLUMN delivered TEXT;
