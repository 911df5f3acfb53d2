-- Rollouts: what an operator wants, how it stands, and each node in it. The clock runs only while the gateway listens.
CREATE TABLE rollout (
    id       INTEGER PRIMARY KEY,               -- in the order of creation
    name     TEXT    NOT NULL UNIQUE,
    made_ms  INTEGER NOT NULL,
    plan     TEXT    NOT NULL,                  -- JSON; it never changes
    course   TEXT    NOT NULL,
    stage    INTEGER NOT NULL,
    reason   TEXT    NOT NULL,
    returns  INTEGER NOT NULL,
    clock_ms INTEGER NOT NULL,
    tick_ms  INTEGER NOT NULL
);

CREATE TABLE rollout_member (
    rollout INTEGER NOT NULL REFERENCES rollout (id),
    node    TEXT    NOT NULL,
    phase   TEXT    NOT NULL,
    body    TEXT    NOT NULL,                   -- JSON; the rest of what is known of it there
    PRIMARY KEY (rollout, node)
) WITHOUT ROWID;
