"""Tests of the gateway's ingest room."""
