"""Tests of node/sleep."""
