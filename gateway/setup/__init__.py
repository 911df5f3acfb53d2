"""Setup: the files that a gateway and its broker begin with.

`found` writes them, `limits` is what a broker's file must say, `unit` prints the systemd units.
"""
