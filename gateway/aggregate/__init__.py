"""Aggregate: windows over every column, mergeable, in event time.

`windows` have patience for what comes late; `summary` is what is said of one, and `sketch` its quantiles.
"""
