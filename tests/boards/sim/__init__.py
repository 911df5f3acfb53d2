"""Tests of the sim board."""
