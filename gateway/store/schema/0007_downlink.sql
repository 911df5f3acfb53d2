-- What nodes are asked beyond how they live: to stay up for a while, and to do something once.

CREATE TABLE lease (
    node     TEXT    PRIMARY KEY,
    until_ms INTEGER NOT NULL,
    made_ms  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE command (
    id           INTEGER PRIMARY KEY,           -- rises, and is never below the time: a restored backup uses none twice
    node         TEXT    NOT NULL,
    words        TEXT    NOT NULL,
    state        TEXT    NOT NULL,              -- see gateway/downlink/lifecycle.py
    reason       TEXT    NOT NULL,
    findings     TEXT    NOT NULL,              -- JSON, of what it looked at
    made_ms      INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    changed_ms   INTEGER NOT NULL
);
CREATE INDEX command_node ON command (node, id);
