-- Documents are listed by date, so that new ones go to the end of this index.
CREATE INDEX document_of_day ON document (connection, date);
