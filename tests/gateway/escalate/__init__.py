"""Tests of the escalation."""
