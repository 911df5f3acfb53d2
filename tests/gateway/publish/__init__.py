"""Tests of the gateway's publish room."""
