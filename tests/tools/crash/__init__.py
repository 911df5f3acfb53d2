"""Tests of the crashes, and their short form."""
