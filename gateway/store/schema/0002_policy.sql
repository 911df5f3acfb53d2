-- Signed policies, each as it is sent. A counter is never used twice, also not after its row was removed.
CREATE TABLE policy (
    counter      INTEGER PRIMARY KEY AUTOINCREMENT,
    audience     TEXT    NOT NULL,              -- site, site/+group or site/node
    source       TEXT    NOT NULL,              -- operator, or schedule
    note         TEXT    NOT NULL,              -- of the operator's, or the rule's name
    made_ms      INTEGER NOT NULL,
    not_after_ms INTEGER NOT NULL,
    settings     TEXT    NOT NULL,              -- JSON {"sleep.period_s": 60.0, ...}
    envelope     BLOB    NOT NULL               -- the COSE_Sign1
);
CREATE INDEX policy_audience ON policy (audience, source, counter);
