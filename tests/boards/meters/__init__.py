"""Tests of the meters, each on a machine that is a folder."""
