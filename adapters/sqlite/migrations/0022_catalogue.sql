-- The versions of connectors that are installed. A row is never changed.
CREATE TABLE connector_version (
    num INTEGER PRIMARY KEY,
    connector TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size INTEGER NOT NULL,
    description TEXT NOT NULL,
    origin TEXT NOT NULL,
    signature TEXT NOT NULL,
    conformance TEXT,
    level INTEGER NOT NULL,
    installed_at INTEGER NOT NULL,
    installed_by TEXT NOT NULL,
    UNIQUE (connector, version)
) STRICT;

-- Which version is wanted for a connection, or, where that is empty, for all that are
-- pinned to none.
CREATE TABLE connector_wanted (
    connector TEXT NOT NULL,
    connection TEXT NOT NULL,
    version TEXT NOT NULL,
    previous TEXT NOT NULL,
    wanted_at INTEGER NOT NULL,
    wanted_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (connector, connection)
) STRICT, WITHOUT ROWID;

-- The acts of putting one version in the place of another, with their reports.
CREATE TABLE connector_swap (
    num INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    connector TEXT NOT NULL,
    record TEXT NOT NULL
) STRICT;
CREATE INDEX connector_swap_of ON connector_swap (connector, num);

CREATE INDEX connection_connector ON connection (connector, id);

-- What one version of a connector has read and written.
CREATE INDEX payout_version ON payout (connector_version, id);
CREATE INDEX step_version ON step (connector_version, id);
