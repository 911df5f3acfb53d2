"""Leases: the gateway asks a node to stay up, and the node does, for as long as it can afford.

`options` are the limits that no lease crosses, `grant` decides (pure), and `keeper` is the thin effect: it writes down
what was granted before it counts, and watches it. A lease ends by itself, whoever is gone by then; see `grant` for why
no clock makes one endless.
"""
