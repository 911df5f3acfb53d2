-- What a larger model made of a window that its node was unsure of. The record keeps the node's own answer; whoever asks
-- for rows gets this one in its place. An answer waits until its node was here again after it was given.
CREATE TABLE answer (
    boot        INTEGER NOT NULL REFERENCES boot (id),
    seq         INTEGER NOT NULL,               -- of the record
    by          TEXT    NOT NULL,               -- gateway, cloud, or nobody: then `note` says why
    model       TEXT    NOT NULL,
    label       TEXT    NOT NULL,
    confidence  REAL    NOT NULL,
    margin      REAL    NOT NULL,
    note        TEXT    NOT NULL,
    answered_ms INTEGER NOT NULL,
    waits       INTEGER NOT NULL,               -- 1 until the node has heard it
    PRIMARY KEY (boot, seq)
) WITHOUT ROWID;
CREATE INDEX answer_waiting ON answer (boot) WHERE waits;
CREATE TRIGGER answer_ends AFTER DELETE ON record BEGIN
    DELETE FROM answer WHERE boot = OLD.boot AND seq = OLD.seq;
END;

-- How unsure each node is, and what became of what it asked.
CREATE TABLE cascade (
    node  TEXT PRIMARY KEY,
    told  TEXT NOT NULL                         -- JSON, see gateway/escalate/account.py
) WITHOUT ROWID;
