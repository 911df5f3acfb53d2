"""Tests of the commands to a node."""
