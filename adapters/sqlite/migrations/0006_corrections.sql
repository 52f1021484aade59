-- What people said that references of lines should have been. A line stays as received.
CREATE TABLE line_correction (
    line      INTEGER NOT NULL,
    reference TEXT NOT NULL,
    value     TEXT NOT NULL,
    by        TEXT NOT NULL,
    at        INTEGER,
    PRIMARY KEY (line, reference)
) STRICT, WITHOUT ROWID;
