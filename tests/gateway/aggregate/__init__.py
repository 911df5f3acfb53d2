"""Tests of the gateway's aggregate room."""
