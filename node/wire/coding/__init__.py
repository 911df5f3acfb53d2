"""Coding: how the columns of a batch become few bits, both directions of a layout in one file.

batch   the body of a Results message: the only door, `pack` and `unpack`
"""
