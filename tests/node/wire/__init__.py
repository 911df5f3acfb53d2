"""Tests of the wire: topics, messages, and what must not pass."""
