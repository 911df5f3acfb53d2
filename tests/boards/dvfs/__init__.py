"""Tests of DVFS, on a kernel that is a folder."""
