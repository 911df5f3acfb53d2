"""Tests of what is thrown at gateways and nodes."""
