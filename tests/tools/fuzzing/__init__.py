"""Tests of the fuzzer's targets: its short form, on every machine."""
