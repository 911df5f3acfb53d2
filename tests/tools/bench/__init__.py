"""Benchmarks, in their short forms: they measure what they say, and their runner is a good servant."""
