"""Tests of the power cuts, and the short form of the trial itself."""
