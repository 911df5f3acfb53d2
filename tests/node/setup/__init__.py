"""Tests of the node's setup room."""
