"""Tests of the gateway's setup room."""
