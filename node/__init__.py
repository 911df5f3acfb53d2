"""The node: sense, gate, preprocess, infer, compress, transmit, sleep.

Each of those words is a room; its `__init__` says what belongs there and how to add to it. `cycle.py` alone
knows two of them and reads like that sentence; `app.py` alone constructs things. `wire/` is the contract with
the gateway, `hal.py` the contract with the board.
"""
