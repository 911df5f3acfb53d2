-- Which model a node is to fetch: set by an operator, or by a rollout, and taken into `desired` by the gateway.

CREATE TABLE offer (
    node       TEXT    PRIMARY KEY,
    model      TEXT    NOT NULL,
    version    TEXT    NOT NULL,
    digest     BLOB    NOT NULL,
    size_bytes INTEGER NOT NULL,
    target     TEXT    NOT NULL                 -- its path in the signed metadata
) WITHOUT ROWID;
