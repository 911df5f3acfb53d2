"""New: what a person adds to the house, begun for them.

scaffold  the lines of a table, from the options that it may hold
board     a board's folder: board.toml and README
"""
