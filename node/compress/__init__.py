"""Compress: one file per encoding of a column of numbers, and the chooser among them.

What the bits mean is the contract's affair and stands in `node.wire.coding`, where both peers find it; this room
decides which of them to use, and what may be lost: nothing, unless a `dead_band` or a `quantise` with a stated
error was asked for.

To add one: the bit layout with both directions in `node/wire/coding`, a file here, a line in TABLE, a docs row.
"""
