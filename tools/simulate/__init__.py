"""Simulate: a year of a node's life in seconds, to see what each technique is worth before anything is soldered."""
