"""Ingest: what the broker delivered becomes rows, each once.

`intake` is the transaction; `dedupe` knows what of a boot was seen, `event_time` by which time a record is ordered, and
`limit` keeps one node from taking the others' time.
"""
