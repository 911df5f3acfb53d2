"""Tests of the client that suites of TUF drive."""
