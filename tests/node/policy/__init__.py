"""Tests of the policies at a node."""
