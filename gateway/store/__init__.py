"""Store: what is committed here is kept, and can be asked for.

`database` is the file and its one writer, `schema` the scripts that made its tables, `wal` what a disk that failed left
behind; `queries` are questions, `raw_windows` those for windows and pictures, which `npy` writes for other tools;
`retention` lets the oldest go.
"""
