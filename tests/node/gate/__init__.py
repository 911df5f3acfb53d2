"""Tests of node.gate."""
