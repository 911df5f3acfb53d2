"""Boards: what is soldered to what, as data; one folder a board.

`linux.py` holds the ports on any Linux board, `sim/` the board that a laptop plays. Boards see `node.hal` and
`node.values` only.
"""
