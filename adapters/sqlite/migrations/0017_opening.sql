-- What stood on the clearing accounts of a flow when kvitt began.
CREATE TABLE opening_balance (
    flow     TEXT NOT NULL REFERENCES flow (id),
    account  TEXT NOT NULL,
    paid_in  TEXT NOT NULL, -- the currency of the payouts that use the account
    currency TEXT NOT NULL, -- that of the books
    amount   INTEGER NOT NULL,
    date     TEXT NOT NULL,
    note     TEXT NOT NULL,
    by       TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (flow, account)
) STRICT, WITHOUT ROWID;
