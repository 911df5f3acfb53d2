"""Tests of node.infer.heads."""
