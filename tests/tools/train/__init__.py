"""Tests of tools.train."""
