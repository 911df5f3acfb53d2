"""Tests of node.preprocess."""
