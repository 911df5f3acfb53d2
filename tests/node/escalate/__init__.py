"""Tests of the node's escalate room."""
