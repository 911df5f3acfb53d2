"""Tests of node.infer."""
