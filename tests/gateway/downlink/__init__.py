"""Tests of what nodes are asked beyond how they live."""
