"""Tests of the gateway's push room."""
