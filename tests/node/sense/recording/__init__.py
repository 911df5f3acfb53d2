"""Tests of node.sense.recording."""
