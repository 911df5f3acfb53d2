"""Tests of node.sense."""
