"""Tests of the leases of a node."""
