"""Tests of the policies at the gateway."""
