-- What is looked for again and again is found without reading all there is: closed windows too old, each minute, and
-- commands that are not over, each second.
CREATE INDEX aggregate_end ON aggregate (end_ms);
CREATE INDEX command_open ON command (id) WHERE state IN ('sent', 'accepted', 'running');
