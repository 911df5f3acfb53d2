"""Tests of the node's energy room."""
