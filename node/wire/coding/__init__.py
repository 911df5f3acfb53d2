"""Coding: how the columns of a batch become few bits, both directions of a layout in one file.

    batch        the body of a Results message, the only door: `pack` and `unpack`
    row          the layout for one row
    table        a batch as lanes of whole numbers under a head
    shaping      values -> whole numbers: which forms hold a column, and what has to be marked
    forms        and back: decimals, float32, lattices, words, marks for what is missing
    lattice      a converter's steps behind printed decimals; pieces: stretches with steps of their own
    rate         the line that times follow
    raw, delta   the plain and the cheap layout
    entropy      the smallest layout: range_coder, interval, mixture, regression and grids are its parts
    general      zstd; pcodec: both where their libraries are
    octets       varints, zigzag, a reader that cannot run past the end; floats: floats by the order of their bits

Everything that comes off the air is refused with a WireError before it can cost more than its size deserves:
rows, columns, letters and modelled values are bounded before anything is allocated.
"""
