"""Tests of what stands in the package of the same name."""
