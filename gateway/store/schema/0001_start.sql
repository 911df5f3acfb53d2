-- Identity: a record is (node, boot_id, seq). `boot` gives the first two one small number, and holds what was seen of
-- that boot even after retention removed the records, so that an old resend does not come back to life.
CREATE TABLE boot (
    id       INTEGER PRIMARY KEY,
    node     TEXT    NOT NULL,
    boot_id  BLOB    NOT NULL,
    heard_ms INTEGER NOT NULL,
    floor    INTEGER NOT NULL DEFAULT 0,
    seen     TEXT    NOT NULL DEFAULT '[]',     -- JSON [[first, last], ...], inclusive
    UNIQUE (node, boot_id)
);

-- Rows of a stream share their columns; a new set of columns, or another model, is a new series.
CREATE TABLE series (
    id      INTEGER PRIMARY KEY,
    node    TEXT NOT NULL,
    stream  TEXT NOT NULL,
    model   TEXT NOT NULL,
    columns TEXT NOT NULL,                      -- JSON ["temperature", ...]
    UNIQUE (node, stream, model, columns)
);

CREATE TABLE record (
    id          INTEGER PRIMARY KEY,            -- in the order of commits, which retention follows
    boot        INTEGER NOT NULL REFERENCES boot (id),
    seq         INTEGER NOT NULL,
    series      INTEGER NOT NULL REFERENCES series (id),
    event_ms    INTEGER NOT NULL,               -- by what it is ordered: time_ms where that can be believed
    time_ms     INTEGER NOT NULL,               -- by the node's clock
    quality     INTEGER NOT NULL,               -- of that clock: 0 synced, 1 drifting, 2 unset
    received_ms INTEGER NOT NULL,               -- by the gateway's clock
    body        TEXT    NOT NULL                -- JSON [21.5, ...], in the order of series.columns; null: no reading
);
CREATE UNIQUE INDEX record_identity ON record (boot, seq);
CREATE INDEX record_time ON record (series, event_ms);

CREATE TABLE raw (
    id          INTEGER PRIMARY KEY,
    boot        INTEGER NOT NULL REFERENCES boot (id),
    seq         INTEGER NOT NULL,
    received_ms INTEGER NOT NULL,
    payload     BLOB    NOT NULL                -- the Raw message as it came
);
CREATE UNIQUE INDEX raw_identity ON raw (boot, seq);

-- The last health, presence and reported of each node, as they came.
CREATE TABLE said (
    node        TEXT    NOT NULL,
    kind        TEXT    NOT NULL,
    received_ms INTEGER NOT NULL,
    heard_ms    INTEGER NOT NULL,               -- any message of this node
    payload     BLOB    NOT NULL,
    PRIMARY KEY (node, kind)
) WITHOUT ROWID;

-- What broke the contract; the oldest make room.
CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY,
    received_ms INTEGER NOT NULL,
    topic       TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    payload     BLOB    NOT NULL
);

CREATE TABLE counter (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;

-- Windows that are closed for good. Open ones are a view of `record`: see gateway/aggregate/windows.py.
CREATE TABLE aggregate (
    node     TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    start_ms INTEGER NOT NULL,
    end_ms   INTEGER NOT NULL,
    summary  BLOB    NOT NULL,                  -- the Aggregate message
    sketch   BLOB    NOT NULL,                  -- mergeable with its neighbours'
    PRIMARY KEY (node, stream, name, start_ms)
) WITHOUT ROWID;

CREATE TABLE watermark (
    node      TEXT    NOT NULL,
    stream    TEXT    NOT NULL,
    closed_ms INTEGER NOT NULL,                 -- windows that end here or earlier are closed
    PRIMARY KEY (node, stream)
) WITHOUT ROWID;

CREATE TABLE desired (
    node    TEXT    PRIMARY KEY,
    version INTEGER NOT NULL,
    payload BLOB    NOT NULL                    -- the Desired message last published
) WITHOUT ROWID;
